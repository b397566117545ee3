import { registerSW } from 'virtual:pwa-register'

/** Registers the service worker; `listen` is called with how to apply a new version as soon as one waits. */
export const watchUpdates = (listen: (apply: () => void) => void): void => {
  const update = registerSW({
    onNeedRefresh: () => {
      listen(() => void update(true))
    },
  })
}

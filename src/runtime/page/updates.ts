/** A node is a tab that stays open for weeks, and a browser looks for a new version only when it opens a page: so it is asked, milliseconds. */
const LOOK_EVERY_MS = 3_600_000

/**
 * Registers the service worker; `listen` is called with how to apply a new version as soon as one waits. Applied in one tab, it is
 * taken up by all of them: each loads itself anew when the new version is in force, so that no two versions run on one database.
 */
export const watchUpdates = (listen: (apply: () => void) => void): void => {
  if (!('serviceWorker' in navigator)) return
  const offer = (worker: ServiceWorker): void => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') location.reload()
    })
    listen(() => {
      worker.postMessage('SKIP_WAITING')
    })
  }
  const watch = (registration: ServiceWorkerRegistration): void => {
    if (registration.waiting !== null) offer(registration.waiting)
    registration.addEventListener('updatefound', () => {
      const { installing, active } = registration
      // The very first version takes nobody's place.
      if (active === null) return
      installing?.addEventListener('statechange', () => {
        if (installing.state === 'installed') offer(installing)
      })
    })
    setInterval(() => {
      // Offline, or the server is away: asked again in an hour.
      registration.update().catch(() => undefined)
    }, LOOK_EVERY_MS)
  }
  // Refused where the browser keeps nothing: the app runs all the same, and only online.
  navigator.serviceWorker.register('/service-worker.js', { scope: '/' }).then(watch, () => undefined)
}

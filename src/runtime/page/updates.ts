/** A node is a tab that stays open for weeks, and a browser looks for a new version only when it opens a page: so it is asked, milliseconds. */
const LOOK_EVERY_MS = 3_600_000

/** Is called with how to apply a new version as soon as one waits. */
type Listen = (apply: () => void) => void

/**
 * Registers the service worker, once a page; whoever listens last is told of a new version, also of one that waits already. Applied in
 * one tab, it is taken up by all of them: each loads itself anew when the new version is in force, so that no two versions run on one
 * database. On a first visit the service worker fetches the whole app once more, to keep it: it waits for `started`, so that the node
 * does not wait for it.
 */
export const watchUpdates = (started: Promise<unknown>): ((listen: Listen) => void) => {
  let tell: Listen = () => undefined
  let waiting: (() => void) | null = null
  const offer = (apply: () => void): void => {
    waiting = apply
    tell(apply)
  }
  if ('serviceWorker' in navigator) register(navigator.serviceWorker, started, offer)
  return (listen) => {
    tell = listen
    if (waiting !== null) listen(waiting)
  }
}

const register = (container: ServiceWorkerContainer, started: Promise<unknown>, offer: Listen): void => {
  let isOver = false
  const reload = (): void => {
    if (isOver) return
    isOver = true
    location.reload()
  }
  // A version may come into force unseen by this page. The very first takes nobody's place: a page that had none goes on as it is.
  if (container.controller !== null) container.addEventListener('controllerchange', reload)
  const enrol = (): void => {
    // Refused where the browser keeps nothing: the app runs all the same, and only online.
    container.register('/service-worker.js', { scope: '/' }).then((registration) => watch(registration, { offer, reload }), () => undefined)
  }
  if (container.controller === null) void started.then(enrol)
  else enrol()
}

const watch = (registration: ServiceWorkerRegistration, { offer, reload }: { readonly offer: Listen; readonly reload: () => void }): void => {
  // Asked when it is applied: a newer one may have taken the place of the one that was offered. None waits: it is in force already.
  const apply = (): void => {
    if (registration.waiting === null) reload()
    else registration.waiting.postMessage('SKIP_WAITING')
  }
  const follow = (worker: ServiceWorker | null): void => {
    if (registration.active === null) return
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed') offer(apply)
      // A page that was loaded past every worker had no controller that could change.
      if (worker.state === 'activated') reload()
    })
  }
  if (registration.waiting !== null) offer(apply)
  follow(registration.waiting)
  follow(registration.installing)
  registration.addEventListener('updatefound', () => follow(registration.installing))
  setInterval(() => {
    // Offline, or the server is away: asked again in an hour.
    registration.update().catch(() => undefined)
  }, LOOK_EVERY_MS)
}

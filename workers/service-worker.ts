import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'

// Keeps the app's own files, so that it opens without a server. Data never passes here.

declare const self: ServiceWorkerGlobalScope & {
  /** The list of files, put in by the build. */
  readonly __WB_MANIFEST: readonly { readonly url: string; readonly revision: string | null }[]
}

/** What the server answers itself; every other address is the app's one page. */
const SERVER_PATHS = [/^\/(?:signaling|health|metrics|api|peerjs|samples)(?:\/|$)/]

cleanupOutdatedCaches()
precacheAndRoute([...self.__WB_MANIFEST])
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: SERVER_PATHS }))

// A new version waits until the person says so: two versions must not run on one database.
self.addEventListener('message', (event) => {
  if (isSkipWaiting(event.data)) event.waitUntil(self.skipWaiting())
})

/** The bare word, or as workbox-window sends it. */
const isSkipWaiting = (data: unknown): boolean =>
  data === 'SKIP_WAITING' || (typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING')

import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { receiveShared, SHARED_CACHE } from '../src/runtime/shared-files.ts'
import { SHARE_PATH } from '../src/runtime/share-target.ts'

// Keeps the app's own files, so that it opens without a server. Of data only a file that another app shares passes here.

declare const self: ServiceWorkerGlobalScope & {
  /** The list of files, put in by the build. */
  readonly __WB_MANIFEST: readonly { readonly url: string; readonly revision: string | null }[]
}

/** What the server answers itself; every other address is the app's one page. */
const SERVER_PATHS = [/^\/(?:signaling|health|metrics|api|peerjs|samples)(?:\/|$)/]

cleanupOutdatedCaches()
precacheAndRoute([...self.__WB_MANIFEST])
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: SERVER_PATHS }))

registerRoute(({ url }) => url.pathname === SHARE_PATH, async ({ request }) => {
  // Where there is not even room to say that it was refused, the page opens all the same.
  await caches.open(SHARED_CACHE).then((cache) => receiveShared(cache, request)).catch(() => undefined)
  return Response.redirect('/#/publish', 303)
}, 'POST')

// A page that was there before is served by the first version too: otherwise the next one would find nobody to wait for.
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim())
})

// A new version waits until the person says so: two versions must not run on one database.
self.addEventListener('message', (event) => {
  if (event.data === 'SKIP_WAITING') event.waitUntil(self.skipWaiting())
})

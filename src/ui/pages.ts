import type { Route } from './router.ts'
import { loadTold } from './words/tell.ts'

/** Where a window usually opens is in the first download; every other page is a file of its own. */
const FILES: Readonly<Record<Exclude<Route['page'], 'streams' | 'unknown'>, () => Promise<unknown>>> = {
  stream: () => import('./listed-stream.ts'),
  peers: () => import('./peers-page.ts'),
  publish: () => import('./publish-page.ts'),
  log: () => import('./log-page.ts'),
  settings: () => import('./settings-page.ts'),
}

/** What home shows of the streams that a node keeps, and of those that it could. */
export const loadCards = (): Promise<unknown> => import('./stream-cards.ts')
export const loadDirectory = (): Promise<unknown> => import('./directory.ts')

/** What the window says where there is no node to show. */
export const loadNotice = () => import('./notice.ts')

/** Its elements come to life where they already stand. Rejects when the file cannot be had. */
export const loadPage = async (page: Route['page']): Promise<void> => {
  if (page !== 'streams' && page !== 'unknown') await FILES[page]()
}

/** One after the other: whoever turns to a page finds it there. What fails is told when it is gone to; most browsers fetch it again only after a reload. */
export const loadEveryPage = async (idleTurn: () => Promise<void>): Promise<void> => {
  for (const load of [loadTold, loadNotice, loadDirectory, loadCards, ...Object.values(FILES)]) {
    await idleTurn()
    await load().catch(() => undefined)
  }
}

import { displayName, followedBy, type StreamId } from '../domain/stream.ts'
import type { ListingOrder, ListingQuery } from './snapshot.ts'
import type { Listed } from './stream-views.ts'

/** Streams in one answer: more are neither read nor drawn at once, and each is cloned on its way to the window. */
const MAX_PAGE = 1_000

export interface Found {
  /** As many as match. */
  readonly count: number
  readonly page: readonly Listed[]
}

/** One page of what is listed and not kept here, searched and in order. O(n log n) of the listed, only when somebody asks. */
export const findListed = (all: Iterable<Listed>, isKept: (stream: StreamId) => boolean, query: ListingQuery): Found => {
  const words = query.search.trim().toLowerCase()
  const found = [...all].filter((listed) => followedBy(listed.identity) === null && !isKept(listed.id) && matches(listed, words))
  const rank = ORDERS[query.order]
  found.sort((a, b) => rank(a, b) || (a.id < b.id ? -1 : 1))
  const from = Math.max(0, Math.trunc(query.from))
  return { count: found.length, page: found.slice(from, from + Math.min(MAX_PAGE, Math.max(0, Math.trunc(query.count)))) }
}

const matches = ({ id, identity }: Listed, words: string): boolean =>
  words === '' || displayName(identity).toLowerCase().includes(words) || identity.source.toLowerCase().includes(words) || id.startsWith(words)

const names = new Intl.Collator('en')

const ORDERS: Readonly<Record<ListingOrder, (a: Listed, b: Listed) => number>> = {
  newest: (a, b) => b.head.head.time - a.head.head.time,
  unpredicted: (a, b) => a.predictors - b.predictors || Number(b.online) - Number(a.online) || b.head.head.time - a.head.head.time,
  followed: (a, b) => b.subscribers - a.subscribers,
  longest: (a, b) => b.head.head.rows - a.head.head.rows,
  name: (a, b) => names.compare(displayName(a.identity), displayName(b.identity)),
}

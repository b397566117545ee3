import { isNewer, type SignedHead } from '../../domain/head.ts'
import { barredEpoch, isBehind, type Entry } from '../streams/entry.ts'

// Which streams are to be fetched or asked for, and which head of those that linked peers serve.

/** What linked peers serve of a stream. */
type Served = readonly { readonly head: SignedHead }[]

export const wants = (entry: Entry): boolean => (entry.history.record.subscribed || entry.own) && isBehind(entry)

export const concerns = (entry: Entry): boolean => entry.history.record.subscribed || entry.own || isCurious(entry)

/** Behind, or without any head that can be believed: then a peer may know one, also when no server does. */
export const isCurious = (entry: Entry): boolean =>
  wants(entry) ||
  (entry.history.record.subscribed && (entry.target === null || entry.fork !== null)) ||
  (entry.damaged && entry.target === null)

export const canServe = ({ head }: SignedHead, wanted: SignedHead): boolean =>
  head.epoch === wanted.head.epoch && head.rows >= wanted.head.rows

/** The target when somebody serves it, else the best that somebody serves; null: nothing of use. */
export const aimOf = (entry: Entry, target: SignedHead, served: Served): SignedHead | null => {
  const isServed = served.some(({ head }) => !isNewer(target.head, head.head))
  return isServed ? target : (longestBeyond(entry, served) ?? longestOfOurs(entry, served))
}

/** Nobody serves the longest history known: the longest that somebody serves is better than what is here. */
export const longestBeyond = (entry: Entry, served: Served, below: SignedHead | null = null): SignedHead | null => {
  const mine = entry.history.record.head
  const bar = barredEpoch(entry)
  let longest: SignedHead | null = null
  for (const { head } of served) {
    const isBeyond = head.head.epoch > bar && (mine === null || isNewer(head.head, mine.head)) && (below === null || isNewer(below.head, head.head))
    if (isBeyond && (longest === null || isNewer(head.head, longest.head))) longest = head
  }
  return longest
}

/** Nobody has all that is here, but most of its pages: a publisher whose page is damaged serves nobody, so that nobody gets further before it is mended. */
const longestOfOurs = (entry: Entry, served: Served): SignedHead | null => {
  const mine = entry.history.record.head
  if (mine === null || !entry.damaged || entry.history.isDoubted || mine.head.epoch <= barredEpoch(entry)) return null
  let longest: SignedHead | null = null
  for (const { head } of served)
    if (head.head.epoch === mine.head.epoch && (longest === null || isNewer(head.head, longest.head))) longest = head
  return longest
}

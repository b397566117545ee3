import { fromHex } from '../src/base/bytes.ts'
import { decode } from '../src/base/codec.ts'
import { signedHeadCodec } from '../src/domain/head.ts'
import { liveCodec } from '../src/protocol/live.ts'
import type { RecentRow } from './recent-rows.ts'
import type { Listing } from './registry.ts'
import type { StoredListing } from './registry-store/registry-store.ts'

/** A listing as it is kept. */
export const storedOf = ({ id, identity, headHex, recent }: Listing, seenAt: number): StoredListing => ({
  id,
  identity,
  head: headHex,
  recent: recent.map(({ live }) => live),
  seenAt,
})

/** A listing as it was kept; null when its head cannot be read. */
export const listingOf = ({ id, identity, head: headHex, recent }: StoredListing): Omit<Listing, 'words'> | null => {
  const head = decode(signedHeadCodec, fromHex(headHex), 'head')
  return head.ok ? { id, identity, head: head.value, headHex, recent: recent.flatMap(recentOf) } : null
}

const recentOf = (live: string): readonly RecentRow[] => {
  const read = decode(liveCodec, fromHex(live), 'live message')
  if (!read.ok) return []
  const { epoch, rows } = read.value.head.head
  return [{ epoch, rows, live }]
}

import * as v from 'valibot'
import type { Failure, Result } from '../../src/base/result.ts'
import type { StreamId, StreamIdentity } from '../../src/domain/stream.ts'
import { hexUpTo, identity, signedHead, streamId } from '../../src/protocol/json.ts'
import { MAX_LIVE_BYTES } from '../../src/protocol/live.ts'
import { MAX_KEPT_ROWS } from '../limits.ts'

/** What of a stream is kept when the server stops: enough to list it again and to hand out its last few rows. */
export interface StoredListing {
  readonly id: StreamId
  readonly identity: StreamIdentity
  /** Hex of the newest signed head. */
  readonly head: string
  /** Hex of the last few live messages, oldest first. */
  readonly recent: readonly string[]
  /** When its publisher last spoke of it, milliseconds since 1970. */
  readonly seenAt: number
}

/** Where listings live on. Writes of one stream are kept in the order they were given; a later one replaces an earlier. */
export interface RegistryStore {
  /** Everything kept, those whose publisher spoke longest ago first; what cannot be read is left out. */
  load(): Promise<readonly StoredListing[]>
  /** Settles when it is kept for good, so that an answer sent then outlives the process; does not reject. */
  put(listing: StoredListing): Promise<Result<null, StoreFailure>>
  remove(id: StreamId): Promise<Result<null, StoreFailure>>
  /** Hears what other servers put (or removed: null) from now on; a store that is this server's alone has nothing to tell. */
  follow(heard: (id: StreamId, listing: StoredListing | null) => void): void
  /** Whether writes are answered and other servers' writes are heard, as far as is known; always, where nobody else writes. */
  readonly isReachable: boolean
  /** Keeps what is under way and lets go. May be called twice. */
  close(): Promise<void>
}

export type StoreFailure = Failure<'not-kept'>

/** Judges what a store gives back: a file may have been written by anyone. */
export const storedListing = v.strictObject({
  id: streamId,
  identity,
  head: signedHead,
  recent: v.pipe(v.array(hexUpTo(MAX_LIVE_BYTES)), v.maxLength(MAX_KEPT_ROWS)),
  seenAt: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
})

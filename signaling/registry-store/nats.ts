import type { KV, KvEntry } from '@nats-io/kv'
import * as v from 'valibot'
import { fromHex } from '../../src/base/bytes.ts'
import { decode } from '../../src/base/codec.ts'
import { fail, failureOf, ok, type Result } from '../../src/base/result.ts'
import { isNewer, signedHeadCodec, type Head } from '../../src/domain/head.ts'
import { isStreamId, type StreamId } from '../../src/domain/stream.ts'
import { pause, settledWithin, type Clock } from '../clock.ts'
import { KEEP_MS, STORE_CLOSE_MS, STORE_PAUSE_MS } from '../limits.ts'
import type { Log } from '../log.ts'
import { isConflict } from '../nats-failure.ts'
import { watchBucket } from './bucket-watch.ts'
import { createMarkers } from './markers.ts'
import { storedListing, type RegistryStore, type StoredListing, type StoreFailure } from './registry-store.ts'

/** A publisher is at one server at a time, so writes of one stream rarely meet; more often than this is a defect. */
const MAX_ATTEMPTS = 5

/** What of a bucket is used. */
export type Bucket = Pick<KV, 'watch' | 'status' | 'get' | 'put' | 'delete'> & {
  /** Takes one entry out of the bucket, by its revision, and leaves no trace of its key; one that is not there any more is no failure. */
  forget(revision: number): Promise<unknown>
}

export interface NatsStoreDeps {
  readonly clock: Clock
  readonly log: Log
  /** Calls when the connection to NATS was away and is back. */
  readonly onReconnect?: (run: () => void) => void
}

/** The newest change of one stream that waits for the one under way, and who is told when it is kept. */
interface Desk {
  change: StoredListing | null
  /** When the first of those who wait came. */
  since: number
  told: ((kept: Result<null, StoreFailure>) => void)[]
}

/**
 * Listings in a JetStream key-value bucket that all servers of a cluster share. A write is one compare-and-set: what another
 * server has put meanwhile is never replaced by something older. Answered when the cluster has it.
 */
export const openNatsStore = async (bucket: Bucket, { clock, log, onReconnect }: NatsStoreDeps): Promise<RegistryStore> => {
  const revisions = new Map<StreamId, number>()
  const mirror = new Map<StreamId, StoredListing>()
  /** Streams that are being written. However often one changes meanwhile, the newest alone waits: an outage must not pile up. */
  const desks = new Map<StreamId, Desk>()
  const writing = new Set<Promise<void>>()
  const markers = createMarkers(bucket, clock)
  /** Of these the bucket that was made anew or set back has less than was listed. */
  const behind = new Set<StreamId>()
  let tell: (id: StreamId, listing: StoredListing | null) => void = () => undefined
  let closed = false
  let isRenewed = false
  /** How often its revisions have begun again: what the bucket before has answered says nothing of this one. */
  let era = 0

  /** False: something newer of it is known. */
  const note = (id: StreamId, revision: number, listing: StoredListing | null): boolean => {
    if ((revisions.get(id) ?? 0) >= revision) return false
    revisions.set(id, revision)
    behind.delete(id)
    if (listing === null) mirror.delete(id)
    else mirror.set(id, listing)
    return true
  }
  const take = (entry: KvEntry): void => {
    if (!isStreamId(entry.key)) return
    const isPut = entry.operation === 'PUT'
    const listing = isPut ? read(entry, log) : null
    const known = mirror.get(entry.key)
    if (isRenewed && known !== undefined && (listing === null || isFurther(known, listing))) {
      note(entry.key, entry.revision, known)
      behind.add(entry.key)
      return
    }
    if (!note(entry.key, entry.revision, listing)) return
    if (!isPut) markers.heard(entry.key, entry.revision)
    tellGone(entry.key, listing)
  }
  const tellGone = (id: StreamId, listing: StoredListing | null): void => {
    // What is being kept anew here is not gone, though it was forgotten before (here or elsewhere).
    if (listing !== null || !desks.has(id)) tell(id, listing)
  }
  const renewed = (): void => {
    revisions.clear()
    markers.clear()
    behind.clear()
    isRenewed = true
    era++
  }
  /** What the bucket does not have is gone; but what a bucket that was made anew does not have is lost, and is said to it again. */
  const whole = (keys: ReadonlySet<string>, heard: number): void => {
    // What was kept from here since is there, though it has not been heard yet.
    const absent = [...mirror].filter(([id]) => !keys.has(id) && (revisions.get(id) ?? 0) <= heard)
    if (isRenewed) void putAgain([...absent, ...[...mirror].filter(([id]) => behind.has(id))])
    else
      for (const [id] of absent) {
        mirror.delete(id)
        revisions.delete(id)
        tellGone(id, null)
      }
    isRenewed = false
  }
  /** One after the other: every server does so, and the bucket has just begun. */
  const putAgain = async (absent: readonly (readonly [StreamId, StoredListing])[]): Promise<void> => {
    if (absent.length > 0) log.warn({ streams: absent.length }, 'what the store has lost is said to it again')
    for (const [id, listing] of absent) {
      let isKept = false
      // What is being kept of it already is newer than what was kept.
      while (!isKept && !closed) isKept = (revisions.has(id) && !behind.has(id)) || desks.has(id) || (await change(id, mirror.get(id) ?? listing)).ok
    }
  }
  const looked = (heard: number): void => {
    void markers.prune(heard, (id, revision) => revisions.get(id) === revision && revisions.delete(id))
  }

  const write = async (listing: StoredListing): Promise<Result<null, StoreFailure>> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const known = mirror.get(listing.id)
      // Another server has heard of more of it: nothing is lost by not saying less.
      if (known !== undefined && isFurther(known, listing)) return ok(null)
      const previousSeq = revisions.get(listing.id) ?? 0
      const begun = era
      const revision = await bucket.put(listing.id, JSON.stringify(listing), { previousSeq }).catch((thrown: unknown) => {
        if (isConflict(thrown)) return null
        throw thrown
      })
      if (revision !== null && begun === era) {
        // Another server's answer to it may have been heard before ours.
        note(listing.id, revision, listing)
        return ok(null)
      }
      const entry = await bucket.get(listing.id)
      if (entry === null) revisions.delete(listing.id)
      else take(entry)
    }
    return fail('not-kept', 'The servers could not agree on this stream.')
  }
  const erase = async (id: StreamId): Promise<Result<null, StoreFailure>> => {
    const previousSeq = revisions.get(id)
    await bucket.delete(id, previousSeq === undefined ? {} : { previousSeq }).catch((thrown: unknown) => {
      // What another server has put meanwhile stays.
      if (!isConflict(thrown)) throw thrown
    })
    return ok(null)
  }
  /** Tries until the cluster answers, but not for longer than a publisher waits. */
  const keep = async (id: StreamId, listing: StoredListing | null, since: number): Promise<Result<null, StoreFailure>> => {
    const until = since + KEEP_MS
    for (;;) {
      try {
        return await (listing === null ? erase(id) : write(listing))
      } catch (thrown) {
        if (closed || clock.now() >= until) return fail('not-kept', `The servers cannot reach their store: ${failureOf(thrown).message}`)
        await pause(clock, STORE_PAUSE_MS)
      }
    }
  }
  const work = async (id: StreamId, desk: Desk): Promise<void> => {
    while (desk.told.length > 0) {
      const { change: newest, told, since } = desk
      desk.told = []
      const kept = await keep(id, newest, since)
      for (const one of told) one(kept)
    }
    desks.delete(id)
  }
  const change = (id: StreamId, listing: StoredListing | null): Promise<Result<null, StoreFailure>> =>
    new Promise((resolve) => {
      if (closed) return resolve(fail('not-kept', 'The store is closed.'))
      const desk = desks.get(id)
      if (desk !== undefined) {
        if (desk.told.length === 0) desk.since = clock.now()
        desk.change = listing
        desk.told.push(resolve)
        return
      }
      const fresh: Desk = { change: listing, since: clock.now(), told: [resolve] }
      desks.set(id, fresh)
      const done = work(id, fresh)
      writing.add(done)
      void done.finally(() => writing.delete(done))
    })

  const watch = await watchBucket(bucket, { clock, log, take, renewed, whole, looked })
  onReconnect?.(watch.reopen)
  return {
    load: () => Promise.resolve([...mirror.values()].sort((a, b) => a.seenAt - b.seenAt || (a.id < b.id ? -1 : 1))),
    put: (listing) => change(listing.id, listing),
    remove: (id) => change(id, null),
    follow: (heard) => {
      tell = heard
    },
    get isReachable() {
      return watch.isHearing
    },
    close: async () => {
      if (closed) return
      closed = true
      await settledWithin(clock, STORE_CLOSE_MS, Promise.all(writing))
      watch.stop()
    },
  }
}

/** A bucket may have been written by anyone. */
const read = (entry: KvEntry, log: Log): StoredListing | null => {
  try {
    const judged = v.safeParse(storedListing, JSON.parse(entry.string()))
    if (judged.success && judged.output.id === entry.key) return judged.output
  } catch {
    // Said below, like any other value that is no listing.
  }
  log.warn({ id: entry.key }, 'a kept listing cannot be read')
  return null
}

const isFurther = (known: StoredListing, given: StoredListing): boolean => {
  const [mine, theirs] = [headOf(known), headOf(given)]
  return mine !== null && theirs !== null && isNewer(mine, theirs)
}

const headOf = ({ head }: StoredListing): Head | null => {
  const signed = decode(signedHeadCodec, fromHex(head), 'head')
  return signed.ok ? signed.value.head : null
}

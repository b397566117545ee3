import type { KV, KvEntry } from '@nats-io/kv'
import * as v from 'valibot'
import { fromHex } from '../../src/base/bytes.ts'
import { decode } from '../../src/base/codec.ts'
import { fail, failureOf, ok, type Result } from '../../src/base/result.ts'
import { isNewer, signedHeadCodec, type Head } from '../../src/domain/head.ts'
import { isStreamId, type StreamId } from '../../src/domain/stream.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { isConflict } from '../nats-failure.ts'
import { storedListing, type RegistryStore, type StoredListing, type StoreFailure } from './registry-store.ts'

/** A cluster chooses a new leader within a second or two: what cannot be kept is tried again after these, milliseconds. */
const PAUSES_MS = [250, 1_000, 2_000]

/** A publisher is at one server at a time, so writes of one stream rarely meet; more often than this is a defect. */
const MAX_ATTEMPTS = 5

/**
 * Listings in a JetStream key-value bucket that all servers of a cluster share. A write is one compare-and-set: what another
 * server has put meanwhile is never replaced by something older. Answered when the cluster has it.
 */
export const openNatsStore = async (bucket: KV, { clock, log }: { readonly clock: Clock; readonly log: Log }): Promise<RegistryStore> => {
  const revisions = new Map<StreamId, number>()
  const mirror = new Map<StreamId, StoredListing>()
  /** Of each stream the last write that is under way: they are kept in the order they were given. */
  const writing = new Map<StreamId, Promise<unknown>>()
  let tell: (id: StreamId, listing: StoredListing | null) => void = () => undefined
  let closed = false

  const take = (entry: KvEntry): void => {
    if (!isStreamId(entry.key)) return
    const isOwn = revisions.get(entry.key) === entry.revision
    if (isOwn || (revisions.get(entry.key) ?? 0) > entry.revision) return
    revisions.set(entry.key, entry.revision)
    const listing = entry.operation === 'PUT' ? read(entry, log) : null
    if (listing === null) mirror.delete(entry.key)
    else mirror.set(entry.key, listing)
    // What is being kept anew here is not gone, though it was forgotten before (here or elsewhere).
    if (listing !== null || !writing.has(entry.key)) tell(entry.key, listing)
  }
  const watch = await bucket.watch()
  await new Promise<void>((resolve, reject) => {
    const loop = async (): Promise<void> => {
      // An empty bucket says nothing at first.
      if ((await bucket.status()).values === 0) resolve()
      for await (const entry of watch) {
        take(entry)
        if (entry.delta === 0) resolve()
      }
    }
    loop().catch((thrown: unknown) => {
      log.error({ error: failureOf(thrown).message }, 'what other servers list is no longer heard')
      reject(failureError(thrown))
    })
  })

  const inTurn = <T>(id: StreamId, run: () => Promise<T>): Promise<T> => {
    const turn = (writing.get(id) ?? Promise.resolve()).then(run, run)
    writing.set(id, turn)
    void turn.finally(() => {
      if (writing.get(id) === turn) writing.delete(id)
    })
    return turn
  }
  const write = async (listing: StoredListing): Promise<Result<null, StoreFailure>> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const known = mirror.get(listing.id)
      // Another server has heard of more of it: nothing is lost by not saying less.
      if (known !== undefined && isFurther(known, listing)) return ok(null)
      const previousSeq = revisions.get(listing.id) ?? 0
      const revision = await bucket.put(listing.id, JSON.stringify(listing), { previousSeq }).catch((thrown: unknown) => {
        if (isConflict(thrown)) return null
        throw thrown
      })
      if (revision !== null) {
        revisions.set(listing.id, revision)
        mirror.set(listing.id, listing)
        return ok(null)
      }
      const entry = await bucket.get(listing.id)
      if (entry === null) revisions.delete(listing.id)
      else take(entry)
    }
    return fail('not-kept', 'The servers could not agree on this stream.')
  }
  const guarded = async (run: () => Promise<Result<null, StoreFailure>>): Promise<Result<null, StoreFailure>> => {
    for (let attempt = 0; ; attempt++) {
      if (closed) return fail('not-kept', 'The store is closed.')
      try {
        return await run()
      } catch (thrown) {
        const pauseMs = PAUSES_MS[attempt]
        if (pauseMs === undefined) return fail('not-kept', `The servers cannot reach their store: ${failureOf(thrown).message}`)
        await new Promise<void>((resolve) => void clock.after(pauseMs, resolve))
      }
    }
  }

  return {
    load: () => Promise.resolve([...mirror.values()].sort((a, b) => a.seenAt - b.seenAt || (a.id < b.id ? -1 : 1))),
    put: (listing) => inTurn(listing.id, () => guarded(() => write(listing))),
    remove: (id) =>
      inTurn(id, () =>
        guarded(async () => {
          await bucket.delete(id)
          return ok(null)
        }),
      ),
    follow: (heard) => {
      tell = heard
    },
    close: async () => {
      if (closed) return
      closed = true
      await Promise.allSettled([...writing.values()])
      watch.stop()
    },
  }
}

const failureError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

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

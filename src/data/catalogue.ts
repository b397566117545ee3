import { err, fail, ok, type Failure, type Result } from '../base/result.ts'
import { isNewer, type SignedHead } from '../domain/head.ts'
import { streamIdOf, type StreamId, type StreamIdentity } from '../domain/stream.ts'
import type { HistoryRecord, StoreFailure } from '../ports/history-store.ts'
import type { LogDep } from '../ports/log.ts'
import { createHistory, judgeHead, type History, type HistoryDeps } from './history.ts'
import type { PageFailure } from './page-cache.ts'

/** A stream this node keeps. */
export interface Entry {
  readonly history: History
  readonly own: boolean
  /** The newest head known whose signature verified; the history may still be behind it. */
  target: SignedHead | null
  /** A page of the history was found damaged: the same head is fetched again, as far as pages are missing. */
  damaged: boolean
  problem: Failure | null
}

export interface Catalogue {
  load(): Promise<Result<null, StoreFailure>>
  get(stream: StreamId): Entry | undefined
  all(): IterableIterator<Entry>
  /** The entry of a stream, made and put on record when it is not kept yet. */
  open(identity: StreamIdentity): Promise<Result<Entry, StoreFailure>>
  /** The entry of a stream, or a new one that nobody sees and nothing records before `keep`. */
  prepare(identity: StreamIdentity): Entry
  /** A prepared entry has got its history: it is kept from now on. False: another entry of its stream was first. */
  keep(entry: Entry): boolean
  /** Judges a head and keeps it as the target when it is newer than what is known; answers whether it was. */
  learn(signed: SignedHead): Promise<Result<boolean, Failure<'unknown-stream' | 'forged-head'>>>
  /** A page could not be read: when it is damaged it is taken out of the history's reach, so that it is fetched anew. */
  noteDamage(entry: Entry, failure: PageFailure): Promise<void>
}

export const isBehind = (entry: Entry): boolean =>
  entry.target !== null &&
  (entry.damaged || entry.history.record.head === null || isNewer(entry.target.head, entry.history.record.head.head))

export const createCatalogue = (
  deps: HistoryDeps & LogDep & { readonly changed: (stream: StreamId) => void },
): Catalogue => {
  const { store, identity, sha256, verify, log, changed } = deps
  const entries = new Map<StreamId, Entry>()
  const create = (record: HistoryRecord): Entry => ({
    history: createHistory(record, deps),
    own: record.identity.author === identity.publicKey,
    target: record.head,
    damaged: false,
    problem: null,
  })
  const add = (record: HistoryRecord): Entry => {
    const entry = create(record)
    entries.set(record.stream, entry)
    return entry
  }
  return {
    load: async () => {
      const records = await store.records()
      if (!records.ok) return records
      for (const record of records.value) {
        const entry = add(record)
        const unfinished = record.download?.head
        if (unfinished !== undefined && (entry.target === null || isNewer(unfinished.head, entry.target.head)))
          entry.target = unfinished
      }
      return ok(null)
    },
    get: (stream) => entries.get(stream),
    all: () => entries.values(),
    open: async (streamIdentity) => {
      const stream = streamIdOf(streamIdentity, sha256)
      const known = entries.get(stream)
      if (known !== undefined) return ok(known)
      const record = emptyRecord(stream, streamIdentity)
      const committed = await store.commit({ record })
      if (!committed.ok) return committed
      return ok(entries.get(stream) ?? add(record))
    },
    prepare: (streamIdentity) => {
      const stream = streamIdOf(streamIdentity, sha256)
      return entries.get(stream) ?? create(emptyRecord(stream, streamIdentity))
    },
    keep: (entry) => {
      const { stream } = entry.history.record
      const known = entries.get(stream)
      if (known === undefined) entries.set(stream, entry)
      return known === undefined || known === entry
    },
    learn: async (signed) => {
      const entry = entries.get(signed.head.stream)
      if (entry === undefined) return fail('unknown-stream', 'This node does not keep that stream.')
      if (entry.target !== null && !isNewer(signed.head, entry.target.head)) return ok(false)
      const judged = await judgeHead(signed, entry.history.record, verify)
      if (!judged.ok) return err(judged.error)
      if (entry.target !== null && !isNewer(signed.head, entry.target.head)) return ok(false)
      entry.target = signed
      changed(signed.head.stream)
      return ok(true)
    },
    noteDamage: async (entry, failure) => {
      const { record } = entry.history
      const isNew = failure.code === 'damaged-page' && !entry.damaged
      entry.problem = { code: failure.code, message: failure.message }
      entry.damaged ||= isNew
      // Told when it is wanted again: whoever looks for peers looks for one now.
      changed(record.stream)
      if (failure.code !== 'damaged-page') return
      if (isNew) log({ level: 'error', stream: record.stream, message: `${failure.message} It is fetched again from peers.` })
      const dropped = await entry.history.quarantine(failure.hash)
      if (!dropped.ok) log({ level: 'error', stream: record.stream, message: dropped.error.message })
    },
  }
}

const emptyRecord = (stream: StreamId, identity: StreamIdentity): HistoryRecord => ({
  stream,
  identity,
  subscribed: false,
  paused: false,
  head: null,
  hashes: new Uint8Array(0),
  download: null,
})

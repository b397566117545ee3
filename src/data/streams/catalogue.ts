import { err, fail, ok, type Failure, type Result } from '../../base/result.ts'
import { isNewer, type SignedHead } from '../../domain/head.ts'
import { streamIdOf, type StreamId, type StreamIdentity } from '../../domain/stream.ts'
import type { HistoryRecord, StoreFailure } from '../../ports/history-store.ts'
import type { LogDep } from '../../ports/log.ts'
import { createHistory, type HistoryDeps } from '../history/history.ts'
import { judgeHead } from '../history/judge-head.ts'
import { emptyRecord } from '../history/kept-record.ts'
import type { PageFailure } from '../history/page-cache.ts'
import { barred, contradicted, forkedFailure, forkOf, isAhead, isNews, mayExtend, movesOrigin, noteProblem, type Entry } from './entry.ts'
import type { Forks } from './forks.ts'
import { judgeRecord, type JudgedRecord } from './stored-record.ts'

export interface Catalogue {
  load(): Promise<Result<null, StoreFailure>>
  get(stream: StreamId): Entry | undefined
  all(): IterableIterator<Entry>
  /** Some page list is damaged and does not name its pages: to clear away now would take them before they can be found again. */
  isDoubtful(): boolean
  /** The entry of a stream, made and put on record when it is not kept yet. */
  open(identity: StreamIdentity): Promise<Result<Entry, StoreFailure>>
  /** The entry of a stream, or a new one that nobody sees and nothing records before `keep`. */
  prepare(identity: StreamIdentity): Entry
  /** A prepared entry has got its history: it is kept from now on. False: another entry of its stream was first. */
  keep(entry: Entry): boolean
  /** Judges a head and keeps it as the target when it is newer than what is known; answers whether it was. */
  learn(signed: SignedHead): Promise<Result<boolean, Failure<'unknown-stream' | 'forged-head' | 'forked' | 'wrong-origin'>>>
  /** Whether a head is its stream's author's. */
  judge(signed: SignedHead): Promise<Result<null, Failure<'unknown-stream' | 'forged-head'>>>
  /** A page could not be read: when it is damaged it is taken out of the history's reach, so that it is fetched anew. */
  noteDamage(entry: Entry, failure: PageFailure): Promise<void>
  /** The record is wrong, whatever its pages are: nothing of the history is served, and it is fetched anew. */
  disprove(entry: Entry, failure: Failure): void
  /** The history has been removed: its entry goes too. */
  drop(entry: Entry): void
}

export interface CatalogueDeps extends HistoryDeps, LogDep {
  readonly changed: (stream: StreamId) => void
  readonly accuse: Forks['accuse']
}

export const createCatalogue = (deps: CatalogueDeps): Catalogue => {
  const { store, identity, sha256, verify, log, changed, accuse } = deps
  const entries = new Map<StreamId, Entry>()
  const create = (record: HistoryRecord, { isProof = false, isForged = false } = {}): Entry => {
    const own = record.identity.author === identity.publicKey
    // A head that nobody signed ends no epoch.
    const fork = forkOf(isForged ? { ...record, head: null } : record, isProof)
    const entry: Entry = {
      history: createHistory(record, deps, () => mayExtend(entry)),
      own,
      target: record.head,
      damaged: false,
      damages: 0,
      problem: fork && forkedFailure({ own, fork }),
      fork,
      falseEpoch: -1,
      givenUp: -1,
    }
    return entry
  }
  const add = (record: HistoryRecord, found = {}): Entry => {
    const entry = create(record, found)
    entries.set(record.stream, entry)
    return entry
  }
  const take = ({ record, archivesLost, isProof, trouble, aims }: JudgedRecord): void => {
    if (trouble?.code === 'wrong-identity') {
      log({ level: 'error', message: trouble.message })
      return
    }
    const entry = add(record, { isProof, isForged: trouble?.code === 'forged-head' })
    if (trouble !== null) disprove(entry, trouble)
    if (archivesLost > 0) log({ level: 'error', stream: record.stream, message: `Histories kept aside that are damaged: ${archivesLost}. They are let go.` })
    for (const aim of aims) if (barred(entry, aim.head) === null && isAhead(entry, aim.head)) entry.target = aim
  }
  const disprove: Catalogue['disprove'] = (entry, failure) => {
    const { record } = entry.history
    noteProblem(entry, failure)
    entry.damaged = true
    entry.damages++
    // A head that nobody signed is no aim either.
    if (failure.code === 'forged-head' && entry.target === record.head) entry.target = null
    entry.history.distrust(failure)
    log({ level: 'error', stream: record.stream, message: `${failure.message} The history is fetched again from peers.` })
    changed(record.stream)
  }
  /** A publisher that forgot what it was told of would sign other rows in their place. */
  const keepInMind = async ({ history, target }: Entry): Promise<void> => {
    const kept = await history.change({ toldOf: target })
    if (!kept.ok) log({ level: 'error', stream: history.record.stream, message: kept.error.message })
  }
  return {
    load: async () => {
      const records = await store.records()
      if (!records.ok) return records
      const judged = await Promise.all(records.value.map((record) => judgeRecord(record, deps)))
      judged.forEach(take)
      return ok(null)
    },
    get: (stream) => entries.get(stream),
    all: () => entries.values(),
    isDoubtful: () => [...entries.values()].some(({ history }) => history.isDoubted),
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
      // The disk was full when it was told first.
      if (entry.own && isUnrecorded(entry)) void keepInMind(entry)
      if (!isNews(entry, signed.head)) return ok(false)
      const judged = await judgeHead(signed, entry.history.record, verify)
      if (!judged.ok) return err(judged.error)
      const other = contradicted(entry, signed.head)
      if (other !== null && (await accuse(entry, other, signed))) return err(forkedFailure(entry))
      if (!isNews(entry, signed.head) || !isAhead(entry, signed.head)) return ok(false)
      if (movesOrigin(entry, signed.head)) {
        entry.falseEpoch = signed.head.epoch
        const message = 'Its publisher signed an epoch that continues rows and begins elsewhere: it is not believed.'
        entry.problem = { code: 'wrong-origin', message }
        changed(signed.head.stream)
        return fail('wrong-origin', message)
      }
      entry.target = signed
      // In its turn: meanwhile the target keeps this node from signing.
      if (entry.own) void keepInMind(entry)
      changed(signed.head.stream)
      return ok(true)
    },
    judge: async (signed) => {
      const entry = entries.get(signed.head.stream)
      if (entry === undefined) return fail('unknown-stream', 'This node does not keep that stream.')
      return judgeHead(signed, entry.history.record, verify)
    },
    noteDamage: async (entry, failure) => {
      const { record } = entry.history
      const isNew = failure.code === 'damaged-page' && !entry.damaged
      noteProblem(entry, failure)
      entry.damaged ||= isNew
      if (failure.code === 'damaged-page') entry.damages++
      // Told when it is wanted again: whoever looks for peers looks for one now.
      changed(record.stream)
      if (failure.code !== 'damaged-page') return
      if (isNew) log({ level: 'error', stream: record.stream, message: `${failure.message} It is fetched again from peers.` })
      const dropped = await entry.history.quarantine(failure.hash)
      if (!dropped.ok) log({ level: 'error', stream: record.stream, message: dropped.error.message })
    },
    disprove,
    drop: ({ history }) => {
      entries.delete(history.record.stream)
    },
  }
}

/** It aims at more than it has, and that is not on record. */
const isUnrecorded = ({ target, history: { record } }: Entry): boolean =>
  target !== null && record.toldOf !== target && (record.head === null || isNewer(target.head, record.head.head))

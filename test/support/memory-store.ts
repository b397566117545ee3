import { toHex, type Bytes } from '../../src/base/bytes.ts'
import { err, ok, type Result } from '../../src/base/result.ts'
import { createLooseLedger, type LooseLedger } from '../../src/consensus/loose-ledger.ts'
import type { LooseChange, LooseRow } from '../../src/consensus/loose-row.ts'
import { HASH_BYTES } from '../../src/domain/hash.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import type { HistoryRecord, HistoryStore, KeptLearnt, LearntChange, StoredPage, StoreFailure } from '../../src/ports/history-store.ts'

export type Change = Parameters<HistoryStore['commit']>[0]

/** The same verbs without promises, for drivers in virtual time. */
export interface SyncStore {
  records(): readonly HistoryRecord[]
  page(hash: Bytes): Bytes | null
  has(hashes: readonly Bytes[]): readonly boolean[]
  stage(pages: readonly StoredPage[]): void
  commit(change: Change): void
  looseRows(stream: StreamId): readonly LooseRow[]
  changeLoose(stream: StreamId, change: LooseChange): void
  dropLoose(stream: StreamId): void
  learnt(stream: StreamId): Bytes | null
  learntKept(): readonly KeptLearnt[]
  changeLearnt(change: LearntChange): void
  remove(stream: StreamId): void
  collect(): number
}

export interface MemoryStore extends HistoryStore {
  readonly sync: SyncStore
  /** Every write fails with this until it is null again. */
  refuseWrites(failure: StoreFailure | null): void
}

export interface MemoryStoreOptions {
  /** Called before and after every write to the disk; may throw, and then the process is dead and the disk is as it is. */
  readonly crashPoint?: (where: string) => void
  /** False: a commit is several writes, and a crash between them tears it. What a real store must never be. */
  readonly atomic?: boolean
}

export const createMemoryStore = (options: MemoryStoreOptions = {}): MemoryStore => {
  const { crashPoint = () => undefined, atomic = true } = options
  const pages = new Map<string, Bytes>()
  const records = new Map<StreamId, HistoryRecord>()
  const loose = new Map<StreamId, LooseLedger>()
  const learnt = new Map<StreamId, NonNullable<LearntChange['put']>>()
  let refusal: StoreFailure | null = null

  const transaction = (name: string, writes: readonly (() => void)[]): void => {
    crashPoint(`before ${name}`)
    for (const write of writes) {
      write()
      if (!atomic) crashPoint(`within ${name}`)
    }
    crashPoint(`after ${name}`)
  }
  const put = (page: StoredPage) => (): void => void pages.set(toHex(page.hash), page.bytes)
  const drop = (hash: Bytes) => (): void => void pages.delete(toHex(hash))

  const sync: SyncStore = {
    records: () => [...records.values()],
    page: (hash) => pages.get(toHex(hash)) ?? null,
    has: (hashes) => hashes.map((hash) => pages.has(toHex(hash))),
    stage: (staged) => transaction('stage', staged.map(put)),
    commit: ({ record, pages: added = [], drop: dropped = [] }) =>
      transaction('commit', [
        ...dropped.map(drop),
        () => void records.set(record.stream, record),
        ...added.map(put),
      ]),
    looseRows: (stream) => loose.get(stream)?.slice(0, Infinity) ?? [],
    changeLoose: (stream, change) =>
      transaction('change loose', [
        () => {
          const ledger = loose.get(stream) ?? createLooseLedger()
          ledger.apply(change)
          loose.set(stream, ledger)
        },
      ]),
    dropLoose: (stream) => transaction('drop loose', [() => void loose.delete(stream)]),
    learnt: (stream) => learnt.get(stream)?.bytes ?? null,
    learntKept: () => [...learnt.values()].map(({ stream, bytes, turn }) => ({ stream, bytes: bytes.length, turn })),
    changeLearnt: ({ put: kept, drop: dropped }) =>
      transaction('change learnt', [
        ...dropped.map((stream) => () => void learnt.delete(stream)),
        () => {
          if (kept !== null) learnt.set(kept.stream, kept)
        },
      ]),
    remove: (stream) => transaction('remove', [records, loose, learnt].map((kept) => () => { kept.delete(stream) })),
    collect() {
      const lists = [...records.values()].flatMap(({ hashes, download, archive }) => [hashes, download?.hashes, ...archive.map((kept) => kept.hashes)])
      const named = new Set(lists.flatMap((list) => [...namesOf(list)]))
      const orphans = [...pages.keys()].filter((hash) => !named.has(hash))
      transaction('collect', orphans.map((hash) => () => void pages.delete(hash)))
      return orphans.length
    },
  }
  const writing = <T>(write: () => T): Promise<Result<T, StoreFailure>> =>
    Promise.resolve().then(() => (refusal === null ? ok(write()) : err(refusal)))
  const nothing = (write: () => void) => (): null => {
    write()
    return null
  }
  return {
    sync,
    refuseWrites: (failure) => void (refusal = failure),
    records: () => Promise.resolve(ok(sync.records())),
    page: (hash) => Promise.resolve(ok(sync.page(hash))),
    has: (hashes) => Promise.resolve(ok(sync.has(hashes))),
    stage: (staged) => writing(nothing(() => sync.stage(staged))),
    commit: (change) => writing(nothing(() => sync.commit(change))),
    looseRows: (stream) => Promise.resolve(ok(sync.looseRows(stream))),
    changeLoose: (stream, change) => writing(nothing(() => sync.changeLoose(stream, change))),
    dropLoose: (stream) => writing(nothing(() => sync.dropLoose(stream))),
    learnt: (stream) => Promise.resolve(ok(sync.learnt(stream))),
    learntKept: () => Promise.resolve(ok(sync.learntKept())),
    changeLearnt: (change) => writing(nothing(() => sync.changeLearnt(change))),
    remove: (stream) => writing(nothing(() => sync.remove(stream))),
    collect: () => writing(() => sync.collect()),
    close: () => undefined,
  }
}

function* namesOf(hashes: Bytes | undefined): Generator<string> {
  for (let at = 0; at < (hashes?.length ?? 0); at += HASH_BYTES) yield toHex(hashes?.slice(at, at + HASH_BYTES) ?? new Uint8Array(0))
}

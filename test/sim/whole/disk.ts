import { err, ok, type Result } from '../../../src/base/result.ts'
import { splitPageList } from '../../../src/domain/page-list.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import type { Random } from '../../../src/base/random.ts'
import type { HistoryRecord, HistoryStore, StoreFailure } from '../../../src/ports/history-store.ts'
import { createMemoryStore, type SyncStore } from '../../support/memory-store.ts'
import { never, type Life } from './life.ts'

/** What outlives its node's crashes. */
export interface Disk {
  readonly content: SyncStore
  isFull: boolean
  /** The store as one life of the node has it. Writes and reads are carried out in the order in which they were asked for, but for staged pages, which come later than that. */
  open(life: Life, delayMs: () => number): HistoryStore
  /** What a backup of this moment would restore. */
  copy(): Disk
  /** Clears away what no record names; how many pages that were. */
  clear(): number
  /** Pages of a history of others are altered without anybody knowing; answers how many: no more than there are. */
  damage(stream: StreamId, pages: number, random: Random): number
}

export interface DiskHooks {
  /** A history went on record. */
  onRecord(record: HistoryRecord): void
  /** A history was put on record without any page: how many of its pages are not there. */
  onAdopted(missing: number): void
  /** False: a commit is several writes, and a crash between them tears it. */
  readonly isAtomic: boolean
}

class Crash extends Error {}

const FULL: StoreFailure = { code: 'disk-full', message: 'The disk is full.' }

export const createDisk = (hooks: DiskHooks): Disk => {
  let owner: Life | null = null
  const { sync } = createMemoryStore({
    atomic: hooks.isAtomic,
    crashPoint: (where) => {
      if (owner?.step(where) === true) throw new Crash(where)
    },
  })
  const headOf = (stream: StreamId) => sync.records().find((record) => record.stream === stream)?.head ?? null
  /** Not a step of its node: nobody dies of it. */
  const quietly = <T>(run: () => T): T => {
    const living = owner
    owner = null
    const value = run()
    owner = living
    return value
  }
  const disk: Disk = {
    content: sync,
    isFull: false,
    open: (life, delayMs) => {
      owner = life
      let busyUntil = 0
      const carryOut = async <T>(run: () => T, isWrite: boolean, isInTurn = true): Promise<Result<T, StoreFailure>> => {
        const delay = delayMs()
        if (delay > 0 && !isInTurn) await life.pause(delay * 4)
        else if (delay > 0) {
          busyUntil = Math.max(busyUntil, life.at()) + delay
          await life.pause(busyUntil - life.at())
        }
        if (!life.isAlive) return never()
        if (isWrite && disk.isFull) return err(FULL)
        try {
          return ok(run())
        } catch (error) {
          if (error instanceof Crash) return never()
          throw error
        }
      }
      const nothing = (run: () => void) => (): null => {
        run()
        return null
      }
      return {
        records: () => carryOut(() => sync.records(), false),
        page: (hash) => carryOut(() => sync.page(hash), false),
        has: (hashes) => carryOut(() => sync.has(hashes), false),
        stage: (pages) => carryOut(nothing(() => sync.stage(pages)), true, false),
        commit: (change) =>
          carryOut(
            nothing(() => {
              const isAdopted = change.pages === undefined && change.record.head !== headOf(change.record.stream)
              sync.commit(change)
              if (isAdopted) hooks.onAdopted(sync.has(splitPageList(change.record.hashes)).filter((there) => !there).length)
              hooks.onRecord(change.record)
            }),
            true,
          ),
        looseRows: (stream) => carryOut(() => sync.looseRows(stream), false),
        changeLoose: (stream, change) => carryOut(nothing(() => sync.changeLoose(stream, change)), true),
        dropLoose: (stream) => carryOut(nothing(() => sync.dropLoose(stream)), true),
        learnt: (stream) => carryOut(() => sync.learnt(stream), false),
        learntKept: () => carryOut(() => sync.learntKept(), false),
        changeLearnt: (change) => carryOut(nothing(() => sync.changeLearnt(change)), true),
        remove: (stream) => carryOut(nothing(() => sync.remove(stream)), true),
        collect: () => carryOut(() => sync.collect(), false),
        close: () => undefined,
      }
    },
    clear: () => quietly(() => sync.collect()),
    damage: (stream, pages, random) => {
      const hashes = splitPageList(sync.records().find((record) => record.stream === stream)?.hashes ?? new Uint8Array(0))
      let damaged = 0
      while (damaged < pages && hashes.length > 0) {
        const [hash] = hashes.splice(random.below(hashes.length), 1)
        const bytes = hash === undefined ? null : sync.page(hash)
        if (hash === undefined || bytes === null) continue
        const at = random.below(bytes.length)
        quietly(() => sync.stage([{ hash, bytes: bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.below(8))) }]))
        damaged++
      }
      return damaged
    },
    copy: () => {
      const other = createDisk(hooks)
      for (const record of sync.records()) {
        const names = [record.hashes, record.download?.hashes, ...record.archive.map(({ hashes }) => hashes)]
        const pages = names.flatMap((list) => (list === undefined ? [] : splitPageList(list))).flatMap((hash) => {
          const bytes = sync.page(hash)
          return bytes === null ? [] : [{ hash, bytes }]
        })
        other.content.commit({ record, pages })
      }
      return other
    },
  }
  return disk
}

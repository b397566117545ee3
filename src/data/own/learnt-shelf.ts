import { ok, type Result } from '../../base/result.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { HistoryStore, KeptLearnt } from '../../ports/history-store.ts'
import type { LogDep } from '../../ports/log.ts'
import { MAX_LEARNT_BYTES_IN_ALL } from '../../protocol/limits.ts'
import { createSerial } from '../pace/serial.ts'

/**
 * What the engine has learnt of all streams, as it lies on disk: no more than a budget in all. What was written longest ago goes
 * first; it is learnt again (SPEC [D55]).
 */
export interface LearntShelf {
  keep(stream: StreamId, bytes: Bytes): Promise<Result<null>>
  read(stream: StreamId): Promise<Result<Bytes | null>>
  drop(stream: StreamId): Promise<Result<null>>
  /** The stream was forgotten, and what was learnt of it with it. */
  forgotten(stream: StreamId): void
}

export interface LearntShelfDeps extends LogDep {
  readonly store: Pick<HistoryStore, 'learnt' | 'learntKept' | 'changeLearnt'>
  readonly budget?: number
}

/** Sizes by stream, the one written longest ago first: O(1) a write, and 100 bytes of memory for each stream. */
interface Table {
  readonly sizes: Map<StreamId, number>
  bytes: number
  nextTurn: number
}

export const createLearntShelf = ({ store, log, budget = MAX_LEARNT_BYTES_IN_ALL }: LearntShelfDeps): LearntShelf => {
  const inTurn = createSerial()
  let table: Table | null = null
  let wasFull = false

  /** As the process before has left it; read when something is written first. */
  const open = async (): Promise<Result<Table>> => {
    if (table !== null) return ok(table)
    const kept = await store.learntKept()
    return kept.ok ? ok((table = tableOf(kept.value))) : kept
  }
  const keep = async (stream: StreamId, bytes: Bytes): Promise<Result<null>> => {
    const opened = await open()
    if (!opened.ok) return opened
    const sizes = opened.value
    const drop = leaving(sizes, { stream, bytes: bytes.length }, budget)
    const written = await store.changeLearnt({ put: { stream, bytes, turn: sizes.nextTurn }, drop })
    if (!written.ok) return written
    for (const gone of [...drop, stream]) take(sizes, gone)
    sizes.nextTurn++
    sizes.bytes += bytes.length
    sizes.sizes.set(stream, bytes.length)
    // Said once: more streams than there is room for would say it with every row.
    if (drop.length > 0 && !wasFull) log({ message: `What was learnt of ${sizes.sizes.size} streams fills the room there is for it: of others it is learnt again.` })
    wasFull ||= drop.length > 0
    return ok(null)
  }
  return {
    keep: (stream, bytes) => inTurn(() => keep(stream, bytes)),
    read: (stream) => store.learnt(stream),
    drop: (stream) =>
      inTurn(async () => {
        const dropped = await store.changeLearnt({ put: null, drop: [stream] })
        if (dropped.ok && table !== null) take(table, stream)
        return dropped
      }),
    forgotten: (stream) => {
      if (table !== null) take(table, stream)
    },
  }
}

const tableOf = (kept: readonly KeptLearnt[]): Table => {
  const inOrder = [...kept].sort((a, b) => a.turn - b.turn)
  return {
    sizes: new Map(inOrder.map(({ stream, bytes }) => [stream, bytes])),
    bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
    nextTurn: (inOrder.at(-1)?.turn ?? 0) + 1,
  }
}

const take = (table: Table, stream: StreamId): void => {
  table.bytes -= table.sizes.get(stream) ?? 0
  table.sizes.delete(stream)
}

/** Those that make room for what comes; never what is written now. */
const leaving = ({ sizes, bytes }: Table, coming: { readonly stream: StreamId; readonly bytes: number }, budget: number): readonly StreamId[] => {
  const gone: StreamId[] = []
  let total = bytes - (sizes.get(coming.stream) ?? 0) + coming.bytes
  for (const [stream, size] of sizes) {
    if (total <= budget) break
    if (stream === coming.stream) continue
    gone.push(stream)
    total -= size
  }
  return gone
}

import { equalBytes, type Bytes } from '../../base/bytes.ts'
import type { Mutable } from '../../base/mutable.ts'
import type { StreamId } from '../../domain/stream.ts'

/** Rows of one stream that wait: half a minute of a publisher that says twenty a second, as long as most downloads take. */
export const MAX_WAITING_ROWS = 512

/** Rows of all streams that wait, each of MAX_LIVE_BYTES at most, 2.2 MB together: a crowd of streams that all fall behind at once costs no more. */
export const MAX_WAITING_IN_ALL = 4_096

/** Different rows under one number: a peer that sends a wrong row under a true head must not keep the right one out. */
const MAX_OF_ONE_NUMBER = 3

/** A row that came while earlier ones are missing, and over which link; null: by pub/sub. */
export interface WaitingRow {
  readonly live: Bytes
  readonly from: number | null
}

/**
 * Live rows for which it is too soon: the rows before them are still being fetched (M20). Their heads were judged, their rows can be
 * judged only when they are next. What does not fit is fetched like everything else.
 */
export interface LiveBuffer {
  keep(stream: StreamId, rows: number, waiting: WaitingRow): void
  /** Takes out what says that it makes the history this long; what would make it shorter goes too. */
  take(stream: StreamId, rows: number): readonly WaitingRow[]
  forget(stream: StreamId): void
  /** Rows of all streams. */
  readonly size: number
}

/** What waits of one stream, by the number of rows that each makes; the number that came first is first. */
interface Waiting {
  readonly byRows: Map<number, readonly WaitingRow[]>
  size: number
}

export const createLiveBuffer = (): LiveBuffer => {
  /** The stream that was added to longest ago comes first. */
  const streams = new Map<StreamId, Waiting>()
  const remove = (waiting: Waiting, rows: number): readonly WaitingRow[] => {
    const gone = waiting.byRows.get(rows) ?? []
    waiting.byRows.delete(rows)
    waiting.size -= gone.length
    buffer.size -= gone.length
    return gone
  }
  const forget = (stream: StreamId): void => {
    const waiting = streams.get(stream)
    if (waiting === undefined) return
    for (const rows of [...waiting.byRows.keys()]) remove(waiting, rows)
    streams.delete(stream)
  }
  const makeRoom = (waiting: Waiting): void => {
    for (const rows of waiting.byRows.keys()) {
      if (waiting.size <= MAX_WAITING_ROWS) break
      remove(waiting, rows)
    }
    for (const stream of streams.keys()) {
      if (buffer.size <= MAX_WAITING_IN_ALL) break
      forget(stream)
    }
  }
  const buffer: Mutable<LiveBuffer> = {
    size: 0,
    keep: (stream, rows, row) => {
      const waiting = streams.get(stream) ?? { byRows: new Map<number, readonly WaitingRow[]>(), size: 0 }
      streams.delete(stream)
      streams.set(stream, waiting)
      const known = waiting.byRows.get(rows) ?? []
      if (known.length >= MAX_OF_ONE_NUMBER || known.some(({ live }) => equalBytes(live, row.live))) return
      waiting.byRows.set(rows, [...known, row])
      waiting.size++
      buffer.size++
      makeRoom(waiting)
    },
    take: (stream, rows) => {
      const waiting = streams.get(stream)
      if (waiting === undefined) return []
      for (const past of [...waiting.byRows.keys()]) if (past < rows) remove(waiting, past)
      const next = remove(waiting, rows)
      if (waiting.size === 0) streams.delete(stream)
      return next
    },
    forget,
  }
  return buffer
}

import type { StreamId } from '../../src/domain/stream.ts'

/** How far a history reaches: epoch, then rows. */
export interface Reached {
  readonly epoch: number
  readonly rows: number
}

/**
 * The last row of each stream that was passed on to its members at this server. In a cluster a row comes twice: over the bus, at
 * once but perhaps not at all, and in the directory that the servers share, surely but later. Whichever is first is passed on.
 * One entry for each stream with members here.
 */
export interface PassedRows {
  /** A member has come, or a row of this server's own was passed on. */
  note(stream: StreamId, reached: Reached): void
  /** Whether the row is news; it is then taken as passed on. Of a stream without members nothing is. */
  isNews(stream: StreamId, row: Reached): boolean
  /** The last member has left. */
  forget(stream: StreamId): void
}

export const createPassedRows = (): PassedRows => {
  const last = new Map<StreamId, Reached>()
  const isBefore = (a: Reached, b: Reached): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.rows < b.rows)
  return {
    note: (stream, reached) => {
      const known = last.get(stream)
      if (known === undefined || isBefore(known, reached)) last.set(stream, { epoch: reached.epoch, rows: reached.rows })
    },
    isNews: (stream, row) => {
      const known = last.get(stream)
      if (known === undefined || !isBefore(known, row)) return false
      last.set(stream, { epoch: row.epoch, rows: row.rows })
      return true
    },
    forget: (stream) => void last.delete(stream),
  }
}

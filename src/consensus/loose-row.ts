import type { Row } from '../domain/row.ts'
import type { Micros } from '../domain/time.ts'

/** `quorum`: at least two thirds of several who answered said so; `provisional`: one did, or this node imported it. */
export type LooseMark = 'quorum' | 'provisional'

/** A row that no signature vouches for. A stream's loose rows are in the order of their times, one row a time. */
export interface LooseRow {
  readonly row: Row
  /** Its place in the history, where those who gave it number their rows. */
  readonly number: number | null
  readonly mark: LooseMark
  /** Brought by an import of this node: what others say neither replaces nor upgrades it. */
  readonly own: boolean
  /** The time of the row before it. Named, so that a row that was lost in between is noticed. */
  readonly before: Micros | 'beginning' | 'unknown'
}

/** Believed as far as it can be: not asked about again, and told to others. A word that one peer gave would come back as the word of many. */
export const isSettled = (row: LooseRow): boolean => row.own || row.mark === 'quorum'

/** Some rows put, by their time, and others dropped: all or nothing. */
export interface LooseChange {
  readonly put: readonly LooseRow[]
  readonly drop: readonly Micros[]
}

/** Rows kept of one stream, the newest: peers that tell one row after the other must not fill disk and memory (about 15 MB). */
export const MAX_LOOSE_ROWS = 100_000

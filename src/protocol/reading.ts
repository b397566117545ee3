import { array, choice, count, i64, nullable, struct, u32, type Codec } from '../base/codec.ts'
import { streamIdCodec } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import { MAX_ROWS_PER_ANSWER } from './limits.ts'
import { rowCodec } from './live.ts'

const micros = i64 as Codec<Micros>

/**
 * How well a row is known: `signed` rows are the publisher's; the others are loose rows of M18, believed on the word of one
 * peer or of most of those who answered.
 */
export const MARKS = ['signed', 'quorum', 'provisional'] as const

/** Questions for rows, the same from local ports and from peers. SPEC, section D. */
export const readingFrames = {
  /** Rows by number. */
  'rows-request': [48, struct({ stream: streamIdCodec, from: count, count: u32 })],
  /** Rows `from` … in order; `total`: rows of the verified history. */
  rows: [49, struct({ from: count, total: count, rows: array(rowCodec, MAX_ROWS_PER_ANSWER) })],
  /** The last `count` rows whose place in the history is at or before the last row of time ≤ `time`; answered by `rows`. */
  'rows-at-request': [50, struct({ stream: streamIdCodec, time: micros, count: u32 })],
  /** The one row before row number `row`, else before `time`; both null: the last row of all. */
  'row-before-request': [51, struct({ stream: streamIdCodec, row: nullable(count), time: nullable(micros) })],
  /** `found` null: there is no earlier row. `number`: its place, where the row has one. */
  'row-before': [
    52,
    struct({ stream: streamIdCodec, found: nullable(struct({ number: nullable(count), row: rowCodec, mark: choice(MARKS) })) }),
  ],
} as const

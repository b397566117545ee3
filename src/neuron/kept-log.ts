import * as v from 'valibot'
import type { LogLine } from './snapshot.ts'

// The newest lines of the log as a text that the page keeps over a reload. It is judged when it is read: whatever runs at the
// app's address can write there.

/** Enough to see what led to a reload; the page's storage holds five megabytes for everything. */
export const MAX_KEPT_LINES = 500

/** A peer's reason may be long; its end is rarely what is looked for. */
const MAX_MESSAGE_CHARS = 400

/** Longer than this no text of ours is. */
const MAX_TEXT_CHARS = 1_000_000

const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

const line = v.strictObject({
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  time: v.pipe(v.string(), v.maxLength(40)),
  level: v.picklist(['info', 'warn', 'error']),
  direction: v.picklist(['in', 'out', 'none']),
  message: v.pipe(v.string(), v.maxLength(MAX_MESSAGE_CHARS)),
  streamId: v.nullable(hex),
  streamName: v.nullable(v.pipe(v.string(), v.maxLength(MAX_MESSAGE_CHARS))),
  peer: v.nullable(hex),
})

const lines = v.pipe(v.array(line), v.maxLength(MAX_KEPT_LINES))

/** Total: what cannot be read is as if nothing had been kept. */
export const readKeptLog = (text: string | null): readonly LogLine[] => {
  if (text === null || text.length > MAX_TEXT_CHARS) return []
  try {
    const judged = v.safeParse(lines, JSON.parse(text))
    return judged.success ? judged.output : []
  } catch {
    return []
  }
}

const clip = (text: string): string => text.slice(0, MAX_MESSAGE_CHARS)

export const writeKeptLog = (newest: readonly LogLine[]): string =>
  JSON.stringify(newest.map((one) => ({ ...one, message: clip(one.message), streamName: one.streamName && clip(one.streamName) })))

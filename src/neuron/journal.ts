import { formatTime, microsOfMillis } from '../domain/time.ts'
import type { StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { MAX_KEPT_LINES } from './kept-log.ts'
import type { LogLine } from './snapshot.ts'

/** Lines kept: about a megabyte, and days of an ordinary node. */
const MAX_LINES = 5_000

/** Lines are kept over a reload at most this often, milliseconds: a sudden end costs the last of them. */
const KEEP_EVERY_MS = 3_000

/** All coming and going, in order, bounded. */
export interface Journal {
  readonly log: Log
  newest(count: number): readonly LogLine[]
  /** One line each, for a file. */
  text(): string
}

export interface JournalDeps extends ClockDep {
  readonly nameOf: (stream: StreamId) => string | null
  readonly changed: () => void
  /** Lines of an earlier life, which this one goes on from. */
  readonly kept?: readonly LogLine[]
  readonly keep?: (newest: readonly LogLine[]) => void
}

export const createJournal = ({
  clock,
  nameOf,
  changed,
  kept = [],
  keep = () => undefined,
}: JournalDeps): Journal => {
  const lines: LogLine[] = [...kept]
  let number = (kept.at(-1)?.number ?? 0) + 1
  let isKeeping = false
  const keepSoon = (): void => {
    if (isKeeping) return
    isKeeping = true
    clock.after(KEEP_EVERY_MS, () => {
      isKeeping = false
      keep(lines.slice(-MAX_KEPT_LINES))
    })
  }
  return {
    log: ({ level = 'info', direction = 'none', stream = null, peer = null, message }) => {
      const time = formatTime(microsOfMillis(clock.now()))
      const streamName = stream === null ? null : nameOf(stream)
      lines.push({ number: number++, time, level, direction, message, streamId: stream, streamName, peer })
      if (lines.length > MAX_LINES) lines.splice(0, lines.length - MAX_LINES)
      changed()
      keepSoon()
    },
    newest: (count) => lines.slice(-count),
    text: () => lines.map(formatLine).join('\n'),
  }
}

/** A peer's reason may hold line ends and tabs: it must not look like lines of ours. */
const LINE_ENDS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

const ARROWS = { in: '←', out: '→', none: '·' } as const

const formatLine = ({ time, level, direction, message, streamName, peer }: LogLine): string =>
  [time, level, ARROWS[direction], streamName ?? '-', peer?.slice(0, 12) ?? '-', message.replace(LINE_ENDS, ' ')].join('\t')

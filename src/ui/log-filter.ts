import type { LogLine } from '../neuron/snapshot.ts'

export interface LogFilter {
  readonly text: string
  /** The least serious level shown. */
  readonly level: LogLine['level']
}

export const LOG_LEVELS = ['info', 'warn', 'error'] as const satisfies readonly LogLine['level'][]

const RANK: Readonly<Record<LogLine['level'], number>> = { info: 0, warn: 1, error: 2 }

/** Lines at least as serious as the level whose message, stream or peer holds the text, in any case. */
export const filterLog = <Line extends LogLine>(lines: readonly Line[], filter: LogFilter): readonly Line[] => {
  const wanted = filter.text.trim().toLowerCase()
  const holds = (text: string | null): boolean => text !== null && text.toLowerCase().includes(wanted)
  return lines.filter(
    (line) =>
      RANK[line.level] >= RANK[filter.level] &&
      (wanted === '' || holds(line.message) || holds(line.streamName) || holds(line.streamId) || holds(line.peer)),
  )
}

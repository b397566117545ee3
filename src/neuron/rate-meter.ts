import type { StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { StreamState } from '../protocol/local.ts'

/** Samples within this window make the rate, milliseconds: short enough to follow, long enough not to jump. */
const WINDOW_MS = 3_000

const STANDSTILL = { bytesPerSecond: 0, rowsPerSecond: 0 } as const

interface Sample {
  readonly at: number
  readonly bytes: number
  readonly pages: number
}

/**
 * Rates of transfers, from the states that the data process sends. Only time in which bytes came counts: neither waiting
 * for a peer nor the pages that a resumed download finds on the disk before its first byte are transfer.
 */
export interface RateMeter {
  sample(state: StreamState): void
  rate(stream: StreamId): { readonly bytesPerSecond: number; readonly rowsPerSecond: number }
}

export const createRateMeter = ({ clock }: ClockDep, pageRows: number): RateMeter => {
  const samples = new Map<StreamId, Sample[]>()
  return {
    sample: ({ stream, phase, bytesReceived, pagesDone }) => {
      if (phase !== 'fetching' || bytesReceived === 0) {
        samples.delete(stream)
        return
      }
      const at = clock.now()
      const isOfThis = (old: Sample): boolean => at - old.at < WINDOW_MS && old.bytes <= bytesReceived
      const kept = (samples.get(stream) ?? []).filter(isOfThis)
      samples.set(stream, [...kept, { at, bytes: bytesReceived, pages: pagesDone }])
    },
    rate: (stream) => {
      const [first, ...rest] = samples.get(stream) ?? []
      const last = rest.at(-1)
      if (first === undefined || last === undefined || last.at === first.at) return STANDSTILL
      // Nothing new for a whole window: it has come to a stop, whatever it did before.
      if (clock.now() - last.at >= WINDOW_MS) return STANDSTILL
      const seconds = (last.at - first.at) / 1000
      return {
        bytesPerSecond: Math.max(0, last.bytes - first.bytes) / seconds,
        rowsPerSecond: (Math.max(0, last.pages - first.pages) * pageRows) / seconds,
      }
    },
  }
}

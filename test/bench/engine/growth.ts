import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createForecaster } from '../../../src/engine/forecaster.ts'
import { HISTORY_HASH_BYTES } from '../../../src/engine/snapshot.ts'
import { rowsOf, seasonal } from '../../support/series.ts'

/** What a row costs as a stream grows. */
export interface RowGrowth {
  readonly rows: number
  /** Per row since the mark before. */
  readonly microsPerRow: number
  readonly snapshotBytes: number
}

/** What a row costs as one process learns more streams. */
export interface StreamGrowth {
  readonly streams: number
  readonly microsPerRow: number
  /** The typed arrays that a forecaster holds: nearly all of it, and told exactly. */
  readonly bytesPerStream: number
}

const HOURLY = 3_600_000_000
const wave = (rows: number, seed: number) => rowsOf(seasonal({ rows, seed, period: 24, noise: 1 }), HOURLY)

/** Before anything is measured: the compiler's work on the engine is done once in a process, and is not a row's cost. */
export const warmUp = (): void => {
  for (let young = 0; young < 20; young++) wave(200, young).forEach(createForecaster().observe)
  wave(3000, 1).forEach(createForecaster().observe)
}

export const growRows = (marks: readonly number[], processorMs: () => number): readonly RowGrowth[] => {
  const rows = wave(Math.max(...marks), 1)
  const forecaster = createForecaster()
  let from = 0
  return marks.map((mark) => {
    const began = processorMs()
    for (const row of rows.slice(from, mark)) forecaster.observe(row)
    const microsPerRow = ((processorMs() - began) * 1000) / (mark - from)
    from = mark
    return { rows: mark, microsPerRow, snapshotBytes: forecaster.snapshot(new Uint8Array(HISTORY_HASH_BYTES)).length }
  })
}

/** Row by row in turn, as live streams come: no stream finds its state in the processor's cache. */
export const growStreams = (counts: readonly number[], rowsEach: number, processorMs: () => number): readonly StreamGrowth[] =>
  counts.map((streams) => {
    const before = heldBytes()
    const forecasters = Array.from({ length: streams }, () => createForecaster())
    const series = Array.from({ length: Math.min(streams, 10) }, (_, seed) => wave(rowsEach, seed))
    const began = processorMs()
    for (let row = 0; row < rowsEach; row++)
      forecasters.forEach((forecaster, at) => {
        const next = series[at % series.length]?.[row]
        if (next !== undefined) forecaster.observe(next)
      })
    const microsPerRow = ((processorMs() - began) * 1000) / (streams * rowsEach)
    return { streams, microsPerRow, bytesPerStream: (heldBytes() - before) / forecasters.length }
  })

/** What is left after a collection: else it is chance how much rubbish lies about. */
export const heldBytes = (): number => {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().arrayBuffers
}

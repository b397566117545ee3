import { createForecaster } from '../../../src/engine/forecaster.ts'
import type { WorkerAnswer, WorkerStreams } from '../engine/in-worker.ts'

// The engine in a worker of its own: learns the streams it is handed, one after the other, each from nothing.

self.onmessage = ({ data }: MessageEvent<WorkerStreams>) => {
  const began = performance.now()
  let rows = 0
  let forecast: WorkerAnswer['forecast'] = null
  for (const stream of data.streams) {
    const forecaster = createForecaster({ search: data.search })
    stream.times.forEach((time, row) => {
      forecaster.observe({ row, time, value: stream.values[row] ?? null })
      rows++
    })
    const outcome = forecaster.forecast()
    forecast = outcome.ok ? outcome.forecast.value : null
  }
  self.postMessage({ rows, forecast, elapsedMs: performance.now() - began } satisfies WorkerAnswer)
}

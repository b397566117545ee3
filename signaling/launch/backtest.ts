import { createForecaster } from '../../src/engine/forecaster.ts'
import { ownProcessorMs } from './backtest/own-processor.ts'
import { runBacktest } from './backtest/run.ts'

process.exitCode = await runBacktest(process.argv.slice(2), {
  createForecaster,
  out: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  now: () => performance.now(),
  processorMs: ownProcessorMs,
})

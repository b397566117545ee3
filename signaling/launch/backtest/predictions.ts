import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { formatTime, microsOf } from '../../../src/domain/time.ts'
import type { Prediction } from '../../../src/engine/backtest.ts'
import type { SeriesFile } from './series.ts'

/** Why forecasts may not go to `out`, or null. Decided before anything is computed: a run may take minutes. */
export const refusal = (out: string, target: string, isFolder: boolean): string | null => {
  const way = relative(target, out)
  if (way === '') return `--predictions would write over ${target}.`
  if (!isFolder) return null
  if (/\.csv$/i.test(out)) return `${target} holds many streams: --predictions needs the name of a folder for one file each.`
  return way.startsWith('..') ? null : '--predictions must not lie in the folder that is read: the next run would take its files for streams.'
}

/** One file per stream, in the subfolder and under the name of its own. */
export const fileFor = (out: string, { group, name }: SeriesFile, isFolder: boolean): string => (isFolder ? join(out, group, name) : out)

export const writePredictions = (path: string, predictions: readonly Prediction[]): void => {
  const lines = predictions.map(({ time, actual, value, lower, upper }) => [textOf(time), actual, value, lower, upper].join(','))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, ['ts,actual,prediction,lower,upper', ...lines, ''].join('\n'))
}

const textOf = (time: number): string => {
  const micros = microsOf(time)
  if (micros === null) throw new Error(`${time} is no time`)
  return formatTime(micros)
}

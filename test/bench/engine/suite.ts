import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listSeries, readCsv, readSeries } from '../../../signaling/launch/backtest/series.ts'
import { root } from '../../../signaling/launch/project.mjs'
import { sampleCsv } from '../../../signaling/launch/samples.ts'
import type { EngineRow } from '../../../src/engine/forecaster.ts'

/** One stream to be forecast. */
export interface BenchSeries {
  readonly group: string
  readonly name: string
  readonly rows: readonly EngineRow[]
}

const FOLDER = join(root, 'node_modules/vega-datasets/data')

interface Column {
  readonly file: string
  readonly time: string
  readonly values: readonly string[]
  readonly only?: readonly [column: string, text: string]
}

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  'weather, daily': [
    { file: 'seattle-weather.csv', time: 'date', values: ['temp_max', 'temp_min', 'precipitation', 'wind'] },
    { file: 'weather.csv', time: 'date', values: ['temp_max', 'precipitation', 'wind'], only: ['location', 'New York'] },
  ],
  'weather, hourly normals': [{ file: 'seattle-weather-hourly-normals.csv', time: 'date', values: ['temperature', 'pressure', 'wind'] }],
  'climate, monthly': [{ file: 'co2-concentration.csv', time: 'Date', values: ['CO2'] }],
  'employment, monthly': [{ file: 'us-employment.csv', time: 'month', values: ['nonfarm', 'manufacturing', 'retail_trade'] }],
  'markets, daily': [{ file: 'sp500-2000.csv', time: 'date', values: ['close', 'volume'] }],
  'commits, hourly': [{ file: 'github.csv', time: 'time', values: ['count'] }], // hours without one are not in it
}

/** Public series of the npm package vega-datasets, read where it is installed: of several paces and habits, most of them new to whoever tuned the engine. */
export const vegaSuite = async (): Promise<readonly BenchSeries[]> => {
  const plain = Object.entries(COLUMNS).flatMap(([group, columns]) =>
    columns.flatMap(({ file, time, values, ...rest }) =>
      values.map((value) => ({ group, name: `${file} ${value}`, csv: sampleCsv(withDashes(textOf(file)), { time, value, ...rest }) }))))
  return Promise.all([...plain, ...unemployment(), flights(), earthquakes()].map(async ({ group, name, csv }) => ({ group, name, rows: await rowsOf(csv) })))
}

/** All .csv files of a folder. A line that cannot be read is left out here; `npm run backtest` tells of it. */
export const folderSuite = async (folder: string): Promise<readonly BenchSeries[]> => {
  const files = listSeries(folder)
  if (files === null || files.length === 0) throw new Error(`There is no .csv file in ${folder}.`)
  return Promise.all(files.map(async ({ group, name, path }) => {
    const series = await readSeries(path)
    if (!series.ok) throw new Error(`${path}: ${series.error.message}`)
    return { group, name, rows: series.value.rows }
  }))
}

const textOf = (file: string): string => readFileSync(join(FOLDER, file), 'utf8')

const rowsOf = async (csv: string): Promise<readonly EngineRow[]> => {
  const series = await readCsv(new Blob([csv]))
  if (!series.ok) throw new Error(series.error.message)
  const [problem] = series.value.problems
  if (problem !== undefined) throw new Error(`line ${problem.line}: ${problem.message}`)
  return series.value.rows
}

/** 2015/01/01 is no date to us. */
const withDashes = (text: string): string => text.replace(/(\d{4})\/(\d{2})\/(\d{2})/g, '$1-$2-$3')

const csvOf = (rows: readonly (readonly [time: string | number, value: number])[]): string => ['time,value', ...rows.map((row) => row.join(','))].join('\n')

/** People out of work in five industries, not adjusted for the season. */
const unemployment = () => {
  const all = JSON.parse(textOf('unemployment-across-industries.json')) as readonly { readonly series: string; readonly date: string; readonly count: number }[]
  return ['Agriculture', 'Construction', 'Finance', 'Government', 'Manufacturing'].map((industry) => ({
    group: 'unemployment, monthly', name: industry,
    csv: csvOf(all.filter(({ series }) => series === industry).map(({ date, count }) => [date, count])),
  }))
}

/** Departures per hour, hours without one counted as well. */
const flights = () => {
  const all = JSON.parse(textOf('flights-20k.json')) as readonly { readonly date: string }[]
  const hours = all.map(({ date }) => Math.floor(Date.parse(`${withDashes(date).replace(' ', 'T')}Z`) / 3_600_000))
  const first = Math.min(...hours)
  const counts = new Array<number>(Math.max(...hours) - first + 1).fill(0)
  for (const hour of hours) counts[hour - first] = (counts[hour - first] ?? 0) + 1
  return { group: 'departures, hourly', name: 'flights-20k.json', csv: csvOf(counts.map((count, hour) => [(first + hour) * 3600, count])) }
}

/** Magnitudes in the order of their times, at no pace at all. */
const earthquakes = () => {
  interface Quake { readonly properties: { readonly time: number; readonly mag: number } }
  const { features } = JSON.parse(textOf('earthquakes.json')) as { readonly features: readonly Quake[] }
  const rows = features.map(({ properties: { time, mag } }) => [time, mag] as const).sort(([one], [other]) => one - other)
  return { group: 'earthquakes, irregular', name: 'earthquakes.json', csv: csvOf(rows) }
}

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sha256 } from '@noble/hashes/sha2.js'
import { root } from '../../signaling/launch/project.mjs'
import { readSamples } from '../../signaling/launch/samples.ts'
import { equalBytes, toHex, type Bytes } from '../../src/base/bytes.ts'
import { createCsvReader } from '../../src/domain/csv.ts'
import { encodePage, maxPageBytes, PAGE_ROWS } from '../../src/domain/page.ts'
import { rowBytes, type ObservationRow, type PredictionRow, type Row } from '../../src/domain/row.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import { numericValue } from '../../src/domain/value.ts'
import { createForecaster } from '../../src/engine/forecaster.ts'
import { packPage, unpackPage, type PageShape } from '../../src/protocol/packed-page.ts'
import { describeMachine, type Machine } from './machine.ts'

/** How small pages travel, and how fast they are packed and unpacked: of the bundled samples, or of the CSV files of a folder and its folders. */
export interface PackingReport {
  readonly machine: Machine
  readonly files: readonly PackedFile[]
  /** Of the files: bytes a row. */
  readonly meanBytes: number
  /** Predictions that the engine makes of the first file, bytes a row. */
  readonly predictions: { readonly of: string; readonly bytes: number; readonly canonicalBytes: number }
  /** On one core, of the processor's time. */
  readonly rowsPerSecond: { readonly packed: number; readonly unpacked: number }
}

export interface PackedFile {
  readonly name: string
  readonly rows: number
  readonly bytesPerRow: number
  /** The CSV file by gzip -9 would be 1. */
  readonly ofGzip: number
}

/** Of shorter files neither says much. */
export const LONG_ROWS = 1_000

export const benchPacking = async ({ folder }: { readonly folder: string | null }): Promise<PackingReport> => {
  const all = (folder === null ? bundledSamples() : csvFilesOf(folder).map((path) => ({ name: path, csv: readFileSync(path) }))).map(readSeries)
  const [first] = all
  if (first === undefined) throw new Error(`There is no .csv file in ${folder ?? 'the samples'}.`)
  const files = all.map(packedFile)
  const predictions = predictionsOf(first.rows, 2 * PAGE_ROWS)
  const canonical = encodePage({ form: 'prediction', number: 0, rows: predictions })
  const pages = all.flatMap((series) => series.pages)
  return {
    machine: await describeMachine(),
    files,
    meanBytes: meanBytesOf(files),
    predictions: { of: first.name, bytes: sizeOf(pagesOf(predictions)) / predictions.length, canonicalBytes: canonical.length / predictions.length },
    rowsPerSecond: {
      packed: speedOf(pages, ({ bytes, shape }) => packPage(bytes, shape)),
      unpacked: speedOf(pages, (page) => unpackPage(page.packed, page.shape)),
    },
  }
}

export const packingTable = ({ files, meanBytes, predictions, rowsPerSecond: { packed, unpacked } }: PackingReport): string => {
  const worst = Math.max(...files.filter(({ rows }) => rows > LONG_ROWS).map(({ ofGzip }) => ofGzip))
  return [
    '| file | rows | bytes/row | vs gzip -9 of the CSV |',
    '|---|---:|---:|---:|',
    ...files.map(({ name, rows, bytesPerRow, ofGzip }) => `| ${name} | ${rows} | ${bytesPerRow.toFixed(2)} | ${ofGzip.toFixed(2)} |`),
    '',
    `mean of the files ${meanBytes.toFixed(2)} bytes/row; worst file of more than ${LONG_ROWS} rows ${worst.toFixed(2)} of gzip`,
    `predictions of ${predictions.of}: ${predictions.bytes.toFixed(1)} bytes/row, of them 32 the hash followed; canonical ${predictions.canonicalBytes.toFixed(1)}`,
    `packs ${(packed / 1e6).toFixed(1)} M rows/s, unpacks ${(unpacked / 1e6).toFixed(1)} M rows/s (one core, processor time)`,
  ].join('\n')
}

export const packedSamples = (): readonly PackedFile[] => bundledSamples().map(readSeries).map(packedFile)

export const meanBytesOf = (files: readonly PackedFile[]): number => files.reduce((sum, { bytesPerRow }) => sum + bytesPerRow, 0) / files.length

interface PackedPage {
  readonly bytes: Bytes
  readonly packed: Bytes
  readonly shape: PageShape & { readonly maxBytes: number }
}

interface Series {
  readonly name: string
  readonly rows: readonly ObservationRow[]
  readonly gzipBytes: number
  readonly pages: readonly PackedPage[]
}

interface File {
  readonly name: string
  readonly csv: Buffer
}

const bundledSamples = (): readonly File[] =>
  [...readSamples(join(root, 'node_modules/vega-datasets'))]
    .filter(([name]) => name.endsWith('.csv'))
    .map(([name, csv]) => ({ name, csv: Buffer.from(csv) }))

const csvFilesOf = (path: string): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path).sort().flatMap((name) => csvFilesOf(join(path, name)))
    : path.endsWith('.csv') ? [path] : []

const readSeries = ({ name, csv }: File): Series => {
  const reader = createCsvReader()
  const rows = csv.toString().split(/\r?\n/).flatMap((line): ObservationRow[] => {
    const read = reader.read(line.split(','))
    if (!read.ok) throw new Error(`${name}: ${read.error.message}`)
    return read.value.is === 'row' ? [{ form: 'observation', ...read.value.row }] : []
  })
  return { name: basename(name, '.csv'), rows, gzipBytes: gzipSync(csv, { level: 9 }).length, pages: pagesOf(rows) }
}

const packedFile = ({ name, rows, pages, gzipBytes }: Series): PackedFile => {
  const bytes = sizeOf(pages)
  return { name, rows: rows.length, bytesPerRow: bytes / rows.length, ofGzip: bytes / gzipBytes }
}

/** Packs page by page and sees to it that each comes back. */
const pagesOf = (rows: readonly Row[]): PackedPage[] => {
  const pages: PackedPage[] = []
  for (let from = 0; from < rows.length; from += PAGE_ROWS) {
    const some = rows.slice(from, from + PAGE_ROWS)
    const page = { form: some[0]?.form ?? 'observation', number: from / PAGE_ROWS, rows: some }
    const shape = { form: page.form, number: page.number, rows: some.length, maxBytes: maxPageBytes(page.form, some.length) }
    const bytes = encodePage(page)
    const packed = packPage(bytes, shape) ?? bytes
    const unpacked = packed === bytes ? null : unpackPage(packed, shape)
    if (unpacked?.ok === false || (unpacked?.ok === true && !equalBytes(unpacked.value, bytes))) throw new Error('a page does not come back')
    pages.push({ bytes, packed, shape })
  }
  return pages
}

const sizeOf = (pages: readonly PackedPage[]): number => pages.reduce((sum, { packed }) => sum + packed.length, 0)

/** What the engine says of the rows of a series, as it is published. */
const predictionsOf = (rows: readonly ObservationRow[], count: number): PredictionRow[] => {
  const forecaster = createForecaster()
  const follows = toHex(new Uint8Array(sha256(rowBytes(0, rows[0] ?? fail())))) as StreamId
  return rows.slice(0, count).flatMap((row, number): PredictionRow[] => {
    forecaster.observe({ row: number, time: row.time, value: numericValue(row.value) })
    const outcome = forecaster.forecast()
    if (!outcome.ok) return []
    const { value, lower, upper } = outcome.forecast
    const texts = { value: decimal(value), lower: decimal(lower), upper: decimal(upper) }
    const followsHash = new Uint8Array(sha256(rowBytes(number, row)))
    return [{ form: 'prediction', time: row.time, ...texts, kind: 'live', follows, followsRow: number, followsHash }]
  })
}

const decimal = (value: number): string => String(Number(value.toPrecision(12)))

const fail = (): never => {
  throw new Error('there are no rows')
}

/** Rows a second of the processor's time, which is not what other programs take. */
const speedOf = (pages: readonly PackedPage[], run: (page: PackedPage) => unknown): number => {
  const rows = pages.reduce((sum, { shape }) => sum + shape.rows, 0)
  let best = 0
  for (let round = 0; round < 5; round++) {
    const began = process.cpuUsage()
    for (const page of pages) run(page)
    const { user, system } = process.cpuUsage(began)
    best = Math.max(best, (rows / (user + system)) * 1e6)
  }
  return best
}

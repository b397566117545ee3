import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes, toHex, type Bytes } from '../../src/base/bytes.ts'
import { createCsvReader } from '../../src/domain/csv.ts'
import { encodePage, maxPageBytes, PAGE_ROWS } from '../../src/domain/page.ts'
import { rowBytes, type ObservationRow, type PredictionRow, type Row } from '../../src/domain/row.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import { numericValue } from '../../src/domain/value.ts'
import { createForecaster } from '../../src/engine/forecaster.ts'
import { packPage, unpackPage, type PageShape } from '../../src/protocol/packed-page.ts'

// How small pages travel, and how fast they are packed and unpacked, over the CSV files of a folder and its folders:
//
//   node signaling/launch/bundle.mjs test/bench/packing.ts dist/commands/packing.js && node dist/commands/packing.js FOLDER
//
// It prints a table, then predictions (made by the engine for one of the files) and speeds, and stops.

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

const csvFilesOf = (path: string): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path).sort().flatMap((name) => csvFilesOf(join(path, name)))
    : path.endsWith('.csv') ? [path] : []

const readSeries = (file: string): Series => {
  const csv = readFileSync(file)
  const reader = createCsvReader()
  const rows = csv.toString().split(/\r?\n/).flatMap((line): ObservationRow[] => {
    const read = reader.read(line.split(','))
    if (!read.ok) throw new Error(`${file}: ${read.error.message}`)
    return read.value.is === 'row' ? [{ form: 'observation', ...read.value.row }] : []
  })
  return { name: basename(file, '.csv'), rows, gzipBytes: gzipSync(csv, { level: 9 }).length, pages: pagesOf(rows) }
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

const say = (line: string): void => void process.stdout.write(`${line}\n`)

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

const main = (folder: string): void => {
  const all = csvFilesOf(folder).map(readSeries)
  say('| file | rows | bytes/row | vs gzip -9 of the CSV |\n|---|---:|---:|---:|')
  for (const { name, rows, pages, gzipBytes } of all)
    say(`| ${name} | ${rows.length} | ${(sizeOf(pages) / rows.length).toFixed(2)} | ${(sizeOf(pages) / gzipBytes).toFixed(2)} |`)
  const mean = all.reduce((sum, { rows, pages }) => sum + sizeOf(pages) / rows.length, 0) / all.length
  const worst = Math.max(...all.filter(({ rows }) => rows.length > 1_000).map(({ pages, gzipBytes }) => sizeOf(pages) / gzipBytes))
  say(`\nmean of the files ${mean.toFixed(2)} bytes/row; worst file of more than 1,000 rows ${worst.toFixed(2)} of gzip`)
  const [first = fail()] = all
  const predictions = predictionsOf(first.rows, 2 * PAGE_ROWS)
  const packed = sizeOf(pagesOf(predictions)) / predictions.length
  say(`predictions of ${first.name}: ${packed.toFixed(1)} bytes/row, of them 32 the hash followed; canonical ${(encodePage({ form: 'prediction', number: 0, rows: predictions }).length / predictions.length).toFixed(1)}`)
  const pages = all.flatMap((series) => series.pages)
  const [pack, unpack] = [speedOf(pages, ({ bytes, shape }) => packPage(bytes, shape)), speedOf(pages, (page) => unpackPage(page.packed, page.shape))]
  say(`packs ${(pack / 1e6).toFixed(1)} M rows/s, unpacks ${(unpack / 1e6).toFixed(1)} M rows/s (one core, processor time)`)
}

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write('usage: node dist/commands/packing.js FOLDER\n')
  process.exitCode = 2
} else main(folder)

import Papa from 'papaparse'
import { failureOf, type Result } from '../base/result.ts'
import { createCsvReader } from '../domain/csv.ts'
import type { ObservationRow } from '../domain/row.ts'
import type { StreamIdentity } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { CsvProblem, ImportProgress, ImportReport } from './snapshot.ts'

/** Bytes of CSV parsed at a time: some 10 ms, so that the worker's other work goes on in between. */
const CHUNK_BYTES = 256 * 1024

/** Problems kept with their reasons; beyond that they are only counted. */
const MAX_PROBLEMS = 1_000

export interface CsvImport {
  readonly id: string
  readonly identity: StreamIdentity
  readonly csv: string | Blob
  /** Rows must be later than this; null: any. */
  readonly after: Micros | null
  readonly onProgress: (progress: ImportProgress) => void
}

/** Reads a CSV into a draft and commits it. Nothing is kept unless the whole file was read; bad lines are reported. */
export const importCsv = async (
  request: CsvImport,
  { data, clock }: ClockDep & { readonly data: DataClient },
): Promise<Result<ImportReport>> => {
  const blob = typeof request.csv === 'string' ? new Blob([request.csv]) : request.csv
  const opened = await data.openDraft(request.identity)
  if (!opened.ok) return opened
  const { draft } = opened.value
  const tally = createTally(request, blob.size, clock)
  const read = await parseInto(blob, async (lines, bytesRead) => {
    const rows = tally.take(lines)
    const added = await data.addToDraft(draft, rows)
    tally.report(bytesRead)
    return added
  })
  const finished = read.ok ? await data.commitDraft(draft) : read
  if (!finished.ok) {
    await data.dropDraft(draft)
    if (finished.error.code === 'no-rows' && tally.problems.length > 0)
      return { ok: false, error: { code: 'no-rows', message: `No line could be read. Line ${tally.problems[0]?.line}: ${tally.problems[0]?.message}` } }
    return finished
  }
  return {
    ok: true,
    value: { id: request.id, rows: tally.rows, problemCount: tally.problemCount, problems: tally.problems },
  }
}

/** Feeds the file to papaparse chunk by chunk; the parser waits while a chunk is being kept. */
const parseInto = (
  blob: Blob,
  keep: (lines: readonly (readonly string[])[], bytesRead: number) => Promise<Result<null>>,
): Promise<Result<null>> =>
  new Promise((resolve) => {
    Papa.parse<string[]>(blob as File, {
      chunkSize: CHUNK_BYTES,
      skipEmptyLines: false,
      chunk: (chunk, parser) => {
        parser.pause()
        keep(chunk.data, chunk.meta.cursor).then(
          (kept) => {
            if (kept.ok) {
              parser.resume()
              return
            }
            parser.abort()
            resolve(kept)
          },
          (thrown: unknown) => {
            parser.abort()
            resolve({ ok: false, error: failureOf(thrown) })
          },
        )
      },
      complete: () => {
        resolve({ ok: true, value: null })
      },
      error: (error) => {
        resolve({ ok: false, error: { code: 'unreadable', message: `The file cannot be read: ${error.message}` } })
      },
    })
  })

/** Counts lines, rows and problems as they pass. */
const createTally = ({ after, onProgress }: CsvImport, bytesTotal: number, clock: ClockDep['clock']) => {
  const reader = createCsvReader()
  const problems: CsvProblem[] = []
  const startedAt = clock.now()
  let line = 1
  let rows = 0
  let problemCount = 0
  const note = (message: string): void => {
    problemCount++
    if (problems.length < MAX_PROBLEMS) problems.push({ line, message })
  }
  const takeOne = (fields: readonly string[]): ObservationRow | null => {
    const read = reader.read(fields)
    if (!read.ok) note(read.error.message)
    if (!read.ok || read.value.is !== 'row') return null
    const { row } = read.value
    if (after === null || row.time > after) return { form: 'observation', ...row }
    note('The time is not later than the last row the stream has.')
    return null
  }
  return {
    problems,
    get rows() {
      return rows
    },
    get problemCount() {
      return problemCount
    },
    take: (lines: readonly (readonly string[])[]): ObservationRow[] => {
      const taken: ObservationRow[] = []
      for (const fields of lines) {
        const row = takeOne(fields)
        if (row !== null) taken.push(row)
        // A quoted field may hold line ends of its own.
        line += 1 + fields.reduce((sum, field) => sum + (field.match(/\n/g)?.length ?? 0), 0)
      }
      rows += taken.length
      return taken
    },
    report: (bytesRead: number): void => {
      const seconds = (clock.now() - startedAt) / 1000
      const bytes = Math.min(bytesRead, bytesTotal)
      const etaSeconds = bytes > 0 && seconds > 0.2 ? ((bytesTotal - bytes) * seconds) / bytes : null
      const rowsPerSecond = seconds > 0 ? rows / seconds : 0
      onProgress({ bytesRead: bytes, bytesTotal, rows, problemCount, rowsPerSecond, etaSeconds })
    },
  }
}

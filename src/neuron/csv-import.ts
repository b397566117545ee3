import { err, fail, failureOf, ok, type Result } from '../base/result.ts'
import { createCsvReader, type CsvChoice, type CsvColumn } from '../domain/csv.ts'
import type { ObservationRow } from '../domain/row.ts'
import type { StreamIdentity } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import { numericValue } from '../domain/value.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { DataClient } from '../ports/data-client.ts'
import { readCsvRecords, type CsvRecord } from './csv-records.ts'
import type { CsvProblem, ImportProgress, ImportReport } from './csv-view.ts'

/** Problems kept with their reasons; beyond that they are only counted. */
const MAX_PROBLEMS = 1_000

export interface CsvImport {
  readonly id: string
  readonly identity: StreamIdentity
  readonly csv: string | Blob
  /** The columns that are read; null: they are guessed. */
  readonly columns: CsvChoice | null
  /** Rows must be later than this; null: any. */
  readonly after: Micros | null
  readonly onProgress: (progress: ImportProgress) => void
  /** The person has thought better of it: asked between one chunk and the next. */
  readonly isCancelled: () => boolean
}

const STOPPED = fail('cancelled', 'The import was stopped. Nothing of it was kept.')

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
  const keep = async (rows: readonly ObservationRow[]): Promise<Result<null>> =>
    request.isCancelled() ? STOPPED : data.addToDraft(draft, rows)
  const read = await fillDraft(blob, tally, keep)
  const finished = !read.ok ? read : request.isCancelled() ? STOPPED : await data.commitDraft(draft)
  if (!finished.ok) {
    await data.dropDraft(draft)
    const [first] = tally.problems
    if (finished.error.code === 'no-rows' && first !== undefined)
      return fail('no-rows', `No line could be read. Line ${first.line}: ${first.message}`)
    return finished
  }
  return ok({ id: request.id, ...tally.report() })
}

/** Reads a CSV of a stream that nobody signs: its rows are kept as this node's own word. All at once, so that each is known to follow the one before. */
export const importUnsigned = async (
  request: Pick<CsvImport, 'id' | 'identity' | 'csv'>,
  { data, clock }: ClockDep & { readonly data: Pick<DataClient, 'addLoose'> },
): Promise<Result<ImportReport>> => {
  const blob = typeof request.csv === 'string' ? new Blob([request.csv]) : request.csv
  const tally = createTally({ ...request, columns: null, after: null, onProgress: () => undefined, isCancelled: () => false }, blob.size, clock)
  const rows: ObservationRow[] = []
  const read = await fillDraft(blob, tally, (taken) => {
    for (const row of taken) rows.push(row)
    return Promise.resolve(ok(null))
  })
  const kept = read.ok ? await data.addLoose(request.identity, rows) : read
  return kept.ok ? ok({ id: request.id, ...tally.report() }) : kept
}

/** One chunk is read ahead while rows are being kept: reading and keeping are done by two processes. */
const fillDraft = async (
  blob: Blob,
  tally: Tally,
  keep: (rows: readonly ObservationRow[]) => Promise<Result<null>>,
): Promise<Result<null>> => {
  try {
    let keeping: Promise<Result<null>> = Promise.resolve(ok(null))
    for await (const chunk of readCsvRecords(blob)) {
      const rows = chunk.ok ? tally.take(chunk.value.records) : []
      const kept = await keeping
      if (!kept.ok) return kept
      if (!chunk.ok) return chunk
      keeping = keep(rows)
      tally.progress(chunk.value.bytesRead)
    }
    return await keeping
  } catch (thrown) {
    // Whatever broke, the draft must still be dropped.
    return err(failureOf(thrown))
  }
}

type Tally = ReturnType<typeof createTally>

/** Counts rows and problems as they pass. */
const createTally = ({ columns, after, onProgress }: CsvImport, bytesTotal: number, clock: ClockDep['clock']) => {
  const reader = createCsvReader(columns)
  const problems: CsvProblem[] = []
  const startedAt = clock.now()
  let rows = 0
  let problemCount = 0
  let notNumbers = 0
  let firstNotNumber: string | null = null
  const note = ({ line, lastLine }: CsvRecord, message: string): null => {
    problemCount++
    // A quotation mark that was left open takes lines with it: say which.
    const joined = lastLine > line ? ` Quotation marks join lines ${line} to ${lastLine}.` : ''
    if (problems.length < MAX_PROBLEMS) problems.push({ line, message: message + joined })
    return null
  }
  const takeOne = (record: CsvRecord): ObservationRow | null => {
    if (record.quoted === 'badly') return note(record, 'The quotation marks are not in pairs.')
    const read = reader.read(record.fields)
    if (!read.ok) return note(record, read.error.message)
    if (read.value.is !== 'row') return null
    const { row } = read.value
    if (after !== null && row.time <= after) return note(record, 'The time is not later than the last row the stream has.')
    if (numericValue(row.value) === null) {
      notNumbers++
      firstNotNumber ??= row.value
    }
    return { form: 'observation', time: row.time, value: row.value }
  }
  return {
    problems,
    report: (): Omit<ImportReport, 'id'> => {
      const view = ({ index, name }: CsvColumn) => ({ number: index + 1, name })
      const read = reader.columns && { time: view(reader.columns.time), value: view(reader.columns.value) }
      return { rows, columns: read, notNumbers, firstNotNumber, problemCount, problems }
    },
    take: (records: readonly CsvRecord[]): ObservationRow[] => {
      const taken = records.map(takeOne).filter((row) => row !== null)
      rows += taken.length
      return taken
    },
    progress: (bytesRead: number): void => {
      const seconds = (clock.now() - startedAt) / 1000
      const bytes = Math.min(bytesRead, bytesTotal)
      const etaSeconds = bytes > 0 && seconds > 0.2 ? ((bytesTotal - bytes) * seconds) / bytes : null
      const rowsPerSecond = seconds > 0 ? rows / seconds : 0
      onProgress({ bytesRead: bytes, bytesTotal, rows, problemCount, rowsPerSecond, etaSeconds })
    },
  }
}

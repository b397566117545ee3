import Papa from 'papaparse'
import { failureOf, ok, fail, type Result } from '../base/result.ts'
import { createCsvReader } from '../domain/csv.ts'
import { numericValue } from '../domain/value.ts'

// A CSV file as records. Papaparse splits text into fields; reading the file is done here, because its own reader decodes
// every chunk apart, which breaks a character that two chunks share, and because to it a quotation mark that is left open
// takes all lines up to the next one with it. Here it spoils its own line.

/** Bytes of CSV parsed at a time: some 10 ms, so that the worker's other work goes on in between. */
const CHUNK_BYTES = 256 * 1024

/** A record longer than this is no row of a history: a quotation mark was left open, or the file is no CSV. Bounds what waits to be parsed again. */
const MAX_RECORD_CHARS = 64 * 1024

/** Lines that the separator is told from. */
const SAMPLE_LINES = 32

const SEPARATORS = [',', ';', '\t', '|'] as const

export interface CsvRecord {
  readonly fields: readonly string[]
  /** Number of its first line, from 1. */
  readonly line: number
  /** Number of its last line: a quoted field may hold line ends. */
  readonly lastLine: number
  /** Whether its quotation marks are in pairs. */
  readonly quoted: 'well' | 'badly'
}

export interface CsvChunk {
  readonly records: readonly CsvRecord[]
  /** Bytes of the file read so far. */
  readonly bytesRead: number
}

/** Reads the file chunk by chunk, as fast as the chunks are taken; a failure is the last item. */
export async function* readCsvRecords(blob: Blob): AsyncGenerator<Result<CsvChunk>, void> {
  const decoder = new TextDecoder()
  const splitter = createSplitter()
  for (let from = 0; from < blob.size; from += CHUNK_BYTES) {
    const bytesRead = Math.min(from + CHUNK_BYTES, blob.size)
    const isLast = bytesRead === blob.size
    const bytes = await readSlice(blob, from, bytesRead)
    if (!bytes.ok) {
      yield bytes
      return
    }
    const records = splitter.split(decoder.decode(bytes.value, { stream: !isLast }), isLast)
    if (!records.ok) {
      yield records
      return
    }
    yield ok({ records: records.value, bytesRead })
  }
}

const readSlice = async (blob: Blob, from: number, to: number): Promise<Result<ArrayBuffer>> => {
  try {
    return ok(await blob.slice(from, to).arrayBuffer())
  } catch (thrown) {
    return fail('unreadable', `The file cannot be read: ${failureOf(thrown).message}`)
  }
}

interface Format {
  readonly delimiter: string
  readonly newline: '\n' | '\r'
}

/** Cuts text that comes in pieces into records; what does not end in one piece waits for the next. */
const createSplitter = () => {
  let format: Format | null = null
  let waiting = ''
  let line = 1
  return {
    split: (piece: string, isLast: boolean): Result<CsvRecord[]> => {
      const text = waiting + piece
      format ??= formatOf(text)
      const { cut, rest } = cutAtOnce(text, format, isLast) ?? cutLineByLine(text, format, isLast)
      waiting = rest
      const records: CsvRecord[] = []
      for (const { fields, quoted } of cut) {
        const lastLine = line + lineEnds(fields, format.newline)
        records.push({ fields, line, lastLine, quoted })
        line = lastLine + 1
      }
      if (waiting.length <= MAX_RECORD_CHARS) return ok(records)
      return fail('unreadable', `Line ${line} does not end within ${MAX_RECORD_CHARS} characters: is this a CSV file?`)
    },
  }
}

interface Cut {
  readonly cut: readonly Pick<CsvRecord, 'fields' | 'quoted'>[]
  /** What has not ended yet. */
  readonly rest: string
}

const parse = (text: string, format: Format, isWhole: boolean): Papa.ParseResult<string[]> =>
  new Papa.Parser({ ...format }).parse(text, 0, !isWhole) as Papa.ParseResult<string[]>

/** The fast way; null when a quotation mark is amiss somewhere. */
const cutAtOnce = (text: string, format: Format, isLast: boolean): Cut | null => {
  const { data, errors, meta } = parse(text, format, isLast)
  const rest = isLast ? '' : text.slice(meta.cursor)
  if (errors.length > 0 || rest.length > MAX_RECORD_CHARS) return null
  return { cut: data.map((fields) => ({ fields, quoted: 'well' })), rest }
}

/** The careful way: a line with quotation marks amiss is a bad line, and the next one is read for itself. */
const cutLineByLine = (text: string, format: Format, isLast: boolean): Cut => {
  const cut: Pick<CsvRecord, 'fields' | 'quoted'>[] = []
  let at = 0
  while (at < text.length) {
    const end = text.indexOf(format.newline, at)
    if (end < 0 && !isLast) break
    const record = recordAt(text, { from: at, to: end < 0 ? text.length : end }, { ...format, isLast })
    if (record === 'unfinished') break
    cut.push({ fields: record.fields, quoted: record.quoted })
    at = record.to + 1
  }
  return { cut, rest: text.slice(at) }
}

interface Span {
  readonly from: number
  readonly to: number
}

/** The record that begins with the line at `span`: the line alone, or with those that its open quotation mark takes in. */
const recordAt = (
  text: string,
  span: Span,
  format: Format & { readonly isLast: boolean },
): (Pick<CsvRecord, 'fields' | 'quoted'> & { readonly to: number }) | 'unfinished' => {
  const alone = wellFormed(text.slice(span.from, span.to), format)
  if (alone !== null) return { fields: alone, quoted: 'well', to: span.to }
  const to = endOfQuoted(text, span, format.newline)
  const runsOut = to === null && text.length - span.from <= MAX_RECORD_CHARS
  if (runsOut && !format.isLast) return 'unfinished'
  const joined = to === null ? null : wellFormed(text.slice(span.from, to), format)
  if (to !== null && joined !== null) return { fields: joined, quoted: 'well', to }
  return { fields: [], quoted: 'badly', to: span.to }
}

const wellFormed = (record: string, format: Format): readonly string[] | null => {
  const { data, errors } = parse(record, format, true)
  return errors.length === 0 && data.length <= 1 ? (data[0] ?? ['']) : null
}

/** Where the line ends in which the number of quotation marks becomes even; null when none does within the bound. */
const endOfQuoted = (text: string, { from, to }: Span, newline: string): number | null => {
  let isOpen = false
  let counted = from
  for (let end = to; end - from <= MAX_RECORD_CHARS; end = text.indexOf(newline, end + 1)) {
    const stop = end < 0 ? text.length : end
    for (; counted < stop; counted++) if (text[counted] === '"') isOpen = !isOpen
    if (!isOpen) return stop
    if (end < 0 || stop === text.length) return null
  }
  return null
}

const lineEnds = (fields: readonly string[], newline: string): number =>
  fields.reduce((sum, field) => (field.includes(newline) ? sum + field.split(newline).length - 1 : sum), 0)

/** CR LF counts as LF: the CR is a blank around the last field. */
const formatOf = (text: string): Format => {
  const newline = !text.includes('\n') && text.includes('\r') ? '\r' : '\n'
  const sample = text.split(newline, SAMPLE_LINES).join(newline)
  const cuts = SEPARATORS.map((delimiter) => cutLineByLine(sample, { delimiter, newline }, true))
  const best = (scores: readonly number[]): number => (Math.max(...scores) > 0 ? scores.indexOf(Math.max(...scores)) : -1)
  const asRows = best(cuts.map(scoreOf))
  // Where no line reads as a row, someone will have to say which columns are time and value: they must be columns first.
  return { delimiter: SEPARATORS[asRows >= 0 ? asRows : best(cuts.map(evenness))] ?? ',', newline }
}

/** Lines that have as many fields as the first, more than one. */
const evenness = ({ cut }: Cut): number => {
  const width = cut[0]?.fields.length ?? 0
  return width < 2 ? 0 : cut.filter(({ fields }) => fields.length === width).length
}

/** How well the lines read as rows; a number counts more than another text, for a wrong separator leaves pieces like `123;5`. */
const scoreOf = ({ cut }: Cut): number => {
  const reader = createCsvReader()
  return cut.reduce((score, { fields }) => {
    const read = reader.read(fields)
    if (!read.ok || read.value.is !== 'row') return score
    return score + (numericValue(read.value.row.value.replace(',', '.')) === null ? 1 : 2)
  }, 0)
}

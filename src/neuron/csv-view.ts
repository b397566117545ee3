// What the window sees of CSV files: how they would be read, how far an import is, and what has come of it.

export interface CsvProblem {
  readonly line: number
  readonly message: string
}

export interface ImportProgress {
  readonly bytesRead: number
  readonly bytesTotal: number
  readonly rows: number
  readonly problemCount: number
  readonly rowsPerSecond: number
  readonly etaSeconds: number | null
}

/** A column as a person finds it again: its number, from 1, and what its header calls it. */
export interface CsvColumn {
  readonly number: number
  /** Null without a header. */
  readonly name: string | null
}

/** `plain`: a header, time and value. `original`: time, value and the chained hash of the original network, without a header. */
export type CsvFormat = 'plain' | 'original'

/** Which columns of a CSV are read, from 1, and how its times are written. */
export interface CsvChoice {
  /** The first line that is not blank names the columns. */
  readonly hasHeader: boolean
  readonly time: number
  readonly value: number
  readonly times: CsvTimes
}

/** `guessed`: told from each text; the others are ISO 8601 and the units of a Unix time. */
export type CsvTimes = 'guessed' | 'iso' | 'seconds' | 'milliseconds' | 'microseconds'

export type CsvPreviewLine = { readonly line: number; readonly fields: readonly string[] } & (
  | { readonly is: 'header' }
  | { readonly is: 'row'; readonly time: string; readonly value: string }
  | { readonly is: 'problem'; readonly problem: string }
)

/** The beginning of a CSV as it would be read. */
export interface CsvPreview {
  /** As asked for, or as guessed. */
  readonly choice: CsvChoice
  /** What `guessed` times come to here; null: none could be read. */
  readonly guessed: Exclude<CsvTimes, 'guessed'> | null
  readonly columns: readonly CsvColumn[]
  readonly lines: readonly CsvPreviewLine[]
}

export interface ImportReport {
  readonly id: string
  /** Rows added. */
  readonly rows: number
  /** The columns that were read; null when no line told. */
  readonly columns: { readonly time: CsvColumn; readonly value: CsvColumn } | null
  /** Rows added whose value is no number, and the first such value: they are kept, and cannot be learnt from. */
  readonly notNumbers: number
  readonly firstNotNumber: string | null
  /** Lines that were not taken, all counted; the first 1,000 with their reasons. */
  readonly problemCount: number
  readonly problems: readonly CsvProblem[]
}

import type { CsvChoice, CsvFormat, CsvPreview, ImportProgress, ImportReport } from './csv-view.ts'
import type { BannedPeer } from './peer-view.ts'
import type { CheckReport, EngineSettings, Listing, ListingQuery, LooseRowView, PredictedSeriesView, PredictionView, PredictorView, SeriesView, Snapshot, StreamView } from './snapshot.ts'

// What the window asks of the node, and what some of that is asked with.

/** What the window may ask of the node. Every call settles; a failure rejects with a plain `{code, message}`. */
export interface NeuronCommands {
  /** How the beginning of a CSV would be read, with these columns or with those that are guessed. */
  previewCsv(csv: string | Blob, choice?: CsvChoice): Promise<CsvPreview>
  publishCsv(request: NewStream, onProgress?: (progress: ImportProgress) => void): Promise<ImportReport>
  /** Adds the rows of a CSV to an own stream, of the columns chosen, or guessed; rows not later than its last row are problems. */
  appendCsv(
    request: { readonly id: string; readonly csv: string | Blob; readonly columns?: CsvChoice; readonly ticket?: string },
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<ImportReport>
  /** Settles when no import is under way: what a reload would throw away half done. */
  prepareEnd(): Promise<void>
  /** Stops the import that was given this ticket: it fails with `cancelled`, and nothing of it is kept. */
  cancelImport(ticket: string): Promise<void>
  samples(): Promise<readonly Sample[]>
  publishSample(key: string, onProgress?: (progress: ImportProgress) => void): Promise<ImportReport>
  /** Streams listed at the server of which this node keeps nothing. */
  listing(query: ListingQuery): Promise<Listing>
  /** One stream, kept or listed; null: neither. */
  stream(id: string): Promise<StreamView | null>
  /** The first 50 others that publish predictions of a stream, as the server lists them; each can be subscribed to by its id. */
  predictors(id: string): Promise<readonly PredictorView[]>
  subscribe(id: string): Promise<void>
  /** Follows a stream that nobody signs and no server lists: who follows it names it alike. `csv`: rows of it, as this node's own word. */
  followUnsigned(stream: UnsignedStream): Promise<{ readonly id: string; readonly rows: number; readonly problemCount: number }>
  unsubscribe(id: string): Promise<void>
  /** What is expected of a new row, before it is signed. */
  nextRow(id: string, value: string): Promise<NextRow>
  append(id: string, row: { readonly time?: string; readonly value: string }): Promise<{ readonly row: number; readonly hash: string }>
  history(id: string, options?: { readonly last?: number }): Promise<readonly { row: number; time: string; value: string; hash: string }[]>
  predictions(id: string, options?: { readonly last?: number }): Promise<readonly PredictionView[]>
  series(id: string, options: { readonly points: number; readonly last?: number }): Promise<SeriesView>
  /** Every row as a CSV that can be imported again; `onProgress`: 0 … 1. */
  exportCsv(id: string, format: CsvFormat, onProgress?: (share: number) => void): Promise<Blob>
  predictedSeries(id: string, options: { readonly last: number }): Promise<PredictedSeriesView>
  /** The last rows that no signature covers, oldest first. */
  looseRows(id: string, options?: { readonly last?: number }): Promise<readonly LooseRowView[]>
  /** Reads and checks every page of a stream now. */
  recheck(id: string): Promise<CheckReport>
  /** Deletes a stream of someone else from this node, with all its rows. */
  forget(id: string): Promise<void>
  /** Own streams: goes on in a new epoch with the rows that are here. What is not here is given up, for good. */
  beginEpoch(id: string): Promise<void>
  /** Null: the whole node. */
  setPaused(id: string | null, paused: boolean): Promise<void>
  /** What is not named stays as it is; answers what is in force now. */
  setEngine(change: Partial<EngineSettings>): Promise<EngineSettings>
  /** A person knows that no other copy of a restored identity runs: it signs before a server has told. */
  vouch(): Promise<void>
  /** Ends the connection to a peer; for five minutes there is no other, in either direction. */
  disconnectPeer(id: string): Promise<void>
  /** Ends the connection to a peer; there is no other, in either direction, until the ban is lifted. Answers who is banned now. */
  banPeer(id: string): Promise<readonly BannedPeer[]>
  liftBan(id: string): Promise<readonly BannedPeer[]>
  snapshot(): Promise<Snapshot>
  /** Calls back with every new snapshot; the answer is a handle for `unobserve`. */
  observe(callback: (snapshot: Snapshot) => void): Promise<number>
  unobserve(handle: number): Promise<void>
  /** The whole log as text, one line each. */
  exportLog(): Promise<string>
}

/** What of it the neuron worker carries out: plots and exports the page reads itself. */
export type WorkerCommands = Omit<NeuronCommands, 'series' | 'exportCsv'>

/** A stream without a publisher is its names alone. */
export interface UnsignedStream {
  readonly source: string
  readonly name: string
  readonly target?: string
  readonly csv?: string
}

/** A stream of one's own, from a CSV; without a choice the columns are guessed. */
export interface NewStream {
  readonly name: string
  readonly csv: string | Blob
  readonly source?: string
  readonly target?: string
  readonly columns?: CsvChoice
  /** Names the import, so that it can be stopped. */
  readonly ticket?: string
}

/** What a new row's empty time had better mean than now, and what tells so. */
export interface NextTime {
  /** ISO 8601, UTC. */
  readonly time: string
  /** Of the last row. */
  readonly lastTime: string
  /** How far apart rows usually are. */
  readonly step: { readonly seconds: number } | { readonly months: number }
}

/** What is expected of the next row of a stream. */
export interface NextRow {
  /** Null: now. */
  readonly time: NextTime | null
  /** The value asked about is no number, and all of the last ones are. */
  readonly isOdd: boolean
}

export interface Sample {
  readonly key: string
  /** Id of the stream that this node makes, or made, of it. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly rows: number
  readonly source: string
  readonly license: string
  readonly url: string
}

import type { Failure } from '../base/result.ts'
import type { Account } from '../engine/forecaster.ts'

// What the window sees of the node: plain data, made anew whenever something changed (at most five times a second).

export type StepState = 'waiting' | 'running' | 'done' | 'failed'

/** One step of the start-up, in order. */
export interface StartupStep {
  readonly name: 'browser' | 'data' | 'identity' | 'engine' | 'server' | 'streams'
  readonly state: StepState
  /** Milliseconds it took; null until it ends. */
  readonly tookMs: number | null
  /** What is wrong and what to do, when it failed. */
  readonly error: string | null
}

export interface TransferView {
  readonly rowsDone: number
  readonly rowsTotal: number
  /** 0 … 1. */
  readonly share: number
  readonly bytesPerSecond: number
  readonly rowsPerSecond: number
  /** Null while the rate is not known. */
  readonly etaSeconds: number | null
  readonly peers: number
  /** `wanted`: a newer history is known of and nobody serves it yet. */
  readonly phase: 'wanted' | 'fetching'
}

export interface PredictionView {
  /** ISO 8601; when it was made. */
  readonly time: string
  readonly value: string
  readonly lower: string
  readonly upper: string
  readonly follows: { readonly row: number; readonly hash: string }
  readonly kind: 'live' | 'start-up'
}

/** A stream this node keeps or has seen in the directory. */
export interface StreamView {
  readonly id: string
  readonly uuid: string
  readonly name: string
  readonly source: string
  readonly stream: string
  readonly target: string
  /** The publisher's public key, hex. */
  readonly publisher: string
  readonly own: boolean
  readonly subscribed: boolean
  /** Listed in the server's directory now. */
  readonly listed: boolean
  /** The publisher is connected to the server now; null: not known. */
  readonly publisherOnline: boolean | null
  /** Verified rows on this node. */
  readonly rows: number
  /** Rows of the newest signed head known. */
  readonly knownRows: number
  /** Every row of `rows` is covered by the publisher's signature, checked by this node. */
  readonly verified: boolean
  /** Root of the head, hex; null without rows. */
  readonly head: string | null
  readonly headTime: string | null
  readonly subscribers: number | null
  /** Nodes that publish predictions of it; null: not known. */
  readonly predictors: number | null
  readonly paused: boolean
  readonly transfer: TransferView | null
  readonly problem: Failure | null
  readonly lastPrediction: PredictionView | null
  /** Why there is no prediction, in plain words. */
  readonly notPredictable: string | null
  readonly account: Account | null
  /** The engine has this many rows still to learn. */
  readonly behind: number
  /** The predictions that this node has published, against what came; null: nothing is known. */
  readonly live: LiveScoreView | null
  /** This node holds something of it, be it only its name: it can be forgotten. */
  readonly kept: boolean
  /** It has no publisher: nobody signs its rows. */
  readonly keyless: boolean
  /** The publisher signed two histories: nothing of it is believed until it begins anew. */
  readonly forked: boolean
  /** Older histories of it that are kept aside. */
  readonly archived: number
  /** ISO 8601; when every row was last checked. Null: never yet. */
  readonly checkedAt: string | null
  /** Rows that no signature covers; never among `rows`. */
  readonly loose: LooseView | null
}

/** The last published predictions whose row has come: at most 200. */
export interface LiveScoreView {
  readonly scored: number
  /** mean |error| / mean |error of the value before|; null when that never erred. */
  readonly relMae: number | null
  /** Share inside the interval; null without any. */
  readonly coverage: number | null
}

/** Rows believed without a signature (SPEC, section C). */
export interface LooseView {
  readonly rows: number
  /** Of these, on the word of one peer only. */
  readonly provisional: number
  /** Peers are being asked for more. */
  readonly walking: boolean
  /** Differs whenever the rows do. */
  readonly edition: number
  /** What follows if they are true; never published. */
  readonly forecast: { readonly value: string; readonly lower: string; readonly upper: string } | null
}

export interface LooseRowView {
  /** ISO 8601. */
  readonly time: string
  readonly value: string
  /** Its place in the history, as far as somebody knows one. */
  readonly row: number | null
  /** `signed`: it was, by the one who sent it; this node has no head that covers it. */
  readonly mark: 'signed' | 'quorum' | 'provisional'
}

/** Pages of a history that were found as signed, and that were not: these are fetched again. */
export interface CheckReport {
  readonly good: number
  readonly bad: number
}

export interface PeerView {
  readonly id: string
  readonly state: 'connecting' | 'ready'
  readonly since: string
  /** What is known of a link that is ready. */
  readonly link: PeerLinkView | null
}

export interface PeerLinkView {
  /** Who introduced the two: the signaling server's rendezvous, or a PeerServer. */
  readonly via: 'rendezvous' | 'peerjs'
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
  readonly rttMs: number | null
  /** Pages it brought that were what they should be, and that were not. */
  readonly verifiedPages: number
  readonly rejectedPages: number
  /** What this node thinks of the peer: more is better, 0 is nothing known. */
  readonly score: number
  /** Ids of streams that this node follows and the peer has confirmed to serve. */
  readonly streams: readonly string[]
}

export interface LogLine {
  readonly number: number
  readonly time: string
  readonly level: 'info' | 'warn' | 'error'
  readonly direction: 'in' | 'out' | 'none'
  readonly message: string
  readonly streamId: string | null
  readonly streamName: string | null
  readonly peer: string | null
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

/** How hard the engine may work: a person's choice, kept over a reload. */
export interface EngineSettings {
  /** Percent of one core that learning and predicting may take over any ten seconds: 5 … 100. */
  readonly intensity: number
  /** While the machine runs on its battery, it takes a tenth of one core at most. */
  readonly sparesBattery: boolean
}

export interface EngineView extends EngineSettings {
  /** The machine runs on its battery now; null: the browser does not tell. */
  readonly onBattery: boolean | null
  /** Percent of one core that the engine took over the last ten seconds in which it worked; 0 once it has rested that long. */
  readonly used: number
}

export type ListingOrder = 'newest' | 'unpredicted' | 'followed' | 'longest' | 'name'

export interface ListingQuery {
  /** Part of a name or a source, or how an id begins; empty: all. */
  readonly search: string
  readonly order: ListingOrder
  readonly from: number
  /** At most 1,000. */
  readonly count: number
}

export interface Listing {
  /** As many as match. */
  readonly count: number
  readonly streams: readonly StreamView[]
}

export interface Snapshot {
  readonly node: { readonly id: string | null; readonly profile: string; readonly version: string }
  readonly startup: readonly StartupStep[]
  readonly server: {
    readonly url: string
    readonly state: 'connecting' | 'checked-in' | 'waiting' | 'replaced'
    readonly error: string | null
    /** Seconds until the next try; null when none is planned. */
    readonly retryInSeconds: number | null
    /** Addresses of the STUN and TURN servers that it names. */
    readonly iceServers: readonly string[]
  }
  /** The identity came from a backup and nothing is signed yet: the server has still to tell what was signed elsewhere. */
  readonly recovering: boolean
  /** The whole node rests; each stream's own pause is in its view. */
  readonly paused: boolean
  readonly engine: EngineView
  /** Those that this node keeps something of. What else is listed is asked for: there may be thousands. */
  readonly streams: readonly StreamView[]
  /** How many more are listed at the server; `edition` differs whenever one of them does. */
  readonly listed: { readonly count: number; readonly edition: number }
  readonly peers: readonly PeerView[]
  /** The newest lines, oldest first, at most 300. */
  readonly log: readonly LogLine[]
}

/** Points for a plot, decimated to at most the number asked for: per bucket the smallest and the largest value. */
export interface SeriesView {
  /** Seconds since 1970, ascending by row. */
  readonly time: readonly number[]
  readonly value: readonly (number | null)[]
  readonly row: readonly number[]
  readonly rows: number
}

/** Own predictions against what came; index by index. */
export interface PredictedSeriesView {
  /** Time of the row predicted; for the newest, the expected time. */
  readonly time: readonly number[]
  /** Number of the row predicted. */
  readonly row: readonly number[]
  readonly value: readonly number[]
  readonly lower: readonly number[]
  readonly upper: readonly number[]
}

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

/** What the window may ask of the node. Every call settles; a failure rejects with a plain `{code, message}`. */
export interface NeuronCommands {
  /** How the beginning of a CSV would be read, with these columns or with those that are guessed. */
  previewCsv(csv: string | Blob, choice?: CsvChoice): Promise<CsvPreview>
  publishCsv(request: NewStream, onProgress?: (progress: ImportProgress) => void): Promise<ImportReport>
  /** Adds the rows of a CSV to an own stream; rows not later than its last row are problems. */
  appendCsv(
    request: { readonly id: string; readonly csv: string | Blob; readonly ticket?: string },
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
  snapshot(): Promise<Snapshot>
  /** Calls back with every new snapshot; the answer is a handle for `unobserve`. */
  observe(callback: (snapshot: Snapshot) => void): Promise<number>
  unobserve(handle: number): Promise<void>
  /** The whole log as text, one line each. */
  exportLog(): Promise<string>
}

/** The node as a thing that one owns: addresses it uses, its key as a file, its end. Every call settles; a failure rejects. */
export interface Household {
  /** As kept; used from the next start on. */
  readonly addresses: AddressTexts
  /** Keeps them when all can be used. */
  keepAddresses(addresses: AddressTexts): Promise<void>
  /** A backup of the identity was made here before. */
  readonly isBackedUp: boolean
  backUp(passphrase: string): Promise<Uint8Array<ArrayBuffer>>
  /** Answers the public key; the page must be loaded anew to be that node. */
  restore(file: Blob, passphrase: string): Promise<string>
  /** Deletes all that this profile has kept in the browser; nothing of the node runs afterwards. */
  erase(): Promise<void>
}

/** Where to meet others, as a person typed it; empty: what comes with the app. */
export interface AddressTexts {
  readonly server: string
  readonly peerServer: string
  /** One STUN or TURN server a line; a TURN server's name and password follow it. */
  readonly iceServers: string
}

import type { Failure } from '../base/result.ts'
import type { Account } from '../engine/forecaster.ts'
import type { BannedPeer, PeerView, SeenPeer } from './peer-view.ts'

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
  /** The stream that it predicts; null: it is no prediction stream. */
  readonly follows: { readonly id: string; readonly name: string } | null
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

/** A node that publishes predictions of a stream. */
export interface PredictorView {
  /** Of its prediction stream, which can be subscribed to. */
  readonly id: string
  /** The node's public key, hex. */
  readonly author: string
  /** Predictions listed. */
  readonly rows: number
  /** It is connected to the server now. */
  readonly online: boolean
  readonly subscribed: boolean
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
  /** The identity came from a backup, knows what it signed elsewhere, and signs nothing: no server has told since the start whether another copy of it is there. */
  readonly unconfirmed: boolean
  /** The whole node rests; each stream's own pause is in its view. */
  readonly paused: boolean
  readonly engine: EngineView
  /** Those that this node keeps something of. What else is listed is asked for: there may be thousands. */
  readonly streams: readonly StreamView[]
  /** How many more are listed at the server; `edition` differs whenever one of them does. */
  readonly listed: { readonly count: number; readonly edition: number }
  readonly peers: readonly PeerView[]
  /** Not linked now; seen last first, at most 20. */
  readonly seen: readonly SeenPeer[]
  /** Banned longest ago first; at most 200. */
  readonly banned: readonly BannedPeer[]
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


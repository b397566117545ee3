import { toHex } from '../base/bytes.ts'
import { displayName, formOf, isKeyless, predictionStreamOf, streamIdOf, uuidOf, type PublicKey, type StreamId, type StreamIdentity } from '../domain/stream.ts'
import type { Sha256 } from '../domain/hash.ts'
import type { SignedHead } from '../domain/head.ts'
import type { PredictionRow } from '../domain/row.ts'
import { formatTime, microsOfMillis } from '../domain/time.ts'
import type { StreamState } from '../protocol/local.ts'
import type { EngineReport } from '../runtime/engine-host.ts'
import type { LooseView, PredictionView, StreamView, TransferView } from './snapshot.ts'
import type { RateMeter } from './rate-meter.ts'

/** A directory entry whose head was verified by this node. */
export interface Listed {
  readonly id: StreamId
  readonly identity: StreamIdentity
  readonly head: SignedHead
  readonly subscribers: number
  /** Listed prediction streams that follow it. */
  readonly predictors: number
  readonly online: boolean
}

/** All that is known of one stream, from the parts that know it. */
export interface Known {
  /** What the stream that it predicts is called; null: it is no prediction stream. */
  readonly predicts: string | null
  readonly state: StreamState | undefined
  readonly listed: Listed | undefined
  readonly report: EngineReport | undefined
  readonly prediction: PredictionRow | undefined
  readonly rates: RateMeter
}

export const viewPrediction = (row: PredictionRow): PredictionView => ({
  time: formatTime(row.time),
  value: row.value,
  lower: row.lower,
  upper: row.upper,
  follows: { row: row.followsRow, hash: toHex(row.followsHash) },
  kind: row.kind,
})

/** What a prediction stream is called. */
export const predictionsOf = (followed: string): string => `predictions of ${followed}`

/** Problems that put the rows themselves in doubt. A full disk, a lost peer or a failed download do not. */
const DOUBTS: ReadonlySet<string> = new Set(['damaged-page', 'damaged-list', 'diverged', 'forged-head', 'forked', 'wrong-origin', 'wrong-continuation'])

export const viewStream = (id: StreamId, identity: StreamIdentity, known: Known): StreamView => {
  const { predicts, state, listed, report, prediction } = known
  const head = state?.head ?? null
  return {
    id,
    uuid: uuidOf(id),
    name: predicts === null ? displayName(identity) : predictionsOf(predicts),
    follows: predicts === null ? null : { id: identity.stream, name: predicts },
    source: identity.source,
    stream: identity.stream,
    target: identity.target,
    publisher: identity.author,
    own: state?.own ?? false,
    subscribed: state?.subscribed ?? false,
    listed: listed !== undefined,
    publisherOnline: listed?.online ?? null,
    rows: state?.rows ?? 0,
    knownRows: Math.max(state?.targetRows ?? 0, listed?.head.head.rows ?? 0),
    verified: head !== null && state?.forked !== true && !DOUBTS.has(state?.problem?.code ?? ''),
    head: head === null ? null : toHex(head.head.root),
    headTime: newestTime(head, listed),
    subscribers: listed?.subscribers ?? null,
    predictors: listed?.predictors ?? null,
    paused: state?.paused ?? false,
    transfer: state === undefined ? null : viewTransfer(state, known.rates),
    problem: state?.problem ?? null,
    lastPrediction: prediction === undefined ? null : viewPrediction(prediction),
    notPredictable: report?.notPredictable ?? null,
    account: report?.account ?? null,
    behind: report?.behind ?? 0,
    live: report?.live ?? null,
    kept: state !== undefined,
    keyless: isKeyless(identity),
    forked: state?.forked ?? false,
    archived: state?.archived ?? 0,
    checkedAt: typeof state?.checkedAt === 'number' ? formatTime(microsOfMillis(state.checkedAt)) : null,
    loose: state?.loose ? viewLoose(state.loose, report) : null,
  }
}

/** Of what is kept, else of what is listed. */
const newestTime = (head: SignedHead | null, listed: Listed | undefined): string | null => {
  const time = head?.head.time ?? listed?.head.head.time
  return time === undefined ? null : formatTime(time)
}

const viewLoose = ({ rows, provisional, walking, edition }: NonNullable<StreamState['loose']>, report: EngineReport | undefined): LooseView => {
  const made = report?.unsigned?.forecast ?? null
  const forecast = made && { value: String(made.value), lower: String(made.lower), upper: String(made.upper) }
  return { rows, provisional, walking, edition, forecast }
}

const viewTransfer = (state: StreamState, rates: RateMeter): TransferView | null => {
  if (state.phase === 'idle') return null
  const share = state.pagesTotal === 0 ? 0 : state.pagesDone / state.pagesTotal
  const rowsDone = Math.round(share * state.targetRows)
  const { bytesPerSecond, rowsPerSecond } = rates.rate(state.stream)
  return {
    rowsDone,
    rowsTotal: state.targetRows,
    share,
    bytesPerSecond,
    rowsPerSecond,
    etaSeconds: rowsPerSecond > 0 ? (state.targetRows - rowsDone) / rowsPerSecond : null,
    peers: state.peers,
    phase: state.phase,
  }
}

export const isObservation = (identity: StreamIdentity): boolean => formOf(identity) === 'observation'

export const ownPredictionsOf = (publicKey: PublicKey, follows: StreamId, sha256: Sha256): StreamId =>
  streamIdOf(predictionStreamOf(publicKey, follows), sha256)

import { PAGE_ROWS } from '../domain/page.ts'
import type { PredictionRow } from '../domain/row.ts'
import { displayName, followedBy, isKeyless, type PublicKey, type StreamId, type StreamIdentity } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { StreamState } from '../protocol/local.ts'
import type { EngineReport } from '../runtime/engine-host.ts'
import { createRateMeter } from './rate-meter.ts'
import type { StreamView } from './snapshot.ts'
import { isObservation, predictionsOf, viewStream, type Listed } from './stream-views.ts'

/** What the neuron knows of streams: their states as the data process tells them, and what is listed, reported and predicted of them. */
export interface KeptStreams {
  readonly states: ReadonlyMap<StreamId, StreamState>
  /** Answers what was known before. */
  note(state: StreamState): StreamState | undefined
  notePrediction(follows: StreamId, row: PredictionRow): void
  forget(stream: StreamId): void
  /** Of a stream that is kept or listed. */
  identityOf(stream: StreamId): StreamIdentity | undefined
  nameOf(stream: StreamId): string | null
  /** Rows that this node can serve, or meet others for. */
  rowsOf(stream: StreamId): number
  authorOf(stream: StreamId): PublicKey | null
  view(id: StreamId, identity: StreamIdentity): StreamView
  /** Those kept that a person has chosen: all but this node's own predictions. */
  views(): readonly StreamView[]
}

export interface KeptStreamsDeps extends ClockDep {
  readonly listedOf: (stream: StreamId) => Listed | undefined
  readonly reportOf: (stream: StreamId) => EngineReport | undefined
}

export const createKeptStreams = ({ clock, listedOf, reportOf }: KeptStreamsDeps): KeptStreams => {
  const states = new Map<StreamId, StreamState>()
  const predictions = new Map<StreamId, PredictionRow>()
  const rates = createRateMeter({ clock }, PAGE_ROWS)
  const identityOf = (stream: StreamId) => states.get(stream)?.identity ?? listedOf(stream)?.identity
  const nameOf = (stream: StreamId): string | null => {
    const identity = identityOf(stream)
    if (identity === undefined) return null
    const predicts = predictedName(identity)
    return predicts === null ? displayName(identity) : predictionsOf(predicts)
  }
  const predictedName = (identity: StreamIdentity): string | null => {
    const follows = followedBy(identity)
    return follows === null ? null : (nameOf(follows) ?? follows.slice(0, 8))
  }
  const view = (id: StreamId, identity: StreamIdentity): StreamView =>
    viewStream(id, identity, { predicts: predictedName(identity), state: states.get(id), listed: listedOf(id), report: reportOf(id), prediction: predictions.get(id), rates })
  return {
    states,
    note: (state) => {
      const before = states.get(state.stream)
      states.set(state.stream, state)
      rates.sample(state)
      return before
    },
    notePrediction: (follows, row) => {
      predictions.set(follows, row)
    },
    forget: (stream) => {
      states.delete(stream)
      predictions.delete(stream)
    },
    identityOf,
    nameOf,
    rowsOf: (stream) => {
      const state = states.get(stream)
      if (state !== undefined && !isServed(state)) return 0
      // Without signed rows those without a signature are worth meeting for; each side says which it has.
      return state?.rows || (state?.loose?.rows ?? 0)
    },
    authorOf: (stream) => {
      const identity = identityOf(stream)
      return identity === undefined || isKeyless(identity) ? null : identity.author
    },
    view,
    views: () => [...states.values()].filter(({ identity, own }) => !own || isObservation(identity)).map(({ stream, identity }) => view(stream, identity)),
  }
}

/** What is damaged or forked is served to nobody (D30): whoever offered it would be linked to in vain. */
const isServed = ({ forked, problem }: StreamState): boolean => !forked && !UNSERVED.has(problem?.code ?? '')

const UNSERVED: ReadonlySet<string> = new Set(['damaged-page', 'damaged-list', 'forged-head'])

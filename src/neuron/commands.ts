import { toHex } from '../base/bytes.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { rowBytes, type PredictionRow, type Row } from '../domain/row.ts'
import { checkIdentity, displayName, isStreamId, NO_AUTHOR, streamIdOf, type PublicKey, type StreamId, type StreamIdentity } from '../domain/stream.ts'
import { formatTime, microsOfMillis, parseTime } from '../domain/time.ts'
import { checkValue } from '../domain/value.ts'
import type { ClockDep } from '../ports/clock.ts'
import { readAll } from '../data/read-all.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { StreamState } from '../protocol/local.ts'
import { advised } from './advice.ts'
import type { Bans } from './bans.ts'
import { judgeChoice } from './csv-choice.ts'
import { loadNextRow, loadPairing, loadSamples } from './later.ts'
import { readLoose } from './loose-reader.ts'
import { orReject } from './rejection.ts'
import type { BundledSample, GetSample, Samples } from './samples.ts'
import type { ImportProgress, ImportReport } from './csv-view.ts'
import type { NewStream, NextRow, UnsignedStream, WorkerCommands } from './neuron-commands.ts'
import type { EngineSettings, PredictedSeriesView } from './snapshot.ts'
import { isObservation, ownPredictionsOf, viewPrediction } from './stream-views.ts'

/** Rows in one answer of `history` or `predictions`: more would freeze the page that shows them. */
const MAX_LAST = 100_000

export interface CommandDeps extends ClockDep {
  readonly data: DataClient
  readonly publicKey: PublicKey
  readonly sha256: Sha256
  readonly getSample: GetSample
  readonly stateOf: (stream: StreamId) => StreamState | undefined
  /** Identity of a stream that is kept or listed. */
  readonly identityOf: (stream: StreamId) => StreamIdentity | undefined
  /** Whether this node may sign for its own streams now; asked before each thing that it is to sign. */
  readonly maySign: () => Result<null>
  readonly join: (stream: StreamId) => void
  readonly leave: (stream: StreamId) => void
  readonly setNodePaused: (paused: boolean) => void
  readonly setEngine: (change: Partial<EngineSettings>) => Result<EngineSettings>
}

type DataCommands = Omit<WorkerCommands, 'listing' | 'predictors' | 'stream' | 'snapshot' | 'observe' | 'unobserve' | 'exportLog' | 'vouch' | keyof Bans['commands']>

/** The last rows that tell how far apart rows usually are, and whether values are numbers. */
const RECENT_ROWS = 20

/** What reads CSV comes with the first file: a fifth of all that the neuron's worker would otherwise fetch before it runs. */
const loadImport = () => import('./csv-import.ts')
const loadPreview = () => import('./csv-preview.ts')

/** The commands of the window, over the data process. */
export const createCommands = (deps: CommandDeps): DataCommands => {
  const { data, clock, sha256 } = deps
  const samples = async (): Promise<Samples> => (await loadSamples()).createSamples(deps.getSample)

  /** Imports that can be stopped, by their tickets; whether each shall be. */
  const imports = new Map<string, boolean>()
  /** Every import, until it has ended. */
  const underWay = new Set<Promise<unknown>>()
  const bring = async <T>(ticket: string | undefined, run: (isCancelled: () => boolean) => Promise<T>): Promise<T> => {
    if (ticket !== undefined) imports.set(ticket, false)
    const running = run(() => ticket !== undefined && imports.get(ticket) === true)
    underWay.add(running)
    try {
      return await running
    } finally {
      underWay.delete(running)
      if (ticket !== undefined) imports.delete(ticket)
    }
  }
  const publish = async (
    request: NewStream,
    onProgress: (progress: ImportProgress) => void = () => undefined,
  ): Promise<Result<ImportReport>> => {
    const { name, csv, source = 'user', target = '' } = request
    const identity = checkIdentity({ source, author: deps.publicKey, stream: name.trim(), target })
    if (!identity.ok) return identity
    const columns = judgeChoice(request.columns)
    if (!columns.ok) return columns
    const may = deps.maySign()
    if (!may.ok) return may
    const id = streamIdOf(identity.value, sha256)
    if ((deps.stateOf(id)?.rows ?? 0) > 0)
      return fail('exists', `You publish "${displayName(identity.value)}" already: add rows to it, or choose another name.`)
    return bring(request.ticket, async (isCancelled) => {
      const { importCsv } = await loadImport()
      return importCsv({ id, identity: identity.value, csv, columns: columns.value, after: null, onProgress, isCancelled }, deps)
    })
  }
  const sampleIdentity = ({ source, stream, target }: BundledSample): StreamIdentity => ({ source, author: deps.publicKey, stream, target })
  const kept = (id: string): Result<StreamState> => {
    const state = isStreamId(id) ? deps.stateOf(id) : undefined
    return state === undefined ? fail('unknown-stream', 'This node does not keep that stream.') : ok(state)
  }
  const lastRow = async (state: StreamState): Promise<Result<Row | undefined>> => {
    const read = await readAll(data, state.stream, { from: Math.max(0, state.rows - 1), to: state.rows })
    return read.ok ? ok(read.value[0]) : read
  }
  const append = async (id: string, { time, value }: { readonly time?: string; readonly value: string }) => {
    const state = kept(id)
    if (!state.ok) return state
    const may = deps.maySign()
    if (!may.ok) return may
    const parsed = time === undefined || time.trim() === '' ? ok(microsOfMillis(clock.now())) : parseTime(time)
    if (!parsed.ok) return parsed
    const text = value.trim()
    if (text === '') return fail('bad-value', 'The value is empty.')
    const checked = checkValue(text)
    if (!checked.ok) return checked
    const appended = await data.append(state.value.stream, parsed.value, checked.value)
    return appended.ok ? ok({ row: appended.value.row, hash: toHex(appended.value.hash) }) : appended
  }
  const followUnsigned = async ({ source, name, target = '', csv = '' }: UnsignedStream) => {
    const identity = checkIdentity({ source, author: NO_AUTHOR, stream: name.trim(), target })
    if (!identity.ok) return identity
    const id = streamIdOf(identity.value, sha256)
    const read = csv === '' ? ok({ rows: 0, problemCount: 0 }) : await (await loadImport()).importUnsigned({ id, identity: identity.value, csv }, deps)
    if (!read.ok) return read
    const subscribed = await data.subscribe(identity.value)
    if (!subscribed.ok) return subscribed
    deps.join(id)
    return ok({ id, rows: read.value.rows, problemCount: read.value.problemCount })
  }
  const nextRow = async (id: string, value: string): Promise<Result<NextRow>> => {
    const state = kept(id)
    if (!state.ok) return state
    const { stream, rows } = state.value
    const read = await readAll(data, stream, { from: Math.max(0, rows - RECENT_ROWS), to: rows })
    if (!read.ok) return read
    const { isOdd, nextTimeOf } = await loadNextRow()
    const time = nextTimeOf(read.value.map((row) => row.time), clock.now())
    return ok({ time, isOdd: isOdd(value, read.value.map((row) => row.value)) })
  }
  const history = async (id: string, last: number) => {
    const state = kept(id)
    if (!state.ok) return state
    const { stream, rows } = state.value
    const from = Math.max(0, rows - Math.min(last, MAX_LAST))
    const read = await readAll(data, stream, { from, to: rows })
    return read.ok ? ok(read.value.map((row, index) => viewRow(from + index, row, sha256))) : read
  }
  /** Own predictions of a followed stream; or the rows of a prediction stream itself. */
  const predictionRows = async (id: string, last: number): Promise<Result<readonly PredictionRow[]>> => {
    if (!isStreamId(id)) return fail('unknown-stream', 'This node does not keep that stream.')
    const known = deps.stateOf(id)
    const made = known !== undefined && !isObservation(known.identity) ? known : deps.stateOf(ownPredictionsOf(deps.publicKey, id, sha256))
    if (made === undefined) return ok([])
    const read = await readAll(data, made.stream, { from: Math.max(0, made.rows - Math.min(last, MAX_LAST)), to: made.rows })
    return read.ok ? ok(read.value.filter((row) => row.form === 'prediction')) : read
  }
  const predictedSeries = async (id: string, last: number): Promise<Result<PredictedSeriesView>> => {
    const state = kept(id)
    if (!state.ok) return state
    const predictions = await predictionRows(id, last)
    return predictions.ok ? (await loadPairing()).pairWithRows(state.value, predictions.value, deps) : predictions
  }

  return {
    previewCsv: async (csv, choice) => orReject(await (await loadPreview()).previewCsv(csv, choice)),
    publishCsv: async (request, onProgress) => orReject(await publish(request, onProgress)),
    appendCsv: async ({ id, csv, columns: chosen, ticket }, onProgress = () => undefined) => {
      const state = orReject(kept(id))
      const columns = orReject(judgeChoice(chosen))
      orReject(deps.maySign())
      const last = orReject(await lastRow(state))
      const { stream, identity } = state
      const after = last?.time ?? null
      return orReject(await bring(ticket, async (isCancelled) => {
        const { importCsv } = await loadImport()
        return importCsv({ id: stream, identity, csv, columns, after, onProgress, isCancelled }, deps)
      }))
    },
    prepareEnd: async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay)
    },
    cancelImport: async (ticket) => {
      if (imports.has(ticket)) imports.set(ticket, true)
    },
    samples: async () => orReject(await (await samples()).list()).map((sample) => ({ ...sample, id: streamIdOf(sampleIdentity(sample), sha256) })),
    publishSample: async (key, onProgress) => {
      const { list, csv: fetchCsv } = await samples()
      const sample = orReject(await list()).find((one) => one.key === key)
      if (sample === undefined) return orReject(fail('no-sample', `There is no sample called "${key}".`))
      if ((deps.stateOf(streamIdOf(sampleIdentity(sample), sha256))?.rows ?? 0) > 0)
        return orReject(fail('exists', 'You publish it already.'))
      const csv = orReject(await fetchCsv(sample))
      const { stream, target, source } = sample
      return orReject(await publish({ name: stream, csv, source, target }, onProgress))
    },
    subscribe: async (id) => {
      const identity = isStreamId(id) ? deps.identityOf(id) : undefined
      if (identity === undefined) return orReject(fail('unknown-stream', 'The directory does not list that stream.'))
      orReject(await data.subscribe(identity))
      deps.join(streamIdOf(identity, sha256))
    },
    followUnsigned: async (stream) => orReject(await followUnsigned(stream)),
    unsubscribe: async (id) => {
      const { stream } = orReject(kept(id))
      orReject(await data.unsubscribe(stream))
      deps.leave(stream)
    },
    nextRow: async (id, value) => orReject(await nextRow(id, value)),
    append: async (id, row) => orReject(await append(id, row)),
    history: async (id, options) => orReject(await history(id, options?.last ?? 1000)),
    predictions: async (id, options) => orReject(await predictionRows(id, options?.last ?? 1000)).map(viewPrediction),
    predictedSeries: async (id, { last }) => orReject(await predictedSeries(id, last)),
    looseRows: async (id, options) => orReject(await readLoose(data, orReject(kept(id)).stream, Math.min(options?.last ?? 1000, MAX_LAST))),
    recheck: async (id) => {
      const { stream } = orReject(advised(kept(id)))
      const { good, bad } = orReject(advised(await data.recheck(stream)))
      return { good, bad }
    },
    forget: async (id) => {
      orReject(advised(await data.forget(orReject(advised(kept(id))).stream)))
    },
    beginEpoch: async (id) => {
      const { stream } = orReject(advised(kept(id)))
      orReject(deps.maySign())
      orReject(advised(await data.beginEpoch(stream)))
    },
    setPaused: async (id, paused) => {
      if (id === null) deps.setNodePaused(paused)
      else orReject(await data.pause(orReject(kept(id)).stream, paused))
    },
    setEngine: (change) => Promise.resolve().then(() => orReject(deps.setEngine(change))),
  }
}

const viewRow = (number: number, row: Row, sha256: Sha256) => ({
  row: number,
  time: formatTime(row.time),
  value: row.value,
  hash: toHex(sha256(rowBytes(number, row))),
})

import { sha256 } from '@noble/hashes/sha2.js'
import { createSystemClock } from '../../../signaling/clock.ts'
import { ok } from '../../../src/base/result.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import { PAGE_ROWS } from '../../../src/domain/page.ts'
import type { ObservationRow } from '../../../src/domain/row.ts'
import { streamIdOf, type StreamId } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { createForecaster, restoreForecaster } from '../../../src/engine/forecaster.ts'
import type { DataClient, DataNotice } from '../../../src/ports/data-client.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { startEngineHost } from '../../../src/runtime/engine-host.ts'
import { QUICK_ROWS } from '../../../src/runtime/teacher.ts'
import { blankSignature, historyOf } from '../../support/history.ts'
import { createNodeKey, identityOf } from '../../support/node-key.ts'
import { rowsOf, seasonal } from '../../support/series.ts'
import { heldBytes } from './growth.ts'

/** The engine process with many streams, of which only some have their forecaster in memory. */
export interface Crowd {
  readonly streams: number
  readonly mostAwake: number
  /** Rows of each that were there at the start. */
  readonly history: number
  /** Forecasters in memory at the moment when they were most. */
  readonly mostForecasters: number
  /** Most that the process held in typed arrays after a collection, what is kept on disk left out: looked at every fifty forecasts and as trainings begin. */
  readonly mostBytes: number
  /** Of the engine process for a new row of a stream: choosing it, restoring it where it was put aside, learning, forecasting. Null: none came. */
  readonly microsPerRow: number | null
  /** A minute's rows of all streams, at a row a minute each: share of one core. */
  readonly share: number | null
  /** What is kept of all of them on disk. */
  readonly storedBytes: number
}

export interface CrowdPlan {
  readonly streams: number
  readonly mostAwake: number
  /** Rows of each that are there already (more than 600 are learnt quickly first, and trained on later), and that come one by one to all in turn. */
  readonly history: number
  readonly rounds: number
}

const MINUTE = 60_000_000
const KEY = createNodeKey()

export const measureCrowd = async ({ streams, mostAwake, history, rounds }: CrowdPlan, processorMs: () => number): Promise<Crowd> => {
  const series = Array.from({ length: Math.min(streams, 10) }, (_, seed) => observed(history + rounds, seed))
  const names = Array.from({ length: streams }, (_, at) => identityOf(KEY, `stream ${at}`)).map((identity) => ({ identity, stream: streamIdOf(identity, sha256) }))
  const before = heldBytes()
  const head = { head: historyOf(identityOf(KEY), series[0]?.slice(0, 1) ?? [], PAGE_ROWS).head, signature: blankSignature() }
  const rowsBy = new Map(names.map(({ stream }, at) => [stream, series[at % series.length] ?? []]))
  const disk = new Map<StreamId, Bytes>()
  let listen: (notice: DataNotice) => void = () => undefined
  const held = { most: 0, bytes: 0 }
  let awaited = 0
  let arrived = (): void => undefined
  const trainees = new Set<StreamId>()
  let trained = (): void => undefined
  const isTrained = new Promise<void>((resolve) => (trained = resolve))
  /** Rows that no first forecast comes from: one more forecaster is in memory, and the one before, if any, has been trained. */
  const onTraining = (stream: StreamId): void => {
    if (trainees.has(stream)) return
    held.bytes = Math.max(held.bytes, heldBytes() - before - storedBytes())
    trainees.add(stream)
    if (trainees.size === 2) trained()
  }
  const rowsFrom = (stream: StreamId, from: number, count: number) => ok({ rows: rowsBy.get(stream)?.slice(from, from + count) ?? [], total: history + rounds })
  const storedBytes = (): number => [...disk.values()].reduce((sum, { length }) => sum + length, 0)
  const data = {
    watch: (to: typeof listen) => {
      listen = to
    },
    rows: async (stream: StreamId, from: number, count: number) => {
      held.most = Math.max(held.most, host.forecasters())
      if (from < history - QUICK_ROWS && trainees.size < 2) onTraining(stream)
      return rowsFrom(stream, from, count)
    },
    learnt: async (stream: StreamId) => ok(disk.get(stream) ?? null),
    keepLearnt: async (stream: StreamId, bytes: Bytes | null) => {
      if (bytes === null) disk.delete(stream)
      else disk.set(stream, bytes)
      return ok(null)
    },
    predict: async () => {
      if (--awaited % 50 === 0) held.bytes = Math.max(held.bytes, heldBytes() - before - storedBytes())
      if (awaited === 0) arrived()
      return ok(null)
    },
  } as unknown as DataClient
  const host = startEngineHost({
    ...{ data, clock: createSystemClock(), createForecaster, restoreForecaster, sha256, mostAwake, elapsed: () => performance.now() },
    report: () => undefined,
    complain: (stream, { message }) => {
      throw new Error(`${stream}: ${message}`)
    },
  })
  host.setShare(1)
  const tell = (rows: number): Promise<void> =>
    new Promise((resolve) => {
      awaited = streams
      arrived = resolve
      for (const name of names) listen({ type: 'state', request: 1, state: { ...IDLE, ...name, rows, head } })
    })
  await tell(history)
  if (history > QUICK_ROWS && streams > 1) await isTrained
  const began = processorMs()
  for (let round = 1; round <= rounds; round++) await tell(history + round)
  const microsPerRow = rounds === 0 ? null : ((processorMs() - began) * 1000) / (streams * rounds)
  host.setShare(0)
  const share = microsPerRow && (microsPerRow * streams) / MINUTE
  return { streams, mostAwake, history, mostForecasters: held.most, mostBytes: held.bytes, microsPerRow, share, storedBytes: storedBytes() }
}

const observed = (rows: number, seed: number): ObservationRow[] =>
  rowsOf(seasonal({ rows, seed, period: 24, noise: 1 }), MINUTE).map(({ time, value }) => ({ form: 'observation', time: time as Micros, value: String(value) }))

/** A stream subscribed to, at rest. */
const IDLE: Omit<StreamState, 'stream' | 'identity' | 'rows' | 'head'> = {
  own: false, subscribed: true, paused: false, phase: 'idle', targetRows: 0, pagesDone: 0, pagesTotal: 0, bytesReceived: 0,
  peers: 0, problem: null, forked: false, archived: 0, loose: null, checkedAt: null,
}

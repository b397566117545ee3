import { createSeededRandom } from '../../../src/base/random.ts'
import { fail, ok } from '../../../src/base/result.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import { PAGE_ROWS } from '../../../src/domain/page.ts'
import type { ObservationRow } from '../../../src/domain/row.ts'
import { streamIdOf } from '../../../src/domain/stream.ts'
import { createForecaster, restoreForecaster, type Account, type Forecaster } from '../../../src/engine/forecaster.ts'
import type { DataClient, DataNotice, NewPrediction } from '../../../src/ports/data-client.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { startEngineHost, type EngineHostDeps, type EngineReport } from '../../../src/runtime/engine-host.ts'
import { blankSignature, createRows, historyOf } from '../../support/history.ts'
import { createNodeKey, identityOf, sha256 } from '../../support/node-key.ts'
import { settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

export const ALL = createRows(createSeededRandom(11), 13_000)
const MOST_AN_ANSWER = 800
const account = { champion: 'counting' } as Account

/** A forecaster that only keeps what it was shown, and forecasts how much that was. */
export const createCounter = (): { readonly seen: number[]; readonly forecaster: Forecaster } => {
  const seen: number[] = []
  const forecaster: Forecaster = {
    observe: ({ row }) => void seen.push(row),
    forecast: () =>
      seen.length === 0
        ? { ok: false, reason: 'nothing was seen' }
        : { ok: true, forecast: { value: seen.length, lower: 0, upper: seen.length * 2 } },
    account: () => account,
    snapshot: () => new TextEncoder().encode(JSON.stringify(seen)),
  }
  return { seen, forecaster }
}

/** A counter that goes on from its snapshot. */
export const restoreCounter = (bytes: Uint8Array): Forecaster => {
  const { seen, forecaster } = createCounter()
  seen.push(...(JSON.parse(new TextDecoder().decode(bytes)) as number[]))
  return forecaster
}

export interface BenchOptions extends Partial<Pick<EngineHostDeps, 'createForecaster' | 'restoreForecaster' | 'mostAwake'>> {
  readonly disk?: Map<string, Bytes>
  readonly share?: number
  /** What it takes to learn a row, milliseconds. */
  readonly costMs?: number
}

const KEY = createNodeKey()

/** The data process as an engine sees it, with one stream or more. What is on the `disk` outlives the engine. */
export const startBench = ({ createForecaster: make = createForecaster, restoreForecaster: restore = restoreForecaster, mostAwake = 100, disk = new Map<string, Bytes>(), share = 1, costMs = 0 }: BenchOptions = {}) => {
  const clock = createVirtualClock()
  let rows: readonly ObservationRow[] = ALL
  let listen: (notice: DataNotice) => void = () => undefined
  let broken: string | null = null
  let refusing: string | null = null
  let holding: Promise<void> | null = null
  let keepAnswers: Promise<void> | null = null
  let keeps = 0
  let isFull = false
  let isAlive = true
  let spentMs = 0
  let restores = 0
  let most = 0
  const asked: string[] = []
  const predictions: NewPrediction[] = []
  const reports: EngineReport[] = []
  const complaints: string[] = []
  const names = new Map<string, string>()
  const never = new Promise<never>(() => undefined)
  const data = {
    watch: (to: (notice: DataNotice) => void) => void (listen = to),
    rows: async (stream: string, from: number, count: number) => {
      if (!isAlive) return never
      asked.push(`${names.get(stream) ?? '?'} ${from}+${count}`)
      if (holding !== null) await holding
      if (broken !== null) return fail(broken, 'A page is damaged.')
      return ok({ rows: rows.slice(from, from + Math.min(count, MOST_AN_ANSWER)), total: rows.length })
    },
    learnt: async (stream: string) => ok(disk.get(stream) ?? null),
    keepLearnt: async (stream: string, bytes: Bytes | null) => {
      if (!isAlive) return never
      if (bytes !== null && isFull) return fail('disk-full', 'There is no room.')
      if (bytes === null) disk.delete(stream)
      else {
        keeps++
        disk.set(stream, bytes)
      }
      if (keepAnswers !== null) await keepAnswers
      return ok(null)
    },
    predict: async (prediction: NewPrediction) => {
      if (!isAlive) return never
      if (refusing !== null) return fail(refusing, 'It is not to be had.')
      predictions.push(prediction)
      return ok(null)
    },
  } as unknown as DataClient
  const busy = (forecaster: Forecaster): Forecaster => ({
    ...forecaster,
    observe: (row) => {
      most = Math.max(most, host.forecasters())
      spentMs += costMs
      forecaster.observe(row)
    },
  })
  const host = startEngineHost({
    ...{ data, sha256, clock, mostAwake },
    createForecaster: () => busy(make()),
    restoreForecaster: (...given) => {
      restores++
      const restored = restore(...given)
      return restored && busy(restored)
    },
    // The clock stands still while the core is busy.
    elapsed: () => clock.now() + spentMs,
    report: (report) => void reports.push(report),
    complain: (_, failure) => void complaints.push(failure.code),
  })
  host.setShare(share)
  const streamOf = (name: string) => streamIdOf(identityOf(KEY, name), sha256)
  const tell = async (count: number, more: Partial<StreamState> = {}, name = 'series'): Promise<void> => {
    const identity = identityOf(KEY, name)
    const stream = streamOf(name)
    names.set(stream, name)
    const head = count === 0 ? null : { head: { ...historyOf(identity, ALL.slice(0, 1), PAGE_ROWS).head, rows: count }, signature: blankSignature() }
    const state: StreamState = { stream, identity, own: false, subscribed: true, paused: false, rows: count, head, phase: 'idle', targetRows: count, pagesDone: 0, pagesTotal: 0, bytesReceived: 0, peers: 0, problem: null, forked: false, archived: 0, loose: null, checkedAt: null, ...more }
    listen({ type: 'state', request: 1, state })
    await settle()
  }
  /** Time in which nothing is told. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 10) {
      clock.advance(Math.min(10, left))
      await settle()
    }
  }
  return {
    pass,
    restores: () => restores,
    /** How often something was written to the disk. */
    keeps: () => keeps,
    /** Forecasters in memory, at the moment when they were most. */
    most: () => most,
    ...{ key: KEY, host, clock, asked, predictions, reports, complaints, disk, tell, streamOf },
    forget: (name = 'series') => {
      listen({ type: 'forgotten', request: 1, stream: streamOf(name) })
    },
    replaceRows: (other: readonly ObservationRow[]) => void (rows = other),
    breakReads: (code: string | null) => void (broken = code),
    refusePredictions: (code: string | null) => void (refusing = code),
    fillDisk: (full: boolean) => void (isFull = full),
    /** The worker is gone: nothing that it asked for is answered, and nothing more is taken from it. */
    kill: () => void (isAlive = false),
    /** Reads wait until the answer is called. */
    hold: (): (() => void) => {
      let release = (): void => undefined
      holding = new Promise((resolve) => (release = resolve))
      return () => {
        holding = null
        release()
      }
    },
    /** What is written is answered when the answer is called. */
    holdKeeps: (): (() => void) => {
      let release = (): void => undefined
      keepAnswers = new Promise((resolve) => (release = resolve))
      return () => {
        keepAnswers = null
        release()
      }
    },
    follows: () => predictions.map(({ followsRow }) => followsRow),
    said: () => predictions.map(({ followsRow, kind }) => `${followsRow} ${kind}`),
  }
}

export type Bench = ReturnType<typeof startBench>

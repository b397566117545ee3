import { fail, type Failure } from '../../src/base/result.ts'
import type { ImportProgress, ImportReport } from '../../src/neuron/csv-view.ts'
import type { NeuronCommands } from '../../src/neuron/neuron-commands.ts'
import type { PeerView } from '../../src/neuron/peer-view.ts'
import type {
  LogLine,
  LooseRowView,
  PredictedSeriesView,
  SeriesView,
  Snapshot,
  StartupStep,
  StreamView,
} from '../../src/neuron/snapshot.ts'
import { FAKE_NOW, fakeHash, fakePrediction, fakeStreams, fakeTime, fakeValue, manyFakeStreams } from './fake-streams.ts'

export type FakeScene = 'full' | 'empty' | 'starting' | 'failed' | 'disconnected' | 'paused' | 'thousand' | 'restored' | 'recovering' | 'over-budget'

/** A node without a network: every command works on seeded data, and `advance` lets a second pass. */
export interface FakeNeuron extends NeuronCommands {
  /** One second: transfers move on, the first stream gets a row. */
  advance(): void
}

export const createFakeNeuron = (scene: FakeScene = 'full'): FakeNeuron => {
  let snapshot = sceneOf(scene)
  const watchers = new Map<number, (snapshot: Snapshot) => void>()
  let nextHandle = 1

  const publish = (next: Snapshot): void => {
    snapshot = next
    for (const watcher of watchers.values()) watcher(snapshot)
  }
  const change = (id: string, parts: (stream: StreamView) => Partial<StreamView>): void =>
    publish({ ...snapshot, streams: snapshot.streams.map((stream) => (stream.id === id ? { ...stream, ...parts(stream) } : stream)) })
  const listed = (): readonly StreamView[] => (snapshot.listed.count === 0 ? [] : listedStreams().filter(({ id }) => !snapshot.streams.some((kept) => kept.id === id)))
  const streamOf = (id: string): StreamView => {
    const stream = snapshot.streams.find((candidate) => candidate.id === id)
    if (stream === undefined) return reject('unknown-stream', 'No stream with this id is kept by this node.')
    return stream
  }
  const seedOf = (id: string): number => 1 + Math.max(0, fakeStreams().findIndex((stream) => stream.id === id))
  const appendRow = (id: string): number => {
    const rows = streamOf(id).rows + 1
    change(id, () => ({ rows, knownRows: rows, lastPrediction: fakePrediction(seedOf(id), rows), headTime: new Date(FAKE_NOW).toISOString() }))
    return rows - 1
  }
  const publishNew = async (name: string, source: string, onProgress?: (progress: ImportProgress) => void): Promise<ImportReport> => {
    for (const progress of fakeProgress()) {
      onProgress?.(progress)
      await turn()
    }
    const id = fakeHash(500 + snapshot.streams.length)
    const template = fakeStreams()[0] ?? reject('internal', 'no template')
    publish({ ...snapshot, streams: [{ ...template, id, name, source, rows: 1461, knownRows: 1461 }, ...snapshot.streams] })
    return { id, rows: 1461, ...FAKE_READ, problemCount: fakeProblems.length, problems: fakeProblems }
  }

  return {
    previewCsv: async (_csv, choice = { hasHeader: true, time: 1, value: 3, times: 'guessed' }) => ({
      choice,
      guessed: 'iso',
      columns: ['date', 'station', 'temp'].map((name, i) => ({ number: i + 1, name })),
      lines: [
        { line: 1, fields: ['date', 'station', 'temp'], is: 'header' },
        { line: 2, fields: ['2024-05-01', 'roof', '1.5'], is: 'row', time: '2024-05-01T00:00:00Z', value: '1.5' },
        { line: 3, fields: ['soon', 'roof', '2'], is: 'problem', problem: '"soon" is not a time: write it as 2024-05-01T12:30:00Z or as a Unix time.' },
      ],
    }),
    publishCsv: ({ name, source }, onProgress) => publishNew(name, source ?? '', onProgress),
    prepareEnd: async () => undefined,
    cancelImport: async () => undefined,
    appendCsv: async ({ id }, onProgress) => {
      for (const progress of fakeProgress()) {
        onProgress?.(progress)
        await turn()
      }
      appendRow(id)
      return { id, rows: 1, ...FAKE_READ, problemCount: fakeProblems.length, problems: fakeProblems }
    },
    samples: () => Promise.resolve(fakeSamples),
    publishSample: (key, onProgress) => publishNew(key, 'vega-datasets', onProgress),
    listing: async ({ search, from, count }) => {
      const found = listed().filter(({ name, source }) => `${name} ${source}`.toLowerCase().includes(search.toLowerCase()))
      return { count: found.length, streams: found.slice(from, from + count) }
    },
    stream: async (id) => [...snapshot.streams, ...listed()].find((one) => one.id === id) ?? null,
    subscribe: async (id) => {
      const fresh = listed().find((one) => one.id === id)
      const streams = [...snapshot.streams, ...(fresh === undefined ? [] : [fresh])]
      publish({ ...snapshot, streams, listed: { count: listed().length - (fresh === undefined ? 0 : 1), edition: snapshot.listed.edition + 1 } })
      change(id, () => ({ subscribed: true, kept: true }))
    },
    predictors: async () => [0, 1].map((i) => ({ id: fakeHash(700 + i), author: fakeHash(800 + i), rows: 1000 * i + 1, online: i === 0, subscribed: i === 1 })),
    followUnsigned: async ({ name }) => reject('bad-name', `The picture has no stream without a publisher called ${name}.`),
    unsubscribe: async (id) => change(id, () => ({ subscribed: false })),
    nextRow: async (_, value) => ({ time: null, isOdd: value !== '' && Number.isNaN(Number(value)) }),
    append: async (id, { value }) => {
      if (value === 'bad') return reject('bad-value', 'The value has a control character.')
      const row = appendRow(id)
      return { row, hash: fakeHash(row) }
    },
    history: async (id, { last = 20 } = {}) => {
      const { rows } = streamOf(id)
      return lastRows(rows, last).map((row) => ({
        row,
        time: new Date(fakeTime(rows, row)).toISOString(),
        value: fakeValue(seedOf(id), row).toFixed(2),
        hash: fakeHash(row + 9000),
      }))
    },
    predictions: async (id, { last = 20 } = {}) => {
      const { rows, lastPrediction } = streamOf(id)
      if (lastPrediction === null) return []
      return lastRows(rows, last).map((row) => ({ ...fakePrediction(seedOf(id), row + 1, fakeTime(rows, row) + 900), kind: row === rows - 1 ? 'start-up' as const : 'live' as const }))
    },
    series: async (id, { points, last }) => fakeSeries(seedOf(id), streamOf(id).rows, points, last),
    exportCsv: async (id, _format, onProgress) => {
      onProgress?.(1)
      return new Blob([`time,value\r\n${streamOf(id).rows}`])
    },
    predictedSeries: async (id, { last }) => fakePredicted(seedOf(id), streamOf(id).rows, last),
    looseRows: async (id, { last = 20 } = {}) => {
      const { loose } = streamOf(id)
      const { rows, provisional } = loose ?? { rows: 0, provisional: 0 }
      return lastRows(rows, last).map((row): LooseRowView => ({
        time: new Date(fakeTime(rows, row)).toISOString(),
        value: fakeValue(seedOf(id), row).toFixed(2),
        row: null,
        mark: row < provisional ? 'provisional' : 'quorum',
      }))
    },
    recheck: async (id) => {
      await turn()
      const { rows, problem } = streamOf(id)
      change(id, () => ({ checkedAt: new Date(FAKE_NOW).toISOString() }))
      const bad = problem?.code === 'damaged-page' ? 1 : 0
      return { good: Math.ceil(rows / 1024) - bad, bad }
    },
    forget: async (id) => {
      await turn()
      if (streamOf(id).own) return reject('own-stream', 'A stream of your own is kept: others hold heads that you signed for it. Pause it, if it shall rest.')
      publish({ ...snapshot, streams: snapshot.streams.filter((stream) => stream.id !== id) })
    },
    beginEpoch: async (id) => {
      await turn()
      if (snapshot.peers.length === 0) return reject('still-served', 'A peer still has rows that would be given up: they are fetched first.')
      change(id, ({ rows }) => ({ forked: false, transfer: null, problem: null, verified: rows > 0, knownRows: rows }))
    },
    setPaused: async (id, paused) => (id === null ? publish({ ...snapshot, paused }) : change(id, () => ({ paused }))),
    setEngine: async (change) => {
      publish({ ...snapshot, engine: { ...snapshot.engine, ...change } })
      const { intensity, sparesBattery } = snapshot.engine
      return { intensity, sparesBattery }
    },
    vouch: async () => publish({ ...snapshot, unconfirmed: false }),
    disconnectPeer: async (id) => publish({ ...snapshot, peers: snapshot.peers.filter((peer) => peer.id !== id) }),
    banPeer: async (id) => {
      if (id === snapshot.node.id) return reject('no-peer', 'This node is no peer of its own.')
      const banned = [...snapshot.banned, { id, since: new Date(FAKE_NOW).toISOString() }]
      later(() => publish({ ...snapshot, peers: snapshot.peers.filter((peer) => peer.id !== id), banned }))
      return banned
    },
    liftBan: async (id) => {
      const banned = snapshot.banned.filter((peer) => peer.id !== id)
      later(() => publish({ ...snapshot, banned }))
      return banned
    },
    snapshot: async () => snapshot,
    observe: async (callback) => {
      watchers.set(nextHandle, callback)
      return nextHandle++
    },
    unobserve: async (handle) => void watchers.delete(handle),
    exportLog: async () => snapshot.log.map((line) => `${line.time} ${line.level} ${line.message}`).join('\n'),
    advance: () => {
      for (const stream of snapshot.streams) if (stream.transfer?.phase === 'fetching') change(stream.id, moveOn)
      const own = snapshot.streams.find((stream) => stream.own)
      if (own !== undefined && !snapshot.paused) appendRow(own.id)
    },
  }
}

const reject = (code: string, message: string): never => {
  const failure: Failure = fail(code, message).error
  throw failure
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150))

/** A command is answered before the snapshot that shows what it did. */
const later = (happen: () => void): void => void turn().then(happen)

const lastRows = (rows: number, last: number): number[] =>
  Array.from({ length: Math.min(rows, last) }, (_, i) => rows - Math.min(rows, last) + i)

const moveOn = ({ transfer, knownRows }: StreamView): Partial<StreamView> => {
  if (transfer === null) return {}
  const rowsDone = transfer.rowsDone + 4096
  if (rowsDone >= knownRows) return { transfer: null, rows: knownRows, verified: true, head: fakeHash(77) }
  return { transfer: { ...transfer, rowsDone, share: rowsDone / knownRows, etaSeconds: (knownRows - rowsDone) / 4096 } }
}

const fakeSeries = (seed: number, rows: number, points: number, last: number = rows): SeriesView => {
  const shown = lastRows(rows, last)
  const every = Math.max(1, Math.ceil(shown.length / points))
  const row = shown.filter((_, i) => i % every === 0 || i === shown.length - 1)
  return {
    row,
    rows,
    time: row.map((n) => fakeTime(rows, n) / 1000),
    value: row.map((n) => (n % 997 === 0 ? null : fakeValue(seed, n))),
  }
}

const fakePredicted = (seed: number, rows: number, last: number): PredictedSeriesView => {
  const made = lastRows(rows + 1, last)
  const forecasts = made.map((row) => fakePrediction(seed, row))
  return {
    time: made.map((row) => fakeTime(rows, row) / 1000),
    row: made,
    value: forecasts.map((forecast) => Number(forecast.value)),
    lower: forecasts.map((forecast) => Number(forecast.lower)),
    upper: forecasts.map((forecast) => Number(forecast.upper)),
  }
}

const fakeProblems = Array.from({ length: 37 }, (_, i) => ({ line: 12 + i * 3, message: `"n/a ${i}" is not a time: write it as 2024-05-01T12:30:00Z or as a Unix time.` }))

const FAKE_READ = { columns: { time: { number: 1, name: 'date' }, value: { number: 2, name: 'temp' } }, notNumbers: 3, firstNotNumber: '12,5' }

const fakeProgress = (): ImportProgress[] =>
  [0.1, 0.35, 0.6, 0.85, 1].map((share) => ({
    bytesRead: 5_200_000 * share,
    bytesTotal: 5_200_000,
    rows: Math.round(200_000 * share),
    problemCount: Math.round(37 * share),
    rowsPerSecond: 240_000,
    etaSeconds: share < 0.2 ? null : 2 * (1 - share),
  }))

const fakeSamples = ['Weather in Seattle', 'Carbon dioxide, Mauna Loa', 'Unemployment across industries'].map((title, i) => ({
  key: `sample-${i}`,
  id: fakeHash(700 + i),
  title,
  description: 'Daily maximum temperature at Seattle-Tacoma airport, 2012 to 2015.',
  rows: 1461 - i * 300,
  source: 'NOAA National Centers for Environmental Information',
  license: 'U.S. Government Work',
  url: 'https://www.ncei.noaa.gov/',
}))

const STEPS = [
  ['browser', 12],
  ['data', 84],
  ['identity', 31],
  ['engine', 140],
  ['server', 260],
  ['streams', 420],
] as const

const stepsUpTo = (done: number, end: 'done' | 'running' | 'failed'): StartupStep[] =>
  STEPS.map(([name, tookMs], i) => {
    const state = i < done ? 'done' : i > done ? 'waiting' : end
    const error = state === 'failed' ? 'Another tab holds an older database open. Close the other Zazen tabs.' : null
    return { name, state, tookMs: state === 'done' || state === 'failed' ? tookMs : null, error }
  })

const fakeLog = (): LogLine[] => {
  const stream = fakeStreams()[0]
  const say = [
    ['info', 'none', 'checked in at the server', false],
    ['info', 'out', 'offered its history: 20480 rows', true],
    ['info', 'in', 'accepted an offer of 20480 rows', true],
    ['info', 'in', 'history complete: 20480 rows, verified and kept', true],
    ['warn', 'in', 'no connection: No direct connection came about within 30 s.', true],
    ['error', 'none', 'Page 41 in storage does not have its hash: it was altered or damaged. It is fetched again from peers.', true],
    ['info', 'out', 'observation 20479 published: 15.22', true],
  ] as const
  return Array.from({ length: 60 }, (_, number): LogLine => {
    const [level, direction, message, about] = say[number % say.length] ?? say[0]
    return {
      number,
      // Over midnight.
      time: new Date(FAKE_NOW - (60 - number) * 1_300_000).toISOString(),
      level,
      direction,
      message,
      streamId: about ? (stream?.id ?? null) : null,
      streamName: about ? (stream?.name ?? null) : null,
      peer: direction === 'in' ? fakeHash(300 + (number % 3)) : null,
    }
  })
}

/** A good one, the publisher of a stream; one that has only just come; one that lies; and a dial under way. */
const fakePeers = (): PeerView[] => {
  const streams = fakeStreams().map((stream) => stream.id)
  const since = (seconds: number): string => new Date(FAKE_NOW - seconds * 1000).toISOString()
  const good = { via: 'rendezvous', relayed: false, bytesInPerSecond: 1_240_000, bytesOutPerSecond: 8200, rttMs: 38.4, verifiedPages: 1_204, rejectedPages: 0, score: 11.2, streams: streams.slice(1, 7) } as const
  const fresh = { via: 'peerjs', relayed: true, bytesInPerSecond: 0, bytesOutPerSecond: 0, rttMs: null, verifiedPages: 0, rejectedPages: 0, score: 0, streams: [] } as const
  return [
    { id: fakeHash(999), state: 'connecting', since: since(2), link: null },
    { id: fakeHash(1002), state: 'ready', since: since(7300), link: good },
    { id: fakeHash(302), state: 'ready', since: since(4), link: fresh },
    { id: fakeHash(303), state: 'ready', since: since(610), link: { ...fresh, rttMs: 412, verifiedPages: 3, rejectedPages: 1, score: -4.4, streams: streams.slice(2, 4) } },
  ]
}

/** What a node keeps something of, and what is only listed. */
const keptStreams = (): readonly StreamView[] => fakeStreams().filter(({ kept }) => kept)
const listedStreams = (): readonly StreamView[] => fakeStreams().filter(({ kept }) => !kept)

/** As a page tells of a download that rests. */
const resting = (stream: StreamView): StreamView =>
  stream.transfer?.phase === 'fetching'
    ? { ...stream, transfer: null, problem: { code: 'over-budget', message: 'The download rests until less than 4.75 GB of the disk are used: you allow 5 GB.' } }
    : stream

const sceneOf = (scene: FakeScene): Snapshot => {
  const bare = scene === 'empty' || scene === 'starting' || scene === 'failed'
  const startup = scene === 'starting' ? stepsUpTo(4, 'running') : scene === 'failed' ? stepsUpTo(1, 'failed') : stepsUpTo(6, 'done')
  const away = { url: 'ws://localhost:8080/ws', state: 'waiting', error: 'The server cannot be reached.', retryInSeconds: 14, iceServers: [] } as const
  return {
    node: { id: fakeHash(42), profile: '', version: '0.1.0' },
    startup,
    server:
      scene === 'disconnected' ? away
      : { url: 'ws://localhost:8080/ws', state: scene === 'starting' ? 'connecting' : 'checked-in', error: null, retryInSeconds: null, iceServers: ['stun:stun.example.org:3478', 'turn:turn.example.org:3478'] },
    paused: scene === 'paused',
    recovering: scene === 'recovering',
    unconfirmed: scene === 'restored',
    engine: { intensity: 50, sparesBattery: true, onBattery: false, used: scene === 'paused' ? 0 : 12 },
    listed: { count: bare ? 0 : listedStreams().length, edition: 1 },
    streams: bare ? [] : [...keptStreams(), ...(scene === 'thousand' ? manyFakeStreams(1000) : [])].map((stream) => (scene === 'paused' ? { ...stream, transfer: null } : scene === 'over-budget' ? resting(stream) : stream)),
    peers: bare || scene === 'disconnected' ? [] : fakePeers(),
    seen: bare ? [] : [{ id: fakeHash(305), seen: new Date(FAKE_NOW - 780_000).toISOString() }, { id: fakeHash(306), seen: new Date(FAKE_NOW - 190_000_000).toISOString() }],
    banned: bare || scene === 'disconnected' ? [] : [{ id: fakeHash(404), since: new Date(FAKE_NOW - 5_400_000).toISOString() }],
    log: bare ? [] : fakeLog(),
  }
}

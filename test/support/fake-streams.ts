import { createSeededRandom } from '../../src/base/random.ts'
import type { Account } from '../../src/engine/forecaster.ts'
import type { LooseView, PredictionView, StreamView } from '../../src/neuron/snapshot.ts'

// Streams in every state a window must be able to show, from a seed.

export const FAKE_NOW = Date.UTC(2024, 4, 1, 12, 30, 0)
const CADENCE_MS = 300_000

export const fakeHash = (seed: number): string => {
  const random = createSeededRandom(seed)
  return [...random.bytes(32)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const iso = (ms: number): string => new Date(ms).toISOString()

export const fakeTime = (rows: number, row: number): number => FAKE_NOW - (rows - 1 - row) * CADENCE_MS

/** A daily wave with noise that is a function of the row alone: any window of it can be made without the rest. */
export const fakeValue = (seed: number, row: number): number => {
  const noise = createSeededRandom(seed * 7919 + row).next() - 0.5
  return 14 + (seed % 5) + 6 * Math.sin((2 * Math.PI * row) / 96) + 2 * Math.sin(row / 700) + 1.8 * noise
}

export const fakePrediction = (seed: number, rows: number, madeAt = FAKE_NOW): PredictionView => {
  const centre = 14 + (seed % 5) + 6 * Math.sin((2 * Math.PI * rows) / 96) + 2 * Math.sin(rows / 700)
  return {
    time: iso(madeAt),
    value: String(centre + 0.123456789),
    lower: String(centre - 1.1),
    upper: String(centre + 1.2),
    follows: { row: rows - 1, hash: fakeHash(seed * 31 + rows) },
    kind: 'live',
  }
}

const EXPERTS = ['ridge autoregression', 'seasonal naive 96', 'simple smoothing', 'naive', 'drift', 'damped trend']

export const fakeAccount = (relMae: number | null): Account => ({
  rowsSeen: 20_480,
  numericRows: 20_478,
  scored: 1000,
  relMae,
  coverage: 0.912,
  periods: ['96 rows'],
  driftEvents: 0,
  champion: 'ridge autoregression',
  experts: EXPERTS.map((name, i) => ({ name, weight: [0.58, 0.21, 0.12, 0.06, 0.028, 0.002][i] ?? 0, relMae: 0.7 + 0.09 * i })),
  usesNaive: relMae !== null && relMae >= 1,
  search: { rounds: 5, tried: 40, entered: 0, now: 'resting until 21000 rows', challengers: [] },
})

const fakeLoose = (rows: number, provisional: number): LooseView => ({
  rows,
  provisional,
  walking: rows > 100,
  edition: 1,
  forecast: rows > 100 ? { value: '14.2512', lower: '13.09', upper: '15.4' } : null,
})

const fakeStream = (seed: number, name: string, parts: Partial<StreamView> = {}): StreamView => {
  const rows = parts.rows ?? 20_480
  return {
    id: fakeHash(seed),
    uuid: '00000000-0000-8000-8000-000000000000',
    name,
    follows: null,
    source: 'roof station',
    stream: name,
    target: '',
    publisher: fakeHash(seed + 1000),
    own: false,
    subscribed: true,
    listed: true,
    publisherOnline: true,
    rows,
    knownRows: rows,
    verified: rows > 0,
    head: rows > 0 ? fakeHash(seed + 2000) : null,
    headTime: rows > 0 ? iso(FAKE_NOW - seed * 61_000) : null,
    subscribers: seed % 9,
    predictors: seed % 4,
    paused: false,
    transfer: null,
    problem: null,
    lastPrediction: rows > 0 ? fakePrediction(seed, rows, FAKE_NOW - seed * 40_000) : null,
    notPredictable: null,
    account: rows > 0 ? fakeAccount(0.72 + 0.06 * (seed % 6)) : null,
    behind: 0,
    live: null,
    kept: parts.subscribed !== false || parts.own === true,
    keyless: false,
    forked: false,
    archived: 0,
    checkedAt: rows > 0 ? iso(FAKE_NOW - seed * 3_000_000) : null,
    loose: null,
    ...parts,
  }
}

export const NASTY_NAME = '<img src=x onerror=alert(1)> \u202Egnirts a \u{1F9D8}\u200D\u2642\uFE0F ' + 'very-long-unbroken-name-'.repeat(6)

export const fakeStreams = (): StreamView[] => [
  fakeStream(1, 'Temperature on the roof', { own: true, subscribed: false, source: 'this house' }),
  fakeStream(2, 'Carbon dioxide, Mauna Loa', { source: 'NOAA Global Monitoring Laboratory', rows: 741 }),
  fakeStream(3, 'Power drawn by the pump', {
    rows: 0,
    knownRows: 200_000,
    verified: false,
    head: null,
    transfer: { rowsDone: 84_992, rowsTotal: 200_000, share: 0.42496, bytesPerSecond: 1_240_000, rowsPerSecond: 41_000, etaSeconds: 3, peers: 3, phase: 'fetching' },
  }),
  fakeStream(4, 'Tide at the old harbour', {
    rows: 8192,
    knownRows: 9000,
    transfer: { rowsDone: 8192, rowsTotal: 9000, share: 0.91, bytesPerSecond: 0, rowsPerSecond: 0, etaSeconds: null, peers: 0, phase: 'wanted' },
    publisherOnline: false,
  }),
  fakeStream(5, 'Bikes on the bridge', { forked: true, archived: 1, problem: { code: 'forked', message: 'Its publisher signed two different histories of epoch 0: nothing of it is believed until a new epoch begins.' }, verified: false }),
  fakeStream(6, 'Mood of the day', { rows: 340, lastPrediction: null, account: null, notPredictable: 'not predictable, because no row so far holds a number' }),
  fakeStream(7, 'Rain gauge', { paused: true, account: fakeAccount(1.04) }),
  fakeStream(8, 'Grid frequency', { rows: 51_200, behind: 12_400, lastPrediction: null, account: null }),
  fakeStream(9, 'Visitors of the museum', {
    own: true,
    subscribed: false,
    rows: 480,
    knownRows: 500,
    transfer: { rowsDone: 480, rowsTotal: 500, share: 0.96, bytesPerSecond: 0, rowsPerSecond: 0, etaSeconds: null, peers: 0, phase: 'wanted' },
  }),
  fakeStream(10, 'Wind at the pier', { own: true, subscribed: false, rows: 1200, forked: true, verified: false, archived: 2, problem: { code: 'forked', message: 'This node\'s key signed two different histories of epoch 0: a restored backup, or a copy of this node. Begin a new epoch to go on.' } }),
  fakeStream(11, 'Old counts of sparrows', { rows: 0, knownRows: 0, verified: false, head: null, keyless: true, listed: false, publisher: '0'.repeat(64), loose: fakeLoose(12, 12) }),
  fakeStream(12, 'Snow on the pass', { rows: 0, knownRows: 9000, verified: false, head: null, loose: fakeLoose(240, 38) }),
  fakeStream(13, 'Noise at the crossing', { rows: 2048, problem: { code: 'damaged-page', message: 'Page 1 in storage does not have its hash: it was altered or damaged.' }, verified: false, checkedAt: null }),
  fakeStream(21, 'Water level of the Rhine at Cologne', { subscribed: false, rows: 0, knownRows: 312_000, verified: false, head: null, source: 'waterways office' }),
  fakeStream(22, 'Price of bread', { subscribed: false, rows: 0, knownRows: 1204, verified: false, head: null, publisherOnline: false }),
  fakeStream(23, 'نبض المدينة', { subscribed: false, rows: 0, knownRows: 88, verified: false, head: null, source: 'محطة' }),
  fakeStream(24, NASTY_NAME, { subscribed: false, rows: 0, knownRows: 5, verified: false, head: null, source: NASTY_NAME }),
]

/** As many again, all of them well and followed. */
export const manyFakeStreams = (count: number): StreamView[] =>
  Array.from({ length: count }, (_, i) => fakeStream(10_000 + i, `Sensor ${i + 1}`, { headTime: iso(FAKE_NOW - i * 1000), checkedAt: iso(FAKE_NOW - i * 60_000) }))

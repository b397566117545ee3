import { describe, expect, it } from 'vitest'
import { toHex, type Bytes } from '../../../../src/base/bytes.ts'
import { encode } from '../../../../src/base/codec.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import type { LocalRole } from '../../../../src/data/sessions/local-rights.ts'
import { headBytes } from '../../../../src/domain/head.ts'
import { PAGE_ROWS } from '../../../../src/domain/page.ts'
import { predictionStreamOf, streamIdOf, type StreamId } from '../../../../src/domain/stream.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import { createSeededRandom } from '../../../../src/base/random.ts'
import type { NewPrediction } from '../../../../src/ports/data-client.ts'
import { decodeFrame, encodeFrame, frameCodes, isPeerFrame, type Frame, type FrameType } from '../../../../src/protocol/frame.ts'
import { MAX_FRAME_BYTES, MAX_PREDICTIONS_PER_ANSWER, MAX_REASON_BYTES, MAX_ROWS_PER_ANSWER } from '../../../../src/protocol/limits.ts'
import { liveCodec } from '../../../../src/protocol/live.ts'
import { checkInBytes } from '../../../../src/protocol/signaling.ts'
import { attachLocal, must, publish, startDataNode, verify, type DataNode } from '../../../support/data-node.ts'
import { blankSignature, createRows, historyOf } from '../../../support/history.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, sha256 } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const ROWS = createRows(createSeededRandom(8), PAGE_ROWS + 10)
const someone = createNodeKey()
const theirs = identityOf(someone)
const theirStream = streamIdOf(theirs, sha256)

const startAlice = async (rows = 5) => {
  const key = createNodeKey()
  const clock = createVirtualClock()
  const store = createMemoryStore()
  const alice = await startDataNode({ name: 'alice', clock, key, store })
  const identity = identityOf(key)
  if (rows > 0) await publish(alice, identity, ROWS.slice(0, rows))
  return { alice, key, clock, store, identity, stream: streamIdOf(identity, sha256) }
}

/** A port on which frames are said and heard as they are. */
const openPort = (alice: DataNode, role: LocalRole) => {
  const pipe = attachLocal(alice.server, role)
  let heard: Frame[] = []
  pipe.onFrame((bytes) => {
    const frame = decodeFrame(bytes)
    if (!frame.ok) throw new Error(frame.error.message)
    heard.push(frame.value)
  })
  return {
    /** What came back by the time that all is quiet. */
    say: async (bytes: Bytes): Promise<readonly Frame[]> => {
      heard = []
      pipe.send(bytes)
      await settle()
      return heard
    },
    close: () => pipe.close(),
  }
}

const head = { head: historyOf(theirs, ROWS, PAGE_ROWS, 3).head, signature: blankSignature() }
const hash = new Uint8Array(32)
const state = { stream: theirStream, identity: theirs, own: false, subscribed: false, paused: false, rows: 0, head: null, phase: 'idle', targetRows: 0, pagesDone: 0, pagesTotal: 0, bytesReceived: 0, peers: 0, problem: null, forked: false, archived: 0, loose: null, checkedAt: null } as const

/** One well-formed frame of every type there is. */
const EXAMPLES: { readonly [T in FrameType]: Omit<Extract<Frame, { type: T }>, 'type' | 'request'> } = {
  hello: { publicKey: someone.publicKey, nonce: hash, bulk: false },
  auth: { signature: blankSignature() },
  credit: { consumed: 1 },
  bye: { code: 'x', message: 'x' },
  'status-request': { stream: theirStream },
  status: { stream: theirStream, serving: false, head: null },
  'hashes-request': { stream: theirStream, root: hash, rows: 3, from: 0 },
  hashes: { from: 0, hashes: [hash], proof: [] },
  'pages-request': { stream: theirStream, root: hash, rows: 3, pages: [0], encodings: [1] },
  packet: { number: 0, page: 0, part: 0, parts: 1, bytes: hash },
  completed: { packets: 1 },
  missing: { numbers: [0] },
  complete: {},
  unavailable: { pages: [0] },
  cancel: { pages: [0] },
  refused: { code: 'x', message: 'x' },
  follow: { streams: [theirStream] },
  unfollow: { streams: [theirStream] },
  live: { stream: theirStream, live: hash },
  done: {},
  watch: {},
  state: { state },
  'live-row': { stream: theirStream, live: hash },
  'link-event': { link: 1, peer: null, event: 'cut', via: 'rendezvous', code: 'x', message: 'x' },
  'log-entry': { level: 'info', direction: 'in', stream: null, peer: null, message: 'x' },
  'nodes-request': { stream: theirStream, root: hash, rows: 3, from: 0, leaves: 1 },
  nodes: { hashes: [hash] },
  evidence: { stream: theirStream, part: 0, parts: 1, bytes: hash },
  'rows-at-request': { stream: theirStream, time: 0 as Micros, count: 1 },
  'row-before-request': { stream: theirStream, row: null, time: null },
  'row-before': { stream: theirStream, found: null },
  'loose-request': { stream: theirStream, from: 0, count: 1 },
  loose: { from: 0, total: 0, rows: [] },
  'loose-add': { identity: theirs, rows: [] },
  'learnt-keep': { stream: theirStream, part: 0, parts: 1, bytes: hash },
  'learnt-request': { stream: theirStream, part: 0 },
  learnt: { part: 0, parts: 0, bytes: hash },
  'learnt-drop': { stream: theirStream },
  forget: { stream: theirStream },
  'begin-epoch': { stream: theirStream },
  recheck: { stream: theirStream },
  rechecked: { good: 1, bad: 0 },
  forgotten: { stream: theirStream },
  'link-serves': { link: 1, peer: someone.publicKey, stream: theirStream, serving: true },
  'link-traffic': { link: 1, peer: someone.publicKey, bytesIn: 0, bytesOut: 0, pagesGood: 0, pagesBad: 0, rttMs: null, follows: 0 },
  'ask-serves': { link: 1, stream: theirStream },
  'rows-request': { stream: theirStream, from: 0, count: 1 },
  rows: { from: 0, total: 0, rows: [] },
  'ask-newest': {},
  'newest-wanted': { stream: theirStream, identity: theirs, head: null },
  newest: { stream: theirStream, head },
  subscribe: { identity: theirs },
  unsubscribe: { stream: theirStream },
  pause: { stream: theirStream, paused: true },
  append: { stream: theirStream, time: 0 as Micros, value: '1' },
  appended: { row: 0, hash },
  'draft-open': { identity: theirs },
  'draft-opened': { draft: 1, rows: 0 },
  'draft-rows': { draft: 9, rows: [] },
  'draft-commit': { draft: 9 },
  'draft-drop': { draft: 9 },
  predict: { follows: theirStream, followsRow: 0, followsHash: hash, value: '1', lower: '0', upper: '2', kind: 'live' },
  deliver: { stream: theirStream, live: hash },
  'deliver-head': { head },
  delivered: { outcome: 'known' },
  prove: { nonce: hash, host: 'localhost' },
  proof: { publicKey: someone.publicKey, signature: blankSignature() },
  'drop-link': { link: 9, code: 'x', message: 'x' },
  'refuse-peers': { peers: [someone.publicKey] },
  'hold-signing': { held: true },
}

const exampleOf = (type: FrameType, request: number): Frame => ({ ...EXAMPLES[type], type, request }) as Frame

const READS: readonly FrameType[] = ['watch', 'status-request', 'rows-request', 'rows-at-request', 'row-before-request', 'hashes-request', 'loose-request']

const MAY: Readonly<Record<LocalRole, readonly FrameType[]>> = {
  page: READS,
  engine: [...READS, 'predict', 'learnt-keep', 'learnt-request', 'learnt-drop'],
  neuron: [...READS, 'subscribe', 'unsubscribe', 'pause', 'append', 'loose-add', 'draft-open', 'draft-rows', 'draft-commit', 'draft-drop', 'deliver', 'deliver-head', 'ask-newest', 'newest', 'prove', 'drop-link', 'refuse-peers', 'hold-signing', 'ask-serves', 'forget', 'recheck', 'begin-epoch'],
}

describe('who may say what', () => {
  for (const role of ['page', 'engine', 'neuron'] as const) {
    const allowed = frameCodes().map(({ type }) => type).filter((type) => MAY[role].includes(type))
    const forbidden = frameCodes().map(({ type }) => type).filter((type) => !MAY[role].includes(type))

    it(`[D4] the ${role} is refused ${forbidden.length} of ${frameCodes().length} frames, and nothing is done`, async () => {
      const { alice, store } = await startAlice()
      const port = openPort(alice, role)
      const before = store.sync.records()
      for (const [index, type] of forbidden.entries()) {
        const heard = await port.say(encodeFrame(exampleOf(type, index + 1)))
        expect(heard, type).toMatchObject([{ type: 'refused', request: index + 1, code: 'forbidden' }])
      }
      expect(store.sync.records()).toEqual(before)
    })

    for (const type of allowed.filter((one) => one !== 'watch' && one !== 'ask-newest'))
      it(`[D5] the ${role} gets exactly one answer to ${type}, and it is not forbidden`, async () => {
        const { alice } = await startAlice()
        const heard = await openPort(alice, role).say(encodeFrame(exampleOf(type, 77)))
        expect(heard).toHaveLength(1)
        expect(heard[0]).toMatchObject({ request: 77 })
        expect(heard[0]).not.toMatchObject({ type: 'refused', code: 'forbidden' })
      })
  }

  it('[D4] what strangers and local ports may both say are questions about histories', () => {
    const both = frameCodes().map(({ type }) => type).filter((type) => MAY.neuron.includes(type) && isPeerFrame(exampleOf(type, 1)))
    expect([...both].sort()).toEqual(READS.filter((type) => type !== 'watch' && type !== 'loose-request').sort())
  })
})

describe('[D1] [D5] bytes that are no frame', () => {
  const good = encodeFrame(exampleOf('subscribe', 5))
  const cases: Readonly<Record<string, readonly [Bytes, object]>> = {
    'of another version': [Uint8Array.from(good, (byte, index) => (index === 0 ? 9 : byte)), { request: 5, code: 'other-version' }],
    'of an unknown type': [Uint8Array.from(good, (byte, index) => (index === 1 ? 255 : byte)), { request: 5, code: 'malformed' }],
    'with one byte too few': [good.slice(0, -1), { request: 5, code: 'malformed' }],
    'with one byte too many': [Uint8Array.from([...good, 0]), { request: 5, code: 'malformed' }],
    'that say no number': [good.slice(0, 3), { request: 0, code: 'malformed' }],
    'that are none at all': [new Uint8Array(0), { request: 0, code: 'malformed' }],
    'that are too many': [new Uint8Array(MAX_FRAME_BYTES + 1), { request: 0, code: 'oversized' }],
  }
  for (const [what, [bytes, refused]] of Object.entries(cases))
    it(`${what} are refused under the number they carry, and the next frame is answered`, async () => {
      const { alice } = await startAlice()
      const port = openPort(alice, 'neuron')
      expect(await port.say(bytes)).toMatchObject([{ type: 'refused', ...refused }])
      expect(await port.say(encodeFrame(exampleOf('draft-drop', 6)))).toMatchObject([{ type: 'done', request: 6 }])
    })
})

describe('[D6] watching', () => {
  it('begins with the state of every stream, and ends with the port', async () => {
    const { alice, stream } = await startAlice()
    const port = openPort(alice, 'engine')
    expect(await port.say(encodeFrame(exampleOf('watch', 3)))).toMatchObject([{ type: 'state', request: 3, state: { stream, rows: 5 } }])
    await must(alice.client.append(stream, 9 as Micros, '1'))
    const more = await port.say(encodeFrame(exampleOf('rows-request', 4)))
    expect(more.map(({ type }) => type)).toEqual(['refused'])
    port.close()
    await settle()
    await must(alice.client.append(stream, 9 as Micros, '1'))
  })

  it('tells what was logged before anyone watched to the one who keeps the log, whoever comes first', async () => {
    const clock = createVirtualClock()
    const store = createMemoryStore()
    await store.stage([{ hash, bytes: hash }])
    const node = await startDataNode({ name: 'bob', clock, store })
    expect(node.log()).toEqual(['1 page that no history names was cleared away'])
  })

  it('is given every sentence in a size that fits its frame, whatever made it', async () => {
    const { alice, store, stream } = await startAlice()
    store.refuseWrites({ code: 'store-failed', message: '満'.repeat(1_000) })
    const refused = await alice.client.append(stream, 1 as Micros, '1')
    expect(refused).toMatchObject({ ok: false, error: { code: 'store-failed', message: '満'.repeat(MAX_REASON_BYTES / 3) } })
  })
})

describe('[D7] rows', () => {
  it('come in answers of a bounded size, with how many there are', async () => {
    const { alice, stream } = await startAlice(PAGE_ROWS + 10)
    const answer = await must(alice.client.rows(stream, 0, 5_000))
    expect(answer).toMatchObject({ total: PAGE_ROWS + 10, from: 0 })
    expect(answer.rows).toEqual(ROWS.slice(0, MAX_ROWS_PER_ANSWER))
    expect((await must(alice.client.rows(stream, PAGE_ROWS + 9, 10))).rows).toEqual(ROWS.slice(PAGE_ROWS + 9))
    expect((await must(alice.client.rows(stream, 99_999, 10))).rows).toEqual([])
  })

  it('of the largest size fit', { timeout: 30_000 }, async () => {
    const { alice, identity, stream, key } = await startAlice(0)
    const wide = 'ë'.repeat(32)
    const rows = Array.from({ length: MAX_ROWS_PER_ANSWER }, (_, time) => ({ form: 'observation' as const, time: time as Micros, value: wide }))
    await publish(alice, identity, rows)
    expect((await must(alice.client.rows(stream, 0, MAX_ROWS_PER_ANSWER))).rows).toEqual(rows)
    for (let row = 0; row < MAX_PREDICTIONS_PER_ANSWER; row++) await must(alice.client.append(stream, 0 as Micros, wide))
    const engine = createDataClient(attachLocal(alice.server, 'engine'), { clock: createVirtualClock() })
    for (let row = 0; row < MAX_PREDICTIONS_PER_ANSWER; row++) await must(engine.predict(predictionOf(stream, row, wide)))
    const own = streamIdOf(predictionStreamOf(key.publicKey, stream), sha256)
    expect((await must(alice.client.rows(own, 0, 1_000))).rows).toHaveLength(MAX_PREDICTIONS_PER_ANSWER)
  })
})

const predictionOf = (follows: StreamId, followsRow: number, value = '1'): NewPrediction => ({
  follows,
  followsRow,
  followsHash: hash,
  value,
  lower: value,
  upper: value,
  kind: 'live',
})

describe('[D9] adding a row', () => {
  it('is answered with its number and hash; the state says so before the row goes out', async () => {
    const { alice, stream } = await startAlice(2)
    const seen = alice.notices.length
    expect(await must(alice.client.append(stream, 9 as Micros, '1.50'))).toMatchObject({ row: 2 })
    const told = alice.notices.slice(seen).map((notice) => notice.type)
    expect(told).toEqual(['state', 'live-row', 'log-entry'])
  })

  it('sends nothing out that is not on disk', async () => {
    const { alice, store, stream } = await startAlice(2)
    const seen = alice.notices.length
    store.refuseWrites({ code: 'disk-full', message: 'full' })
    expect(await alice.client.append(stream, 9 as Micros, '1')).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    expect(alice.notices.slice(seen).filter(({ type }) => type === 'live-row')).toEqual([])
  })

  for (const value of ['1\n2', '\u0000', '\u007f', '\u2028'])
    it(`refuses the value ${JSON.stringify(value)}, with which its page could not be read again`, async () => {
      const { alice, stream } = await startAlice(2)
      expect(await alice.client.append(stream, 9 as Micros, value)).toMatchObject({ ok: false, error: { code: 'bad-value' } })
      expect((await must(alice.client.rows(stream, 0, 10))).total).toBe(2)
    })
})

describe('[D11] predicting', () => {
  it('adds one row for each row followed, however often and from whichever port it is asked', async () => {
    const { alice, key, clock, stream } = await startAlice(3)
    const engines = [0, 1].map(() => createDataClient(attachLocal(alice.server, 'engine'), { clock }))
    const answers = await Promise.all([2, 2, 2, 1].flatMap((row) => engines.map((engine) => engine.predict(predictionOf(stream, row)))))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    const own = streamIdOf(predictionStreamOf(key.publicKey, stream), sha256)
    expect((await must(alice.client.rows(own, 0, 10))).rows).toMatchObject([{ followsRow: 2 }])
    await must((engines[0] ?? alice.client).predict(predictionOf(stream, 3)))
    expect((await must(alice.client.rows(own, 0, 10))).rows).toMatchObject([{ followsRow: 2 }, { followsRow: 3 }])
  })

  it('follows only streams that are kept', async () => {
    const { alice, clock } = await startAlice()
    const engine = createDataClient(attachLocal(alice.server, 'engine'), { clock })
    expect(await engine.predict(predictionOf(theirStream, 0))).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
  })
})

describe('[D12] [D13] what comes from elsewhere', () => {
  const signedOver = (count: number, key = someone) => {
    const { head: made } = historyOf(theirs, ROWS, PAGE_ROWS, count)
    return { head: made, signature: key.sign(headBytes(made)) }
  }
  const liveOver = (count: number, key = someone): Bytes => {
    const row = ROWS[count - 1]
    if (row === undefined) throw new RangeError('no row')
    return encode(liveCodec, { row, head: signedOver(count, key) })
  }

  it('a newer head becomes what is wanted; the same head and an older one change nothing', async () => {
    const { alice } = await startAlice(0)
    await must(alice.client.subscribe(theirs))
    expect(await must(alice.client.deliverHead(signedOver(5)))).toBe('behind')
    expect(alice.state(theirStream)).toMatchObject({ rows: 0, targetRows: 5, phase: 'wanted' })
    expect(await must(alice.client.deliverHead(signedOver(5)))).toBe('known')
    expect(await must(alice.client.deliverHead(signedOver(4)))).toBe('known')
    expect(alice.state(theirStream)).toMatchObject({ targetRows: 5 })
  })

  it('a live row that is behind is what is wanted', async () => {
    const { alice } = await startAlice(0)
    await must(alice.client.subscribe(theirs))
    expect(await must(alice.client.deliver(theirStream, liveOver(9)))).toBe('behind')
    expect(alice.state(theirStream)).toMatchObject({ rows: 0, targetRows: 9, phase: 'wanted' })
  })

  it('a forger proves nothing: what is wanted and what is thought of the stream stay', async () => {
    const { alice } = await startAlice(0)
    await must(alice.client.subscribe(theirs))
    const forger = createNodeKey()
    expect(await alice.client.deliverHead(signedOver(5, forger))).toMatchObject({ ok: false, error: { code: 'forged-head' } })
    expect(await alice.client.deliver(theirStream, liveOver(5, forger))).toMatchObject({ ok: false, error: { code: 'forged-head' } })
    expect(alice.state(theirStream)).toMatchObject({ targetRows: 0, problem: null })
  })

  it('nothing is learnt of streams that are not kept', async () => {
    const { alice } = await startAlice(0)
    expect(await alice.client.deliverHead(signedOver(5))).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
    expect(await alice.client.deliver(theirStream, liveOver(5))).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
  })

  it('bytes that are no live message are malformed', async () => {
    const { alice } = await startAlice(0)
    await must(alice.client.subscribe(theirs))
    expect(await alice.client.deliver(theirStream, new Uint8Array(7))).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })
})

describe('[D14] proving', () => {
  it('signs a nonce and the host dialled, under a tag of its own', async () => {
    const { alice, key } = await startAlice(0)
    const nonce = new Uint8Array(32).fill(5)
    const { publicKey, signature } = await must(alice.client.prove(nonce, 'Example.org:8080'))
    expect(publicKey).toBe(key.publicKey)
    expect(await verify(publicKey, checkInBytes(toHex(nonce), 'example.org:8080'), signature)).toBe(true)
    expect(await verify(publicKey, nonce, signature)).toBe(false)
  })
})

describe('the client', () => {
  it('gives up a question after half a minute and says which', async () => {
    const clock = createVirtualClock()
    const client = createDataClient({ send: () => undefined, onFrame: () => undefined, onClose: () => undefined, close: () => undefined }, { clock })
    const asked = client.commitDraft(1)
    clock.advance(30_000)
    expect(await asked).toMatchObject({ ok: false, error: { code: 'no-answer', message: expect.stringContaining('draft-commit') as string } })
  })

  it('settles all that waits when the data process is gone, and everything after', async () => {
    const { alice, stream } = await startAlice()
    const waiting = alice.client.rows(stream, 0, 1)
    alice.client.close()
    alice.client.close()
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'data-restarted' } })
    expect(await alice.client.rows(stream, 0, 1)).toMatchObject({ ok: false, error: { code: 'data-restarted' } })
  })
})

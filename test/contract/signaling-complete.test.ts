import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createMemoryHub } from '../../signaling/bus/memory.ts'
import { createCluster } from '../../signaling/cluster/cluster.ts'
import { root } from '../../signaling/launch/project.mjs'
import { CHECK_IN_BURST, MAX_FRAGMENTS, MAX_MALFORMED, TICK_MS } from '../../signaling/limits.ts'
import { createLog } from '../../signaling/log.ts'
import { createMemoryStore } from '../../signaling/registry-store/memory.ts'
import type { RegistryStore } from '../../signaling/registry-store/registry-store.ts'
import { fail } from '../../src/base/result.ts'
import type { Micros } from '../../src/domain/time.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import {
  CHECK_IN_MS,
  MAX_RENDEZVOUS_PER_CALLER,
  MAX_SIGNALING_BYTES,
  MAX_SIGNALS,
  MAX_STREAMS_PER_NODE,
  RENDEZVOUS_MS,
} from '../../src/protocol/limits.ts'
import { clientMessage, serverMessage, SIGNALING_VERSION, type ClientMessage, type ServerMessage } from '../../src/protocol/signaling.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, liveHex, type NodeKey } from '../support/node-key.ts'
import { checkIn, connectRaw, type ConnectOptions, type SignalingClient } from '../support/signaling-client.ts'
import { startTestServer, type TestServer, type TestServerDeps } from '../support/signaling-server.ts'

// Every message, refusal and end that SPEC.md and the codecs name is provoked here over real sockets, and what the client has seen is
// compared with the two: one that is added and that nobody provokes fails, and so does one that comes and is not named.

const SPEC = readFileSync(join(root, 'src/protocol/SPEC.md'), 'utf8')
const SECTION = SPEC.slice(SPEC.indexOf('### S – node and server'), SPEC.indexOf('### M – the meta topic'))

const seen = new Set<string>()
const note = (what: string): void => void seen.add(what)
const seenAs = (kind: string): readonly string[] => [...seen].filter((what) => what.startsWith(`${kind} `)).sort()

interface Stage {
  readonly server: TestServer
  /** A node that has checked in, and one that has not. */
  readonly enter: (options?: ConnectOptions) => Promise<SignalingClient>
  readonly stranger: (options?: ConnectOptions) => Promise<SignalingClient>
}

/** One scene with a server of its own whose time stands still. */
const scene = async (play: (stage: Stage) => Promise<unknown>, deps: TestServerDeps = {}): Promise<void> => {
  const turn = { urls: ['turn:t.example'], secret: 'north wind and sun', ttlSeconds: 120 }
  const server = await startTestServer({ turn }, deps)
  await play({ server, enter: (options) => server.connect({ note, ...options }), stranger: (options) => connectRaw(server.port, { note, ...options }) })
  await server.close()
}

const register = (node: SignalingClient, name: string, rows: number, signer: NodeKey = node.key) => {
  const identity = identityOf(node.key, name)
  return node.ask({ type: 'register', identity, head: headHex(headOf(signer, idOf(identity), rows)) })
}
const notKeeping = (): RegistryStore => ({ ...createMemoryStore(), put: () => Promise.resolve(fail('not-kept', 'disk full')) })
const KEY = '5a'.repeat(32)
const NOBODYS = 'f'.repeat(64) as StreamId

const checkIns = () =>
  scene(async ({ server, enter, stranger }) => {
    const host = `127.0.0.1:${server.port}`
    const [rude, forger, lost, silent] = [await stranger(), await stranger(), await stranger({ host: 'middle.example' }), await stranger()]
    rude.send({ type: 'unsubscribe', re: 1, stream: NOBODYS })
    await checkIn(forger, host, createNodeKey())
    await checkIn(lost, 'middle.example')
    for (const one of [rude, forger, lost]) await one.closed()
    server.clock.advance(CHECK_IN_MS + TICK_MS)
    await silent.closed()
    const twice = await enter()
    twice.send({ type: 'check-in', version: SIGNALING_VERSION, publicKey: twice.key.publicKey, signature: '0'.repeat(128) })
    await twice.next('refused')
    const copy = await stranger({ key: twice.key })
    await checkIn(copy, host, twice.key, { yields: true })
    await copy.closed()
    for (let i = 0; i < MAX_MALFORMED; i++) twice.sendText('{}')
    await twice.closed()
    const key = createNodeKey()
    for (let i = 0; i < CHECK_IN_BURST; i++) await enter({ key })
    const often = await stranger({ key })
    await checkIn(often, host)
    await often.closed()
  })

const ends = () =>
  scene(async ({ server, enter }) => {
    const [large, torn, last] = [await enter(), await enter(), await enter()]
    large.sendText('x'.repeat(MAX_SIGNALING_BYTES + 1))
    for (let i = 0; i <= MAX_FRAGMENTS; i++) torn.socket.send('x', { fin: false })
    await Promise.all([large.closed(), torn.closed()])
    server.clock.advance(60_000)
    await last.next('ice-servers')
    const node = await connectRaw(server.port, { note })
    await checkIn(node, `127.0.0.1:${server.port}`)
    await node.next('welcome')
    await server.close()
    await node.closed()
  })

const registering = async () => {
  await scene(async ({ enter }) => {
    const [node, other] = [await enter(), createNodeKey()]
    const identity = identityOf(node.key, 'a')
    const ask = (of: typeof identity, head: string) => node.ask({ type: 'register', identity: of, head })
    const good = headHex(headOf(node.key, idOf(identity), 1))
    await ask({ ...identity, stream: ' ' }, good)
    await ask(identityOf(other), headHex(headOf(other, idOf(identityOf(other)), 1)))
    await ask(identity, '00')
    await ask(identityOf(node.key, 'b'), good)
    await register(node, 'a', 1, other)
    await register(node, 'a', 5)
    await register(node, 'a', 4)
    await ask(identity, headHex(headOf(node.key, idOf(identity), 5, { root: new Uint8Array(32) })))
  })
  await scene(async ({ enter }) => register(await enter(), 'a', 1), { store: notKeeping() })
  await scene(
    async ({ enter }) => {
      await register(await enter(), 'a', 1)
      await register(await enter(), 'b', 1)
    },
    { maxStreams: 1 },
  )
  const [store, key] = [createMemoryStore(), createNodeKey()]
  for (let i = 0; i < MAX_STREAMS_PER_NODE; i++) {
    const identity = identityOf(key, `stream ${i}`)
    await store.put({ id: idOf(identity), identity, head: headHex(headOf(key, idOf(identity), 1)), recent: [], seenAt: 0 })
  }
  await scene(async ({ enter }) => register(await enter({ key }), 'one more', 1), { store })
}

const publishing = async () => {
  await scene(async ({ server, enter }) => {
    const [author, reader] = [await enter(), await enter()]
    const stream = idOf(identityOf(author.key, 'a'))
    const live = (rows: number, signer = author.key) => liveHex(headOf(signer, stream, rows))
    const ask = (hex: string, node = author, of = stream) => node.ask({ type: 'publish', stream: of, live: hex })
    await reader.ask({ type: 'directory', after: null, search: '', follows: null })
    await ask(live(1))
    await register(author, 'a', 10)
    await reader.ask({ type: 'subscribe', stream, epoch: 0, rows: 10 })
    await ask(live(11))
    await reader.next('observation')
    server.clock.advance(TICK_MS)
    await reader.next('listed')
    await ask(live(12), reader)
    await ask(live(12, reader.key))
    await ask(live(9))
    await ask(liveHex(headOf(author.key, stream, 11, { root: new Uint8Array(32) })))
    await ask(liveHex(headOf(author.key, NOBODYS, 12)))
    await ask('00')
    const bounds = { lower: '0', upper: '2', kind: 'live', follows: stream, followsRow: 0, followsHash: new Uint8Array(32) } as const
    await ask(liveHex(headOf(author.key, stream, 12), { form: 'prediction', time: 0 as Micros, value: '1', ...bounds }))
  })
  const store = createMemoryStore()
  await scene(
    async ({ enter }) => {
      const author = await enter()
      const stream = idOf(identityOf(author.key, 'a'))
      await register(author, 'a', 1)
      store.put = notKeeping().put
      await author.ask({ type: 'publish', stream, live: liveHex(headOf(author.key, stream, 2)) })
    },
    { store },
  )
}

const topics = () =>
  scene(async ({ server, enter }) => {
    const [a, b, c] = [await enter(), await enter(), await enter()]
    const stream = NOBODYS
    const offer = (to: SignalingClient | null, from = a) => from.ask({ type: 'meta', stream, to: to?.key.publicKey ?? null, body: { kind: 'offer', rows: 1 } })
    await offer(b)
    for (const node of [a, b]) await node.ask({ type: 'subscribe', stream, epoch: 0, rows: 0 })
    await a.next('joined')
    await offer(b)
    await b.next('meta')
    await offer(null)
    await offer(c)
    await c.ask({ type: 'peers', stream })
    await b.ask({ type: 'unsubscribe', stream })
    let answer = await subscribeNext(c, 0)
    for (let i = 1; i <= MAX_STREAMS_PER_NODE; i++) {
      // Its burst comes back.
      if (i % 400 === 0) server.clock.advance(5_000)
      answer = await subscribeNext(c, i)
    }
    expect(answer.type).toBe('refused')
  })
const subscribeNext = (node: SignalingClient, number: number) =>
  node.ask({ type: 'subscribe', stream: number.toString(16).padStart(64, '0') as StreamId, epoch: 0, rows: 0 })

const meetings = async () => {
  const call = (node: SignalingClient, key = KEY) => node.ask({ type: 'rendezvous', key })
  const keyNo = (number: number): string => number.toString(16).padStart(64, '0')
  await scene(async ({ server, enter }) => {
    const [a, b, c] = [await enter(), await enter(), await enter()]
    await call(a)
    await call(a)
    await call(b)
    await call(c)
    await b.next('matched')
    a.send({ type: 'signal', key: KEY, signal: 'offer' })
    await b.next('signal')
    for (const node of [a, b]) node.send({ type: 'leave', key: KEY })
    await Promise.all([a.settled('done'), b.settled('done')])
    await call(c)
    for (let i = 0; i <= MAX_RENDEZVOUS_PER_CALLER; i++) await call(c, keyNo(i))
    await call(a, keyNo(0))
    for (let i = 0; i <= MAX_SIGNALS; i++) a.send({ type: 'signal', key: keyNo(0), signal: 'x' })
    await c.next('dropped')
    await call(a, keyNo(1))
    await call(b, keyNo(2))
    a.terminate()
    await c.next('dropped')
    server.clock.advance(RENDEZVOUS_MS)
    await c.next('dropped')
    await b.next('dropped')
  })
  const [bus, clock, log] = [createMemoryHub().join(), { now: () => 0, after: () => () => undefined }, createLog('silent', false, { write: () => undefined })]
  const keys = { claim: () => Promise.resolve(fail('not-kept', 'no answer')), release: () => Promise.resolve() }
  await scene(async ({ enter }) => call(await enter()), { cluster: createCluster({ name: 'a'.repeat(16), bus, keys, clock, log }) })
}

beforeAll(async () => {
  for (const play of [checkIns, ends, registering, publishing, topics, meetings]) await play()
}, 120_000)

const typesOf = (schema: { readonly options: readonly { readonly entries: { readonly type: { readonly literal: (ClientMessage | ServerMessage)['type'] } } }[] }): readonly string[] =>
  schema.options.map(({ entries }) => entries.type.literal).sort()

/** The words in backticks. */
const quoted = (text: string): readonly string[] => [...text.matchAll(/`([a-z-]+)`/g)].flatMap(([, word]) => word ?? [])

/** The first two columns of the table of refusals, each code with each of the messages it answers. */
const refusalsOf = (spec: string): readonly string[] => {
  const table = /\| code of `refused` [^]*?\n\n/.exec(spec)?.[0] ?? ''
  const lines = [...table.matchAll(/^\| (`[^|]*) \| ([^|]*) \|/gm)]
  return lines.flatMap(([, codes = '', on = '']) => quoted(codes).flatMap((code) => on.split(', ').map((what) => `refused ${code} on ${what}`))).sort()
}

describe('a client that knows SPEC.md alone', () => {
  it('says every message, and hears every message', () => {
    expect(seenAs('sent')).toEqual(typesOf(clientMessage).map((type) => `sent ${type}`))
    expect(seenAs('heard')).toEqual(typesOf(serverMessage).map((type) => `heard ${type}`))
    const named = (SECTION.split('| code of `refused`')[0] ?? '').match(/^\| `[a-z-]+` \| `?[a-z–]/gm)?.flatMap(quoted) ?? []
    expect([...new Set(named)].sort()).toEqual([...new Set([...typesOf(clientMessage), ...typesOf(serverMessage)])].sort())
    expect(SECTION).toContain(`\`check-in\` | \`version\` ${SIGNALING_VERSION},`)
  })

  it('meets every refusal, [S22] those of a full directory among them, and no other', () => {
    expect(refusalsOf(SPEC).length).toBeGreaterThan(20)
    expect(seenAs('refused')).toEqual(refusalsOf(SPEC))
  })

  it('meets every end of a rendezvous and of a connection, and no other', () => {
    const dropped = /^`dropped` codes: [^.]*/m.exec(SECTION)?.[0] ?? ''
    expect(seenAs('dropped')).toEqual(quoted(dropped.replace('`dropped`', '')).map((code) => `dropped ${code}`).sort())
    const codes = new Set(SECTION.split('#### PeerJS')[0]?.match(/\b(?:400\d|100[89])\b/g))
    // 1005, 1006: what the sockets themselves say of an end without a code, as when a test hangs up.
    expect(seenAs('closed').filter((what) => !/100[56]$/.test(what))).toEqual([...codes].map((code) => `closed ${code}`).sort())
  })

  it('every rule of section S is tested over real sockets, but for what only servers see of each other', () => {
    const sources = ['test/contract', 'test/e2e', 'test/support'].flatMap((folder) =>
      readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(root, folder, name), 'utf8')))
    const rules = [...SECTION.matchAll(/^- \*\*\[(S\d+)\]\*\*/gm)].flatMap(([, rule]) => rule ?? [])
    const untested = rules.filter((rule) => !sources.some((source) => source.includes(`[${rule}]`)))
    expect(rules.length).toBeGreaterThan(50)
    expect(untested).toEqual(['S86'])
  })
})

import { createHmac } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CHECK_IN_BURST, CONNECT_BURST, FIRST_RETURN_MS, HEARTBEAT_MS, SILENT_MS, TICK_MS } from '../../signaling/limits.ts'
import { toHex } from '../../src/base/bytes.ts'
import { CHECK_IN_MS, MAX_SIGNALING_BYTES } from '../../src/protocol/limits.ts'
import { CLOSE_DRAINING, CLOSE_REFUSED, CLOSE_REPLACED, SIGNALING_VERSION } from '../../src/protocol/signaling.ts'
import { createNodeKey, identityOf, idOf } from '../support/node-key.ts'
import { checkIn, connect, connectRaw } from '../support/signaling-client.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'
import { until } from '../support/until.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer({ allowedOrigins: ['https://friend.example'], allowedHosts: ['zazen.example'] })
})
afterEach(() => server.close())

const anyStream = idOf(identityOf(createNodeKey()))

describe('messages', () => {
  it.each([
    ['not JSON', '{', 'not JSON'],
    ['an unknown type', '{"type":"hello"}', 'type'],
    ['a missing field', '{"type":"subscribe","re":1,"epoch":0,"rows":0}', 'stream'],
    ['a field too many', `{"type":"leave","key":"${'0'.repeat(64)}","more":1}`, 'more'],
    ['a wrong field', `{"type":"subscribe","re":1,"stream":"${'0'.repeat(64)}","epoch":0,"rows":-1}`, 'rows'],
  ])('[S1] %s is malformed, and the answer says where', async (_, text, where) => {
    const node = await server.connect()
    node.sendText(text)
    const refused = await node.next('refused')
    expect(refused).toMatchObject({ re: null, code: 'malformed' })
    expect(refused.message).toContain(where)
  })

  it('[S1] binary is malformed', async () => {
    const node = await server.connect()
    node.socket.send(Buffer.from('{}'))
    expect(await node.next('refused')).toMatchObject({ re: null, code: 'malformed' })
  })

  it('[S2] a message that is too large ends the connection', async () => {
    const node = await server.connect()
    node.sendText('x'.repeat(MAX_SIGNALING_BYTES + 1))
    expect(await node.closed()).toMatchObject({ code: 1009 })
  })

  it('[S2] a message in too many fragments ends the connection', async () => {
    const node = await server.connect()
    for (let i = 0; i < 20; i++) node.socket.send('x', { fin: false })
    expect(await node.closed()).toMatchObject({ code: 1008 })
  })

  it('[S3] the tenth malformed message ends the connection', async () => {
    const node = await server.connect()
    for (let i = 0; i < 9; i++) node.sendText('?')
    expect(await node.settled('refused')).toHaveLength(9)
    node.sendText('?')
    expect(await node.closed()).toEqual({ code: CLOSE_REFUSED, reason: 'too-many-malformed' })
  })
})

describe('who may connect', () => {
  it('[S4] a page of the same origin, of an allowed one, and a program', async () => {
    await server.connect({ origin: `http://127.0.0.1:${server.port}` })
    await server.connect({ origin: 'https://friend.example' })
    await server.connect()
  })

  it.each(['https://elsewhere.example', 'null', 'http://127.0.0.1:1'])('[S4] no page of %s', async (origin) => {
    await expect(connectRaw(server.port, { origin })).rejects.toThrow('HTTP 403')
  })

  it('[S5] only at /signaling', async () => {
    await expect(connectRaw(server.port, { path: '/' })).rejects.toThrow('HTTP 404')
    await expect(connectRaw(server.port, { path: '//' })).rejects.toThrow('HTTP 404')
    const node = await connectRaw(server.port, { path: '/signaling?x=1' })
    await node.next('challenge')
    node.terminate()
  })

  it('[S5] not past the number of connections', async () => {
    const small = await startTestServer({ maxConnections: 1 })
    const first = await small.connect()
    await expect(connectRaw(small.port)).rejects.toThrow('HTTP 503')
    await first.settled('done')
    await small.close()
  })
})

describe('one address', () => {
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
  const limited = () => startTestServer({ maxConnectionsPerAddress: 2 })

  it('[S18] holds a bounded number of connections, and others are not disturbed', async () => {
    const small = await limited()
    const [first] = [await small.connect(from('203.0.113.5')), await small.connect(from('203.0.113.5'))]
    await expect(connectRaw(small.port, from('203.0.113.5'))).rejects.toThrow('HTTP 429')
    await small.connect(from('203.0.113.6'))
    first.terminate()
    await first.closed()
    await small.connect(from('203.0.113.5'))
    await small.close()
  })

  it('[S18] is a /64 of IPv6', async () => {
    const small = await limited()
    await small.connect(from('2001:db8:1:2::1'))
    await small.connect(from('2001:db8:1:2:ffff::9'))
    await expect(connectRaw(small.port, from('2001:0db8:0001:0002::3'))).rejects.toThrow('HTTP 429')
    await small.connect(from('2001:db8:1:3::1'))
    await small.close()
  })

  it('[S18] does not come again and again', async () => {
    const busy = await startTestServer({ maxConnectionsPerAddress: 1_000 })
    const knock = async (): Promise<string> => {
      try {
        const node = await connectRaw(busy.port, from('203.0.113.5'))
        node.terminate()
        return 'in'
      } catch (thrown) {
        return String(thrown)
      }
    }
    for (let i = 0; i < CONNECT_BURST; i++) expect(await knock()).toBe('in')
    expect(await knock()).toContain('429')
    busy.clock.advance(1_000)
    expect(await knock()).toBe('in')
    await busy.close()
  })

  it('[S18] cannot pass for another by what it says itself', async () => {
    const small = await startTestServer({ maxConnectionsPerAddress: 1 })
    await small.connect(from('198.51.100.1, 203.0.113.5'))
    await expect(connectRaw(small.port, from('198.51.100.2, 203.0.113.5'))).rejects.toThrow('HTTP 429')
    await small.close()
  })

  it('[S19] one key does not check in again and again', async () => {
    const key = createNodeKey()
    for (let i = 0; i < CHECK_IN_BURST; i++) await server.connect({ key })
    const node = await connectRaw(server.port, { key })
    await checkIn(node, `127.0.0.1:${server.port}`)
    expect((await node.next('refused')).code).toBe('too-often')
    expect(await node.closed()).toMatchObject({ code: CLOSE_REFUSED })
    server.clock.advance(5_000)
    await server.connect({ key })
  })
})

describe('check-in', () => {
  it('[S6] the server speaks first, with a new nonce each time', async () => {
    const [a, b] = await Promise.all([connectRaw(server.port), connectRaw(server.port)])
    const [one, two] = [await a.next('challenge'), await b.next('challenge')]
    expect(one.version).toBe(SIGNALING_VERSION)
    expect(one.nonce).not.toBe(two.nonce)
    a.terminate()
    b.terminate()
  })

  it('[S7] nothing else comes before it', async () => {
    const node = await connectRaw(server.port)
    node.send({ type: 'subscribe', re: 1, stream: anyStream, epoch: 0, rows: 0 })
    expect(await node.next('refused')).toMatchObject({ re: null, code: 'not-checked-in' })
    expect(await node.closed()).toEqual({ code: CLOSE_REFUSED, reason: 'not-checked-in' })
  })

  it('[S7] a malformed first message is the last', async () => {
    const node = await connectRaw(server.port)
    node.sendText('{"type":"check-in","version":1}')
    expect((await node.next('refused')).code).toBe('malformed')
    expect(await node.closed()).toMatchObject({ code: CLOSE_REFUSED })
  })

  it('[S8] a signature by another key is refused', async () => {
    const node = await connectRaw(server.port)
    await checkIn(node, `127.0.0.1:${server.port}`, createNodeKey())
    expect((await node.next('refused')).code).toBe('bad-signature')
    expect(await node.closed()).toMatchObject({ code: CLOSE_REFUSED })
  })

  it('[S8] a signature for another host is refused', async () => {
    const node = await connectRaw(server.port)
    await checkIn(node, 'localhost:1')
    expect((await node.next('refused')).code).toBe('bad-signature')
  })

  it('[S8] a signature over another nonce is refused', async () => {
    const [one, two] = await Promise.all([connectRaw(server.port), connectRaw(server.port)])
    const overheard = await one.next('challenge')
    await two.next('challenge')
    two.send({
      type: 'check-in',
      version: SIGNALING_VERSION,
      publicKey: two.key.publicKey,
      signature: toHex(two.key.sign(new Uint8Array(Buffer.from(overheard.nonce, 'hex')))),
    })
    expect((await two.next('refused')).code).toBe('bad-signature')
    one.terminate()
  })

  it.each(['zazen.example', 'ZAZEN.example:8443', 'localhost:5173'])('[S9] the server goes by %s', async (host) => {
    await server.connect({ host })
  })

  it.each(['middle.example', 'localhost.evil.example', 'evil.example@localhost'])(
    '[S9] the server does not go by %s',
    async (host) => {
      const node = await connectRaw(server.port, { host })
      await checkIn(node, host)
      expect((await node.next('refused')).code).toBe('unknown-host')
      expect(await node.closed()).toMatchObject({ code: CLOSE_REFUSED })
    },
  )

  it('[S10] a node that has checked in is given the ICE servers', async () => {
    const iceServers = [{ urls: 'stun:stun.example.org:3478' }]
    const other = await startTestServer({ iceServers })
    const node = await connectRaw(other.port)
    await checkIn(node, `127.0.0.1:${other.port}`)
    expect(await node.next('welcome')).toEqual({ type: 'welcome', iceServers })
    node.terminate()
    await other.close()
  })

  it('[S10] TURN credentials are made for the node, as coturn computes them, and renewed before they end', async () => {
    const secret = 'north wind and sun'
    const other = await startTestServer({ turn: { urls: ['turn:t.example'], secret, ttlSeconds: 120 } })
    const node = await connectRaw(other.port)
    await checkIn(node, `127.0.0.1:${other.port}`)
    const credentialsAt = (nowMs: number) => {
      const username = `${Math.floor(nowMs / 1_000) + 120}:${node.key.publicKey.slice(0, 16)}`
      const credential = createHmac('sha1', secret).update(username).digest('base64')
      return [{ urls: 'turn:t.example', username, credential }]
    }
    const start = other.clock.now()
    expect((await node.next('welcome')).iceServers).toEqual(credentialsAt(start))
    other.clock.advance(59_000)
    expect(await node.settled('ice-servers')).toEqual([])
    other.clock.advance(1_000)
    expect((await node.next('ice-servers')).iceServers).toEqual(credentialsAt(start + 60_000))
    node.terminate()
    await other.close()
  })

  it('[S10] a second check-in is refused and changes nothing', async () => {
    const node = await server.connect()
    node.send({ type: 'check-in', version: SIGNALING_VERSION, publicKey: createNodeKey().publicKey, signature: '0'.repeat(128) })
    expect(await node.next('refused')).toMatchObject({ re: null, code: 'checked-in' })
    expect(await node.ask({ type: 'subscribe', stream: anyStream, epoch: 0, rows: 0 })).toMatchObject({ type: 'done' })
  })

  it('[S11] who does not check in in time is told so and closed', async () => {
    const node = await connectRaw(server.port)
    await node.next('challenge')
    server.clock.advance(CHECK_IN_MS - 1)
    expect(node.inbox).toEqual([])
    server.clock.advance(1_000)
    expect((await node.next('refused')).code).toBe('check-in-timeout')
    expect(await node.closed()).toMatchObject({ code: CLOSE_REFUSED })
  })

  it('[S12] a newer connection of the same key replaces the older one', async () => {
    const key = createNodeKey()
    const older = await server.connect({ key })
    const newer = await server.connect({ key })
    expect(await older.closed()).toMatchObject({ code: CLOSE_REPLACED })
    expect(await newer.ask({ type: 'subscribe', stream: anyStream, epoch: 0, rows: 0 })).toMatchObject({ type: 'done' })
  })

  it('[S100] a connection that yields is refused while another of its key is there, which stays; and comes when it has gone', async () => {
    const key = createNodeKey()
    const holder = await server.connect({ key })
    const yielding = async () => {
      const client = await connectRaw(server.port, { key })
      await checkIn(client, `127.0.0.1:${server.port}`, key, { yields: true })
      return client
    }
    const copy = await yielding()
    expect((await copy.next('refused')).code).toBe('held')
    expect(await copy.closed()).toMatchObject({ code: CLOSE_REFUSED })
    expect(await holder.ask({ type: 'subscribe', stream: anyStream, epoch: 0, rows: 0 })).toMatchObject({ type: 'done' })
    holder.socket.close()
    await holder.closed()
    // Its end is told by the system, in its own time; each check-in is one of the few that a key has.
    const nodes = async () => ((await (await fetch(`http://127.0.0.1:${server.port}/health/ready`)).json()) as { nodes: number }).nodes
    await until('the holder to be gone', async () => (await nodes()) === 0)
    const next = await yielding()
    await next.next('welcome')
    // Of who does not yield all is as it was.
    const late = await yielding()
    expect((await late.next('refused')).code).toBe('held')
  })

  it('[S12] memberships of the replaced connection end', async () => {
    const key = createNodeKey()
    const older = await server.connect({ key })
    await older.ask({ type: 'subscribe', stream: anyStream, epoch: 0, rows: 0 })
    await server.connect({ key })
    const other = await server.connect()
    await other.ask({ type: 'subscribe', stream: anyStream, epoch: 0, rows: 0 })
    const said = { type: 'meta', stream: anyStream, to: key.publicKey, body: { kind: 'offer', rows: 1 } } as const
    expect(await other.ask(said)).toMatchObject({ type: 'refused', code: 'not-member' })
  })
})

describe('staying connected', () => {
  it('[S13] a node that answers pings stays', async () => {
    const node = await server.connect()
    for (let i = 0; i < 6; i++) {
      const pinged = new Promise((resolve) => node.socket.once('ping', resolve))
      server.clock.advance(HEARTBEAT_MS)
      await pinged
      // The pong is on its way before this question, so it has been heard when the answer is here.
      await node.settled('done')
    }
  })

  it('[S13] a node without a sign of life is cut', async () => {
    const node = await server.connect()
    server.clock.advance(SILENT_MS + 1_000)
    expect(await node.closed()).toMatchObject({ code: 1006 })
  })

  it('[S15] beyond its burst a node waits, and nothing is lost', async () => {
    const [node, other] = [await server.connect(), await server.connect()]
    const search = 'x'.repeat(100)
    // More than one network read, so that the server really leaves some of them unread.
    const asked = 2_000
    for (let re = 0; re < asked; re++) node.send({ type: 'directory', re, after: null, search, follows: null })
    const answered = () => node.inbox.length
    // Whenever the other one has its answer, the server has read what it is willing to read.
    while (answered() === 0) await other.settled('done')
    for (let turn = 0; turn < 20; turn++) await other.settled('done')
    expect(answered()).toBeLessThan(asked)
    for (let turn = 0; turn < 1_000 && answered() < asked; turn++) {
      server.clock.advance(TICK_MS)
      await other.settled('done')
    }
    expect(node.inbox.map((message) => 're' in message && message.re)).toEqual(
      Array.from({ length: asked }, (_, re) => re),
    )
  })

  it('[S16] answers come once each and in order', async () => {
    const node = await server.connect()
    for (let re = 10; re < 20; re++)
      node.send({ type: re % 2 === 0 ? 'subscribe' : 'unsubscribe', re, stream: anyStream, epoch: 0, rows: 0 } as never)
    const last = await node.ask({ type: 'unsubscribe', stream: anyStream })
    expect(last.type).toBe('done')
    const kinds = node.inbox.map((message) => ('re' in message ? message.re : message.type))
    // `unsubscribe` with `rows` is malformed: it is answered too.
    expect(kinds).toEqual([10, null, 12, null, 14, null, 16, null, 18, null])
  })

  it('[S17] a stopping server says so to everyone, also to who has not checked in', async () => {
    const node = await connect(server.port)
    const stranger = await connectRaw(server.port)
    await server.close()
    const { retryAfterMs } = await node.next('stopping')
    expect(retryAfterMs).toBeGreaterThanOrEqual(FIRST_RETURN_MS)
    expect(await node.closed()).toMatchObject({ code: CLOSE_DRAINING })
    expect(await stranger.closed()).toMatchObject({ code: CLOSE_DRAINING })
  })

  it('[S17] who does not answer the goodbye does not keep the server', async () => {
    const node = await connect(server.port)
    node.socket.pause()
    const plain = connectTcp(server.port, '127.0.0.1')
    await new Promise((resolve) => plain.once('connect', resolve))
    const closed = server.close()
    server.clock.advance(5_000)
    await closed
    plain.destroy()
    node.terminate()
  })
})

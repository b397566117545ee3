import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAX_KEPT_ROWS } from '../../signaling/limits.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import type { Micros } from '../../src/domain/time.ts'
import { MAX_ANNOUNCED, MAX_LISTED_PEERS } from '../../src/protocol/limits.ts'
import type { MetaMessage } from '../../src/protocol/meta.ts'
import { headHex, headOf, identityOf, idOf, liveHex } from '../support/node-key.ts'
import type { SignalingClient } from '../support/signaling-client.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'

let server: TestServer
let publisher: SignalingClient
let stream: StreamId
beforeEach(async () => {
  server = await startTestServer()
  publisher = await server.connect()
  const identity = identityOf(publisher.key)
  stream = idOf(identity)
  await publisher.ask({ type: 'register', identity, head: headHex(headOf(publisher.key, stream, 10)) })
})
afterEach(() => server.close())

const connectTwo = async (): Promise<readonly [SignalingClient, SignalingClient]> => [
  await server.connect(),
  await server.connect(),
]
const subscribe = (node: SignalingClient, rows = 0) => node.ask({ type: 'subscribe', stream, epoch: 0, rows })
const live = (rows: number): string => liveHex(headOf(publisher.key, stream, rows))
const say = (node: SignalingClient, to: SignalingClient | null, body: MetaMessage) =>
  node.ask({ type: 'meta', stream, to: to?.key.publicKey ?? null, body })

describe('subscribing', () => {
  it('[S31] the publisher and members are told of a newcomer, who is not', async () => {
    const [a, b] = await connectTwo()
    expect(await subscribe(a, 3)).toMatchObject({ type: 'done' })
    expect(await publisher.next('joined')).toEqual({ type: 'joined', stream, member: a.key.publicKey, rows: 3 })
    await subscribe(b, 5)
    expect(await publisher.next('joined')).toMatchObject({ member: b.key.publicKey, rows: 5 })
    expect(await a.next('joined')).toMatchObject({ member: b.key.publicKey, rows: 5 })
    expect(await b.settled('joined')).toEqual([])
  })

  it('[S31] at most MAX_ANNOUNCED members are told, and the publisher always', async () => {
    const members = await server.connectMany(MAX_ANNOUNCED + 6)
    for (const member of members) await subscribe(member)
    await publisher.settled('joined')
    const told = async () => (await Promise.all(members.map((member) => member.settled('joined')))).flat().length
    const before = await told()
    await subscribe(await server.connect(), 7)
    expect((await told()) - before).toBe(MAX_ANNOUNCED)
    expect((await publisher.settled('joined')).at(-1)).toMatchObject({ rows: 7 })
  })

  it('[S31] a publisher that is a member as well is told once', async () => {
    await subscribe(publisher)
    await subscribe(await server.connect())
    expect(await publisher.settled('joined')).toHaveLength(1)
  })

  it('[S30] subscribing again announces nothing, and a stream need not be listed', async () => {
    const [a, b] = await connectTwo()
    await subscribe(a)
    expect(await subscribe(a)).toMatchObject({ type: 'done' })
    expect(await publisher.settled('joined')).toHaveLength(1)
    const unlisted = idOf(identityOf(publisher.key, 'unlisted'))
    await a.ask({ type: 'subscribe', stream: unlisted, epoch: 0, rows: 0 })
    await b.ask({ type: 'subscribe', stream: unlisted, epoch: 0, rows: 0 })
    expect(await a.next('joined')).toMatchObject({ stream: unlisted, member: b.key.publicKey })
  })

  it('[S32] unsubscribing and disconnecting end a membership', async () => {
    const [a, b] = await connectTwo()
    await subscribe(a)
    await subscribe(b)
    await a.ask({ type: 'unsubscribe', stream })
    b.terminate()
    await b.closed()
    await publisher.settled('done')
    await publisher.ask({ type: 'publish', stream, live: live(11) })
    expect(await a.settled('observation')).toEqual([])
    expect(await say(publisher, b, { kind: 'offer', rows: 1 })).toMatchObject({ code: 'not-member' })
  })
})

describe('publishing', () => {
  it('[S34] a row reaches every subscriber, byte for byte, and not its sender', async () => {
    const [a, b] = await connectTwo()
    for (const node of [a, b, publisher]) await subscribe(node)
    expect(await publisher.ask({ type: 'publish', stream, live: live(11) })).toMatchObject({ type: 'done' })
    for (const node of [a, b])
      expect(await node.next('observation')).toEqual({ type: 'observation', stream, live: live(11) })
    expect(await publisher.settled('observation')).toEqual([])
  })

  it('[S34] a row goes out although its head was registered before', async () => {
    const [a] = await connectTwo()
    await subscribe(a)
    expect(await publisher.ask({ type: 'publish', stream, live: live(10) })).toMatchObject({ type: 'done' })
    await a.next('observation')
  })

  it('[S33] only the author may publish, whoever has signed', async () => {
    const [a, b] = await connectTwo()
    await subscribe(b)
    expect(await a.ask({ type: 'publish', stream, live: live(11) })).toMatchObject({ code: 'not-author' })
    expect(await b.settled('observation')).toEqual([])
  })

  it('[S33] what is forged, misplaced, misshapen or old is refused and reaches nobody', async () => {
    const [a, reader] = await connectTwo()
    await subscribe(reader)
    const ask = (hex: string) => publisher.ask({ type: 'publish', stream, live: hex })
    expect(await ask(liveHex(headOf(a.key, stream, 11)))).toMatchObject({ code: 'bad-signature' })
    const other = idOf(identityOf(publisher.key, 'other'))
    expect(await ask(liveHex(headOf(publisher.key, other, 11)))).toMatchObject({ code: 'wrong-stream' })
    expect(await ask('00ff')).toMatchObject({ code: 'malformed-live' })
    expect(await ask(live(9))).toMatchObject({ code: 'older-head' })
    expect(await ask(liveHex(headOf(publisher.key, stream, 10, { root: new Uint8Array(32) })))).toMatchObject({
      code: 'fork',
    })
    const prediction = {
      form: 'prediction',
      time: 0 as Micros,
      value: '1',
      lower: '0',
      upper: '2',
      kind: 'live',
      follows: stream,
      followsRow: 0,
      followsHash: new Uint8Array(32),
    } as const
    expect(await ask(liveHex(headOf(publisher.key, stream, 11), prediction))).toMatchObject({ code: 'wrong-form' })
    expect(await publisher.ask({ type: 'publish', stream: other, live: live(11) })).toMatchObject({
      code: 'unknown-stream',
    })
    expect(await reader.settled('observation')).toEqual([])
  })

  it('[S35] the directory shows the head of the newest row', async () => {
    await publisher.ask({ type: 'publish', stream, live: live(11) })
    const answer = await publisher.ask({ type: 'directory', after: null, search: '', follows: null })
    expect(answer).toMatchObject({ entries: [{ head: headHex(headOf(publisher.key, stream, 11)) }] })
  })
})

describe('coming back', () => {
  const subscribeAt = async (node: SignalingClient, epoch: number, rows: number) => {
    await node.ask({ type: 'subscribe', stream, epoch, rows })
    return (await node.settled('observation')).map((message) => message.live)
  }
  const publishUpTo = async (rows: number): Promise<void> => {
    for (let row = 11; row <= rows; row++) await publisher.ask({ type: 'publish', stream, live: live(row) })
  }

  it('[S36] a subscriber is given the rows it missed, oldest first, after `done`', async () => {
    await publishUpTo(14)
    const [reader] = await connectTwo()
    expect(await subscribeAt(reader, 0, 12)).toEqual([live(13), live(14)])
    expect(await reader.settled('listed')).toEqual([])
  })

  it('[S36] who asks again is given them too, and who lacks nothing gets nothing', async () => {
    await publishUpTo(12)
    const [a, b] = await connectTwo()
    expect(await subscribeAt(a, 0, 12)).toEqual([])
    expect(await subscribeAt(a, 0, 11)).toEqual([live(12)])
    expect(await subscribeAt(b, 1, 1)).toEqual([])
    expect(await b.settled('listed')).toEqual([])
  })

  it('[S36] only the last few are kept, and [S37] the head is told where they do not lead up to it', async () => {
    await publishUpTo(10 + MAX_KEPT_ROWS + 5)
    const [reader] = await connectTwo()
    expect(await subscribeAt(reader, 0, 10)).toHaveLength(MAX_KEPT_ROWS)
    expect(await reader.next('listed')).toMatchObject({ entry: { id: stream, head: headHex(headOf(publisher.key, stream, 10 + MAX_KEPT_ROWS + 5)) } })
  })

  it('[S36] a later epoch leaves the rows of the earlier one behind', async () => {
    await publishUpTo(12)
    const fresh = liveHex(headOf(publisher.key, stream, 3, { epoch: 1 }))
    await publisher.ask({ type: 'publish', stream, live: fresh })
    const [reader] = await connectTwo()
    expect(await subscribeAt(reader, 0, 11)).toEqual([fresh])
    expect(await reader.settled('listed')).toHaveLength(1)
  })
})

describe('who has a stream', () => {
  const peersOf = async (node: SignalingClient, of = stream) => {
    const answer = await node.ask({ type: 'peers', stream: of })
    if (answer.type !== 'peers') throw new Error(`${answer.type} came`)
    return answer
  }

  it('[S75] the publisher when it is connected, and the members: never who asks, nobody twice', async () => {
    const [a, b] = await connectTwo()
    await subscribe(a)
    await subscribe(b)
    await subscribe(publisher)
    expect(await peersOf(a)).toMatchObject({ publisher: publisher.key.publicKey, members: [b.key.publicKey] })
    const forPublisher = await peersOf(publisher)
    expect(forPublisher.publisher).toBeNull()
    expect([...forPublisher.members].sort()).toEqual([a.key.publicKey, b.key.publicKey].sort())
    publisher.terminate()
    await publisher.closed()
    await b.settled('done')
    expect(await peersOf(a)).toMatchObject({ publisher: null, members: [b.key.publicKey] })
  })

  it('[S75] at most MAX_LISTED_PEERS members, in another order each time', async () => {
    const members = await server.connectMany(MAX_LISTED_PEERS + 8)
    for (const member of members) await subscribe(member)
    const asker = await server.connect()
    const [first, second] = [await peersOf(asker), await peersOf(asker)]
    expect(first.members).toHaveLength(MAX_LISTED_PEERS)
    expect(new Set(first.members).size).toBe(MAX_LISTED_PEERS)
    expect(second.members).not.toEqual(first.members)
  })

  it('[S76] anyone who has checked in may ask, of any id; where nobody is the list is empty', async () => {
    const stranger = await server.connect()
    expect(await peersOf(stranger)).toMatchObject({ publisher: publisher.key.publicKey, members: [] })
    expect(await peersOf(stranger, 'f'.repeat(64) as StreamId)).toMatchObject({ publisher: null, members: [] })
  })
})

describe('the meta topic', () => {
  it('[M1] is for subscribers and the publisher', async () => {
    const [member, stranger] = await connectTwo()
    await subscribe(member)
    expect(await say(stranger, member, { kind: 'offer', rows: 1 })).toMatchObject({ code: 'not-subscribed' })
    expect(await say(stranger, null, { kind: 'request-history', rows: 1 })).toMatchObject({ code: 'not-subscribed' })
    expect(await say(publisher, member, { kind: 'offer', rows: 1 })).toMatchObject({ type: 'done' })
    expect(await say(member, publisher, { kind: 'offer', rows: 1 })).toMatchObject({ type: 'done' })
  })

  it('[M2] a request for history goes to the publisher and at most MAX_ANNOUNCED members', async () => {
    const members = await server.connectMany(MAX_ANNOUNCED + 6)
    for (const member of members) await subscribe(member)
    const [asker, ...others] = members
    if (asker === undefined) throw new Error('a member is needed')
    await say(asker, null, { kind: 'request-history', rows: 4 })
    const told = await Promise.all(others.map((member) => member.settled('meta')))
    expect(told.flat()).toHaveLength(MAX_ANNOUNCED)
    expect(await publisher.settled('meta')).toMatchObject([
      { from: asker.key.publicKey, body: { kind: 'request-history', rows: 4 } },
    ])
    expect(await asker.settled('meta')).toEqual([])
  })

  it('[M3] an offer or a one-time key is never said to all', async () => {
    const [member] = await connectTwo()
    await subscribe(member)
    expect(await say(member, null, { kind: 'offer', rows: 1 })).toMatchObject({ code: 'needs-address' })
    expect(await say(member, null, { kind: 'accept', key: 'ab'.repeat(32) })).toMatchObject({ code: 'needs-address' })
    expect(await say(member, null, { kind: 'meet' })).toMatchObject({ code: 'needs-address' })
    expect(await publisher.settled('meta')).toEqual([])
  })

  it('[M4] an addressed message reaches one member alone', async () => {
    const [a, b] = await connectTwo()
    await subscribe(a)
    await subscribe(b)
    await say(publisher, a, { kind: 'accept', key: 'ab'.repeat(32) })
    await a.next('meta')
    expect(await b.settled('meta')).toEqual([])
    expect(await say(a, a, { kind: 'offer', rows: 1 })).toMatchObject({ code: 'not-member' })
    expect(await say(a, await server.connect(), { kind: 'offer', rows: 1 })).toMatchObject({ code: 'not-member' })
  })

  it('[M5] the server says who speaks', async () => {
    const [a] = await connectTwo()
    await subscribe(a)
    await say(a, publisher, { kind: 'offer', rows: 9 })
    expect(await publisher.next('meta')).toEqual({
      type: 'meta',
      stream,
      from: a.key.publicKey,
      body: { kind: 'offer', rows: 9 },
    })
  })

  it('[M6] a body of no known kind, or with more in it, is malformed', async () => {
    const bodies = [{ kind: 'observation', live: live(11) }, { kind: 'offer', rows: 1, live: live(11) }, live(11)]
    for (const body of bodies) publisher.sendText(JSON.stringify({ type: 'meta', re: 1, stream, to: null, body }))
    expect(await publisher.settled('refused')).toMatchObject(bodies.map(() => ({ re: null, code: 'malformed' })))
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAX_RENDEZVOUS_PER_CALLER, MAX_SIGNALS, RENDEZVOUS_MS } from '../../src/protocol/limits.ts'
import type { SignalingClient } from '../support/signaling-client.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'

let server: TestServer
let first: SignalingClient
let second: SignalingClient
let third: SignalingClient
beforeEach(async () => {
  server = await startTestServer()
  first = await server.connect()
  second = await server.connect()
  third = await server.connect()
})
afterEach(() => server.close())

const key = '5a'.repeat(32)
const keyNumber = (number: number): string => number.toString(16).padStart(64, '0')
const call = (node: SignalingClient, of = key) => node.ask({ type: 'rendezvous', key: of })
const signal = (node: SignalingClient, text: string) => node.send({ type: 'signal', key, signal: text })
const leave = (node: SignalingClient) => node.send({ type: 'leave', key })

const meet = async (): Promise<void> => {
  await call(first)
  await call(second)
  await Promise.all([first.next('matched'), second.next('matched')])
}

/** As long as a rendezvous lasts, and nobody is taken for dead meanwhile. */
const passTime = async (): Promise<void> => {
  server.clock.advance(RENDEZVOUS_MS)
  for (const node of [first, second, third]) if (node.socket.readyState === node.socket.OPEN) await node.settled('done')
}

describe('meeting', () => {
  it('[S40] two callers of a key are matched, the first as initiator', async () => {
    expect(await call(first)).toMatchObject({ type: 'done' })
    expect(await first.settled('matched')).toEqual([])
    expect(await call(second)).toMatchObject({ type: 'done' })
    expect(await first.next('matched')).toEqual({ type: 'matched', key, role: 'initiator', peer: second.key.publicKey })
    expect(await second.next('matched')).toEqual({ type: 'matched', key, role: 'responder', peer: first.key.publicKey })
  })

  it('[S41] a third is refused and the pair goes on', async () => {
    await meet()
    expect(await call(third)).toMatchObject({ type: 'refused', code: 'taken' })
    signal(first, 'offer')
    expect(await second.next('signal')).toMatchObject({ signal: 'offer' })
    expect(third.inbox).toEqual([])
  })

  it('[S42] a node cannot meet itself', async () => {
    await call(first)
    expect(await call(first)).toMatchObject({ code: 'same-node' })
    await call(second)
    expect(await call(first)).toMatchObject({ code: 'same-node' })
    expect(await call(second)).toMatchObject({ code: 'same-node' })
  })

  it('[S43] a lone caller is dropped after its time, and the key is as new', async () => {
    await call(first)
    server.clock.advance(RENDEZVOUS_MS - 1_000)
    expect(await first.settled('dropped')).toEqual([])
    server.clock.advance(1_000)
    expect(await first.next('dropped')).toMatchObject({ key, code: 'timeout' })
    await meet()
  })

  it('[S50] a node holds a bounded number of rendezvous', async () => {
    for (let i = 0; i < MAX_RENDEZVOUS_PER_CALLER; i++)
      expect(await call(first, keyNumber(i))).toMatchObject({ type: 'done' })
    expect(await call(first)).toMatchObject({ code: 'too-many-rendezvous' })
    first.send({ type: 'leave', key: keyNumber(0) })
    expect(await call(first)).toMatchObject({ type: 'done' })
  })
})

describe('signals', () => {
  it('[S44] pass between the two, in order and unread', async () => {
    await meet()
    for (const text of ['{"sdp":1}', 'not json', '']) signal(first, text)
    for (const text of ['{"sdp":1}', 'not json', ''])
      expect(await second.next('signal')).toEqual({ type: 'signal', key, signal: text })
    signal(second, 'back')
    expect(await first.next('signal')).toMatchObject({ signal: 'back' })
  })

  it('[S44] of a third, before the match or after the end vanish', async () => {
    await call(first)
    signal(first, 'early')
    await call(second)
    signal(third, 'mixed in')
    await third.settled('done')
    leave(second)
    await second.settled('done')
    signal(first, 'late')
    await first.settled('done')
    for (const node of [first, second, third]) expect(await node.settled('signal')).toEqual([])
    expect([...first.inbox, ...second.inbox, ...third.inbox].filter(({ type }) => type === 'refused')).toEqual([])
  })

  it('[S45] are bounded', async () => {
    await meet()
    for (let i = 0; i < MAX_SIGNALS; i++) signal(first, String(i))
    await first.settled('done')
    expect(await second.settled('signal')).toHaveLength(MAX_SIGNALS)
    signal(first, 'one more')
    expect(await first.next('dropped')).toMatchObject({ code: 'too-many-signals' })
    expect(await second.next('dropped')).toMatchObject({ code: 'too-many-signals' })
    expect(await second.settled('signal')).toHaveLength(MAX_SIGNALS)
  })
})

describe('the end', () => {
  it('[S46] who leaves hears no more; the other goes on until it leaves too', async () => {
    await meet()
    leave(first)
    await first.settled('done')
    first.terminate()
    await first.closed()
    expect(await second.settled('dropped')).toEqual([])
    leave(second)
    await second.settled('done')
    expect(await call(third)).toMatchObject({ code: 'used' })
    await passTime()
    expect(await second.settled('dropped')).toEqual([])
  })

  it('[S46] a lone caller that leaves frees the key', async () => {
    await call(first)
    leave(first)
    await call(second)
    expect(await first.settled('matched')).toEqual([])
    await call(third)
    expect(await second.next('matched')).toMatchObject({ role: 'initiator', peer: third.key.publicKey })
  })

  it('[S47] when one disconnects the other is told', async () => {
    await meet()
    first.terminate()
    expect(await second.next('dropped')).toMatchObject({ key, code: 'peer-left' })
  })

  it('[S47] a node that is replaced by its newer connection has left', async () => {
    await meet()
    await server.connect({ key: first.key })
    expect(await second.next('dropped')).toMatchObject({ key, code: 'peer-left' })
  })

  it('[S48] a pair is dropped after its time', async () => {
    await meet()
    await passTime()
    expect(await first.next('dropped')).toMatchObject({ key, code: 'expired' })
    expect(await second.next('dropped')).toMatchObject({ key, code: 'expired' })
  })

  it('[S49] a key that has been matched serves no other pair until it is forgotten', async () => {
    await meet()
    await passTime()
    for (const node of [first, third]) expect(await call(node)).toMatchObject({ code: 'used' })
    await passTime()
    expect(await call(third)).toMatchObject({ type: 'done' })
  })
})

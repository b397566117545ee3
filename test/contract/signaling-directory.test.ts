import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TICK_MS } from '../../signaling/limits.ts'
import { predictionStreamOf, type StreamId } from '../../src/domain/stream.ts'
import { MAX_DIRECTORY_ENTRIES } from '../../src/protocol/limits.ts'
import type { DirectoryEntry } from '../../src/protocol/signaling.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf } from '../support/node-key.ts'
import type { SignalingClient } from '../support/signaling-client.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.close())

const register = async (node: SignalingClient, name = 'temperature', rows = 10) => {
  const identity = identityOf(node.key, name)
  const id = idOf(identity)
  const answer = await node.ask({ type: 'register', identity, head: headHex(headOf(node.key, id, rows)) })
  return { identity, id, answer }
}

const directory = async (
  node: SignalingClient,
  question: Partial<{ after: StreamId; search: string; follows: StreamId; unpredicted: boolean }> = {},
) => {
  const answer = await node.ask({ type: 'directory', after: null, search: '', follows: null, ...question })
  if (answer.type !== 'entries') throw new Error(`${answer.type} for an answer`)
  return answer
}

const namesOf = (entries: readonly DirectoryEntry[]): readonly string[] =>
  entries.map(({ identity }) => identity.stream).sort()

describe('register', () => {
  it('[S20] lists an own stream with its signed head', async () => {
    const [publisher, reader] = [await server.connect(), await server.connect()]
    const { identity, id, answer } = await register(publisher)
    expect(answer.type).toBe('done')
    const head = headHex(headOf(publisher.key, id, 10))
    expect((await directory(reader)).entries).toEqual([{ id, identity, head, subscribers: 0, predictors: 0, online: true }])
  })

  it('[S20] refuses what is not the sender’s own, not of this stream, or not signed by its author', async () => {
    const [node, other] = [await server.connect(), createNodeKey()]
    const identity = identityOf(node.key)
    const id = idOf(identity)
    const ask = (of: typeof identity, head: string) => node.ask({ type: 'register', identity: of, head })
    expect(await ask(identityOf(other), headHex(headOf(other, idOf(identityOf(other)), 1)))).toMatchObject({
      code: 'not-author',
    })
    expect(await ask(identity, headHex(headOf(node.key, idOf(identityOf(node.key, 'other')), 1)))).toMatchObject({
      code: 'wrong-stream',
    })
    expect(await ask(identity, headHex(headOf(other, id, 1)))).toMatchObject({ code: 'bad-signature' })
    expect(await ask(identity, '00')).toMatchObject({ code: 'malformed-head' })
    expect(await ask({ ...identity, stream: ' ' }, headHex(headOf(node.key, id, 1)))).toMatchObject({
      code: 'bad-name',
    })
    expect((await directory(node)).entries).toEqual([])
  })

  it('[S21] a shorter head and another history of the same length are refused, a longer one and a later epoch are taken', async () => {
    const node = await server.connect()
    const { identity, id } = await register(node, 'temperature', 10)
    const ask = (rows: number, more = {}) =>
      node.ask({ type: 'register', identity, head: headHex(headOf(node.key, id, rows, more)) })
    expect(await ask(9)).toMatchObject({ code: 'older-head' })
    expect(await ask(10, { root: new Uint8Array(32) })).toMatchObject({ code: 'fork' })
    expect(await ask(10)).toMatchObject({ type: 'done' })
    expect(await ask(11)).toMatchObject({ type: 'done' })
    expect(await ask(3, { epoch: 1 })).toMatchObject({ type: 'done' })
    expect(await ask(12)).toMatchObject({ code: 'older-head' })
    expect((await directory(node)).entries[0]?.head).toBe(headHex(headOf(node.key, id, 3, { epoch: 1 })))
  })
})

describe('directory', () => {
  it('[S23] comes in pages, each stream once', async () => {
    const node = await server.connect()
    const ids = []
    for (let i = 0; i < 2 * MAX_DIRECTORY_ENTRIES + 3; i++) ids.push((await register(node, `stream ${i}`)).id)
    const seen: StreamId[] = []
    let after: StreamId | undefined
    do {
      const { entries, next } = await directory(node, after === undefined ? {} : { after })
      expect(entries.length).toBeLessThanOrEqual(MAX_DIRECTORY_ENTRIES)
      seen.push(...entries.map(({ id }) => id))
      after = next ?? undefined
    } while (after !== undefined)
    expect(seen).toEqual(ids.sort())
  })

  it('[S24] searches names, ids and authors', async () => {
    const [a, b] = [await server.connect(), await server.connect()]
    const { id } = await register(a, 'Temperature in Oslo')
    await register(b, 'rain')
    expect(namesOf((await directory(a, { search: 'OSLO' })).entries)).toEqual(['Temperature in Oslo'])
    expect(namesOf((await directory(a, { search: 'test' })).entries)).toEqual(['Temperature in Oslo', 'rain'])
    expect(namesOf((await directory(a, { search: id.slice(0, 8) })).entries)).toEqual(['Temperature in Oslo'])
    expect(namesOf((await directory(a, { search: b.key.publicKey })).entries)).toEqual(['rain'])
    expect(namesOf((await directory(a, { search: 'snow' })).entries)).toEqual([])
  })

  it('[S24] prediction streams stand under the stream they follow, not among observations', async () => {
    const node = await server.connect()
    const { id } = await register(node)
    const identity = predictionStreamOf(node.key.publicKey, id)
    await node.ask({ type: 'register', identity, head: headHex(headOf(node.key, idOf(identity), 1)) })
    expect((await directory(node)).entries.map((entry) => entry.id)).toEqual([id])
    expect((await directory(node, { follows: id })).entries.map((entry) => entry.id)).toEqual([idOf(identity)])
  })

  it('[S25] a listing outlives its publisher’s connection', async () => {
    const [publisher, reader] = [await server.connect(), await server.connect()]
    await register(publisher)
    await directory(reader)
    publisher.terminate()
    await publisher.closed()
    await reader.settled('done')
    server.clock.advance(TICK_MS)
    const listed = await reader.next('listed')
    expect(listed.entry.online).toBe(false)
    expect((await directory(reader)).entries).toEqual([listed.entry])
  })
})

describe('predictors', () => {
  it('[S24] are counted, and streams without any can be asked for', async () => {
    const node = await server.connect()
    const [{ id }] = [await register(node, 'predicted'), await register(node, 'waiting')]
    const identity = predictionStreamOf(node.key.publicKey, id)
    await node.ask({ type: 'register', identity, head: headHex(headOf(node.key, idOf(identity), 1)) })
    const { entries } = await directory(node)
    expect(new Map(entries.map((entry) => [entry.identity.stream, entry.predictors]))).toEqual(new Map([['predicted', 1], ['waiting', 0]]))
    expect(namesOf((await directory(node, { unpredicted: true })).entries)).toEqual(['waiting'])
  })
})

describe('news', () => {
  it('[S26] who has asked is told of a new stream, once a second and with the newest head', async () => {
    const [publisher, reader, other] = await server.connectMany(3)
    if (publisher === undefined || reader === undefined || other === undefined)
      throw new Error('three nodes are needed')
    await directory(reader)
    const { id } = await register(publisher, 'temperature', 10)
    await register(publisher, 'temperature', 11)
    expect(await reader.settled('listed')).toEqual([])
    server.clock.advance(TICK_MS)
    expect((await reader.next('listed')).entry).toMatchObject({ id, head: headHex(headOf(publisher.key, id, 11)) })
    server.clock.advance(TICK_MS)
    expect(await reader.settled('listed')).toEqual([])
    expect(await other.settled('listed')).toEqual([])
  })

  it('[S26] a subscriber that comes or goes is news', async () => {
    const [publisher, reader] = [await server.connect(), await server.connect()]
    const { id } = await register(publisher)
    await directory(publisher)
    await reader.ask({ type: 'subscribe', stream: id, epoch: 0, rows: 0 })
    server.clock.advance(TICK_MS)
    expect((await publisher.next('listed')).entry.subscribers).toBe(1)
    await reader.ask({ type: 'unsubscribe', stream: id })
    server.clock.advance(TICK_MS)
    expect((await publisher.next('listed')).entry.subscribers).toBe(0)
  })

  it('[S26] a new predictor is news of the stream that it follows, its next rows are not', async () => {
    const [publisher, reader, predictor] = await server.connectMany(3)
    if (publisher === undefined || reader === undefined || predictor === undefined) throw new Error('three nodes are needed')
    const { id } = await register(publisher)
    await directory(reader)
    const predict = (rows: number) => {
      const identity = predictionStreamOf(predictor.key.publicKey, id)
      return predictor.ask({ type: 'register', identity, head: headHex(headOf(predictor.key, idOf(identity), rows)) })
    }
    await predict(1)
    server.clock.advance(TICK_MS)
    expect((await reader.next('listed')).entry).toMatchObject({ id, predictors: 1 })
    await predict(2)
    server.clock.advance(TICK_MS)
    expect(await reader.settled('listed')).toEqual([])
  })

  it('[S26] a publisher that comes back is news', async () => {
    const [publisher, reader] = [await server.connect(), await server.connect()]
    await register(publisher)
    publisher.terminate()
    await publisher.closed()
    await directory(reader)
    await server.connect({ key: publisher.key })
    server.clock.advance(TICK_MS)
    expect((await reader.next('listed')).entry.online).toBe(true)
  })

  it('[S26] a new connection has not asked yet', async () => {
    const [publisher, older] = [await server.connect(), await server.connect()]
    await directory(older)
    const newer = await server.connect({ key: older.key })
    await register(publisher)
    server.clock.advance(TICK_MS)
    expect(await newer.settled('listed')).toEqual([])
  })
})

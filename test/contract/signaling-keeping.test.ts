import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildServer, SERVER } from '../../signaling/launch/build.mjs'
import { root } from '../../signaling/launch/project.mjs'
import { SETTLE_MS, TICK_MS } from '../../signaling/limits.ts'
import { createMemoryStore } from '../../signaling/registry-store/memory.ts'
import type { RegistryStore } from '../../signaling/registry-store/registry-store.ts'
import { fromHex } from '../../src/base/bytes.ts'
import { decode } from '../../src/base/codec.ts'
import { fail } from '../../src/base/result.ts'
import { signedHeadCodec } from '../../src/domain/head.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import { CLOSE_DRAINING } from '../../src/protocol/signaling.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, liveHex } from '../support/node-key.ts'
import { connect, type SignalingClient } from '../support/signaling-client.ts'
import { startTestServer } from '../support/signaling-server.ts'
import { until } from '../support/until.ts'

const register = (node: SignalingClient, name: string, rows: number) => {
  const identity = identityOf(node.key, name)
  return node.ask({ type: 'register', identity, head: headHex(headOf(node.key, idOf(identity), rows)) })
}

const headsAt = async (node: SignalingClient): Promise<ReadonlyMap<StreamId, string>> => {
  const heads = new Map<StreamId, string>()
  let after: StreamId | null = null
  do {
    const answer = await node.ask({ type: 'directory', after, search: '', follows: null })
    if (answer.type !== 'entries') throw new Error(answer.type)
    for (const { id, head } of answer.entries) heads.set(id, head)
    after = answer.next
  } while (after !== null)
  return heads
}

describe('an answer and the disk', () => {
  /** A store whose disk takes as long as the test likes. */
  const slowStore = () => {
    const waiting: (() => void)[] = []
    const inner = createMemoryStore()
    const store: RegistryStore = {
      ...inner,
      put: async (listing) => {
        await new Promise<void>((resolve) => waiting.push(resolve))
        return inner.put(listing)
      },
    }
    return { store, waiting }
  }

  it('[S27] `done` waits for the disk, and [S16] what was asked later waits for it', async () => {
    const { store, waiting } = slowStore()
    const server = await startTestServer({}, { store })
    const [node, other] = [await server.connect(), await server.connect()]
    const answers = Promise.all([
      register(node, 'a', 1),
      node.ask({ type: 'directory', after: null, search: '', follows: null }),
    ])
    // The server has read both requests once it has pinged back.
    node.socket.ping()
    await once(node.socket, 'pong')
    expect(node.inbox).toEqual([])
    expect(await other.settled('done')).toEqual([])
    for (const kept of waiting) kept()
    expect((await answers).map(({ type }) => type)).toEqual(['done', 'entries'])
    await server.close()
  })

  it('[S27] what could not be kept is refused', async () => {
    const store = { ...createMemoryStore(), put: () => Promise.resolve(fail('not-kept', 'disk full')) }
    const server = await startTestServer({}, { store })
    const node = await server.connect()
    expect(await register(node, 'a', 1)).toMatchObject({ type: 'refused', code: 'not-kept', message: 'disk full' })
    await server.close()
  })

  it('[S88] what could not be kept is kept as soon as it can be, though nobody says it again', async () => {
    const inner = createMemoryStore()
    let isFull = true
    const store: RegistryStore = { ...inner, put: (listing) => (isFull ? Promise.resolve(fail('not-kept', 'disk full')) : inner.put(listing)) }
    const server = await startTestServer({}, { store })
    const node = await server.connect()
    await register(node, 'a', 1)
    server.clock.advance(TICK_MS)
    expect(await inner.load()).toEqual([])
    isFull = false
    node.terminate()
    await until('the change to be kept', async () => {
      server.clock.advance(TICK_MS)
      return (await inner.load()).length === 1
    })
    await server.close()
  })

  it('[S17] a store that never answers does not keep a stopping server', async () => {
    const store: RegistryStore = { ...createMemoryStore(), put: () => new Promise(() => undefined) }
    const server = await startTestServer({}, { store })
    const node = await connect(server.port)
    node.send({ type: 'register', re: 2, identity: identityOf(node.key, 'a'), head: headHex(headOf(node.key, idOf(identityOf(node.key, 'a')), 1)) })
    await until('the registration to be read', async () => (await headsAt(await server.connect())).size === 1)
    const closed = server.close()
    server.clock.advance(SETTLE_MS)
    await node.next('stopping')
    expect(await node.closed()).toMatchObject({ code: CLOSE_DRAINING })
    await closed
  })

  it('[S25] a server that comes back lists what it listed, its publishers away', async () => {
    const store = { ...createMemoryStore(), close: () => Promise.resolve() }
    const first = await startTestServer({}, { store })
    const publisher = await first.connect()
    await register(publisher, 'a', 7)
    await first.close()
    const second = await startTestServer({}, { store })
    const reader = await second.connect()
    const answer = await reader.ask({ type: 'directory', after: null, search: '', follows: null })
    const identity = identityOf(publisher.key, 'a')
    const head = headHex(headOf(publisher.key, idOf(identity), 7))
    expect(answer).toMatchObject({ entries: [{ id: idOf(identity), identity, head, subscribers: 0, online: false }] })
    await second.close()
  })
})

describe('a server that is killed', () => {
  beforeAll(() => buildServer(), 120_000)
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zazen-killed-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const start = async () => {
    const env = { ...process.env, PORT: '0', ICE_SERVERS: 'none', LOG_LEVEL: 'warn', DATA_DIR: folder }
    const child = spawn(process.execPath, [SERVER], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    return { child, port: Number(/:(\d+)/.exec(said.toString())?.[1]) }
  }

  it('[S27] knows afterwards everything that it has acknowledged', async () => {
    const { child, port } = await start()
    const key = createNodeKey()
    const node = await connect(port, { key })
    const acknowledged = new Map<StreamId, string>()
    let published = 0
    /** Registers a stream and adds rows to it until the server is gone. */
    const work = async (name: string): Promise<void> => {
      const id = idOf(identityOf(key, name))
      await register(node, name, 1)
      for (let rows = 2; ; rows++) {
        const head = headOf(key, id, rows)
        const { type } = await node.ask({ type: 'publish', stream: id, live: liveHex(head) })
        if (type === 'done') acknowledged.set(id, headHex(head))
        if (++published === 500) child.kill('SIGKILL')
      }
    }
    const ended = once(child, 'exit')
    await Promise.allSettled(Array.from({ length: 20 }, (_, i) => work(`stream ${i}`)))
    expect((await ended)[1]).toBe('SIGKILL')
    const again = await start()
    const heads = await headsAt(await connect(again.port))
    expect(acknowledged.size).toBe(20)
    for (const [id, head] of acknowledged) expect(rowsOf(heads.get(id))).toBeGreaterThanOrEqual(rowsOf(head))
    again.child.kill('SIGTERM')
    expect(await once(again.child, 'exit')).toEqual([0, null])
  })
})

const rowsOf = (head = ''): number => {
  const read = decode(signedHeadCodec, fromHex(head), 'head')
  return read.ok ? read.value.head.rows : Number.NaN
}

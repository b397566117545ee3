import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createMemoryStore } from '../../signaling/registry-store/memory.ts'
import { fromHex } from '../../src/base/bytes.ts'
import { decode } from '../../src/base/codec.ts'
import { ok } from '../../src/base/result.ts'
import { createSeededRandom } from '../../src/base/random.ts'
import { createPublishing } from '../../src/neuron/publishing.ts'
import { liveCodec } from '../../src/protocol/live.ts'
import { checkInBytes, SIGNALING_PATH } from '../../src/protocol/signaling.ts'
import type { StreamState } from '../../src/protocol/local.ts'
import { createSignalingClient, type SignalingClient, type SignalingNotice, type TextSocket } from '../../src/pubsub/signaling-client.ts'
import { createSystemClock } from '../../signaling/clock.ts'
import { createNodeKey, headOf, identityOf, idOf, liveHex, type NodeKey } from '../support/node-key.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'
import { until } from '../support/until.ts'

// Nodes with the project's own client and publisher, against a server that is restarted under them.

let servers: TestServer[] = []
let nodes: SignalingClient[] = []
afterEach(async () => {
  for (const node of nodes) node.close()
  for (const server of servers) await server.close()
  servers = []
  nodes = []
})

/** As a browser's socket: failing to connect is closing. */
const openWebSocket = (url: string): TextSocket => {
  const socket = new WebSocket(url)
  socket.on('error', () => undefined)
  return {
    send: (text) => socket.send(text),
    close: () => socket.removeAllListeners('close').close(),
    listen: ({ message, closed }) => {
      socket.on('message', (data) => message(Buffer.isBuffer(data) ? data.toString() : data))
      socket.on('close', (code, reason) => closed(code, reason.toString()))
    },
  }
}

const startNode = (port: number, key: NodeKey, on: { checkedIn(node: SignalingClient): void; notice(notice: SignalingNotice): void }) => {
  const host = `127.0.0.1:${port}`
  const node: SignalingClient = createSignalingClient({
    clock: createSystemClock(),
    random: createSeededRandom(1),
    url: `ws://${host}${SIGNALING_PATH}`,
    openSocket: openWebSocket,
    prove: (nonce, at) =>
      Promise.resolve(ok({ publicKey: key.publicKey, signature: key.sign(checkInBytes(Buffer.from(nonce).toString('hex'), at)) })),
    onState: (state) => queueMicrotask(() => state.is === 'checked-in' && on.checkedIn(node)),
    onNotice: on.notice,
  })
  nodes.push(node)
  return node
}

const rowsOf = (live: string): number => {
  const read = decode(liveCodec, fromHex(live), 'live message')
  return read.ok ? read.value.head.head.rows : 0
}

const setUp = async () => {
  const store = { ...createMemoryStore(), close: () => Promise.resolve() }
  const start = async (port = 0): Promise<TestServer> => {
    const server = await startTestServer({ port }, { store })
    servers.push(server)
    return server
  }
  const server = await start()
  const [author, reader] = [createNodeKey(), createNodeKey()]
  const identity = identityOf(author)
  const stream = idOf(identity)
  let rows = 1
  const state = () => ({ stream, identity, own: true, rows, head: headOf(author, stream, rows) }) as StreamState
  const publisher = startNode(server.port, author, {
    checkedIn: () => {
      publishing.reset()
      publishing.register(state())
    },
    notice: () => undefined,
  })
  const publishing = createPublishing({ clock: createSystemClock(), log: () => undefined, server: publisher })
  const publish = (): void => {
    rows++
    publishing.publish(stream, fromHex(liveHex(headOf(author, stream, rows))))
  }
  /** Rows the reader has, as a history has them: each follows the one before. */
  let has = 1
  startNode(server.port, reader, {
    checkedIn: (node) => void node.request({ type: 'subscribe', stream, epoch: 0, rows: has }),
    notice: (notice) => {
      if (notice.type === 'observation' && rowsOf(notice.live) === has + 1) has++
    },
  })
  return { server, start, publish, reach: (wanted: number) => until(`row ${wanted}`, async () => has === wanted, { timeoutMs: 10_000 }) }
}

it('[S36] [S38] a server restarted between rows loses none for a subscriber that was there before and after', async () => {
  const { server, start, publish, reach } = await setUp()
  await until('the subscription', async () => nodes.every(({ state }) => state.is === 'checked-in'))
  publish()
  await reach(2)
  await server.close()
  // Nobody is there to hear these.
  for (let i = 0; i < 4; i++) publish()
  const back = await start(server.port)
  await reach(6)
  publish()
  await reach(7)
  expect(back.port).toBe(server.port)
})

import { WebSocket } from 'ws'
import { createSystemClock } from '../../signaling/clock.ts'
import { createSystemRandom } from '../../signaling/crypto.ts'
import { fromHex } from '../../src/base/bytes.ts'
import { decode } from '../../src/base/codec.ts'
import { ok } from '../../src/base/result.ts'
import { createPublishing } from '../../src/neuron/publishing.ts'
import { liveCodec } from '../../src/protocol/live.ts'
import type { StreamState } from '../../src/protocol/local.ts'
import { checkInBytes, SIGNALING_PATH } from '../../src/protocol/signaling.ts'
import { createSignalingClient, type SignalingClient, type SignalingNotice, type TextSocket } from '../../src/pubsub/signaling-client.ts'
import { createNodeKey, headOf, identityOf, idOf, liveHex, type NodeKey } from './node-key.ts'
import { until } from './until.ts'

/** A publisher and a subscriber with the project's own client and publisher, against a real server that may go away under them. */
export interface LivePair {
  readonly nodes: readonly SignalingClient[]
  /** Signs the next row and gives it to the server, whether it is there or not. */
  publish(): void
  /** Waits until the subscriber has every row published so far, each after the one before it. */
  caughtUp(): Promise<unknown>
  checkedIn(): Promise<unknown>
  close(): void
}

/** Far longer than anything should take: a server is back in seconds, on a machine that has other things to do in a few more. */
const PATIENCE_MS = 90_000

export const startLivePair = (port: number): LivePair => {
  const [author, reader] = [createNodeKey(), createNodeKey()]
  const identity = identityOf(author)
  const stream = idOf(identity)
  let rows = 1
  const state = () => ({ stream, identity, own: true, rows, head: headOf(author, stream, rows) }) as StreamState
  const publisher = startNode(port, author, {
    checkedIn: () => {
      publishing.reset()
      publishing.register(state())
    },
    notice: () => undefined,
  })
  const publishing = createPublishing({ log: () => undefined, server: publisher, ahead: () => undefined })
  // As a history has them: each row follows the one before.
  let has = 1
  const subscriber = startNode(port, reader, {
    checkedIn: (node) => void node.request({ type: 'subscribe', stream, epoch: 0, rows: has }),
    notice: (notice) => {
      if (notice.type === 'observation' && rowsOf(notice.live) === has + 1) has++
    },
  })
  const nodes = [publisher, subscriber]
  return {
    nodes,
    publish: () => {
      rows++
      publishing.publish(stream, fromHex(liveHex(headOf(author, stream, rows))))
    },
    caughtUp: () => until(`row ${rows}`, async () => has === rows, { timeoutMs: PATIENCE_MS }),
    checkedIn: () => until('both to be checked in', async () => nodes.every(({ state: { is } }) => is === 'checked-in'), { timeoutMs: PATIENCE_MS }),
    close: () => {
      for (const node of nodes) node.close()
    },
  }
}

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

/** One node with the project's own client, which comes back whenever it must. */
export const startNode = (port: number, key: NodeKey, on: { checkedIn(node: SignalingClient): void; notice(notice: SignalingNotice): void }) => {
  const host = `127.0.0.1:${port}`
  const node: SignalingClient = createSignalingClient({
    clock: createSystemClock(),
    random: createSystemRandom(),
    url: `ws://${host}${SIGNALING_PATH}`,
    openSocket: openWebSocket,
    prove: (nonce, at) =>
      Promise.resolve(ok({ publicKey: key.publicKey, signature: key.sign(checkInBytes(Buffer.from(nonce).toString('hex'), at)) })),
    onState: (state) => queueMicrotask(() => state.is === 'checked-in' && on.checkedIn(node)),
    onNotice: on.notice,
  })
  return node
}

const rowsOf = (live: string): number => {
  const read = decode(liveCodec, fromHex(live), 'live message')
  return read.ok ? read.value.head.head.rows : 0
}

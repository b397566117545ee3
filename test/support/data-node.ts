import { verifyEd25519 } from '../../signaling/crypto.ts'
import { createSeededRandom } from '../../src/base/random.ts'
import type { Bytes } from '../../src/base/bytes.ts'
import { createDataClient } from '../../src/data/data-client.ts'
import { startDataServer, type DataServer } from '../../src/data/data-server.ts'
import { peerCode, type PeerCode } from '../../src/data/peer-code.ts'
import type { LocalRole } from '../../src/data/sessions/local-rights.ts'
import { headBytes, type SignedHead } from '../../src/domain/head.ts'
import type { Row } from '../../src/domain/row.ts'
import { NETWORK_SHAPE, type HistoryShape } from '../../src/domain/shape.ts'
import type { StreamId, StreamIdentity } from '../../src/domain/stream.ts'
import { toHex } from '../../src/base/bytes.ts'
import { createOpenPeerLink } from '../../src/link/secure-link.ts'
import type { Late } from '../../src/ports/late.ts'
import type { DataClient, DataNotice } from '../../src/ports/data-client.ts'
import type { HistoryStore } from '../../src/ports/history-store.ts'
import type { Identity, Verify } from '../../src/ports/identity.ts'
import type { Pipe } from '../../src/ports/pipe.ts'
import { decodeFrame, type Frame } from '../../src/protocol/frame.ts'
import { transcriptBytes } from '../../src/protocol/link.ts'
import type { StreamState } from '../../src/protocol/local.ts'
import { checkInBytes } from '../../src/protocol/signaling.ts'
import { atHand } from './at-hand.ts'
import { createMemoryStore, type MemoryStore } from './memory-store.ts'
import { createNodeKey, sha256, type NodeKey } from './node-key.ts'
import { createPipePair, settle } from './pipes.ts'
import type { VirtualClock } from './virtual-clock.ts'

export const verify: Verify = async (publicKey, message, signature) => verifyEd25519(publicKey, message, signature)

export const digest = async (bytes: Bytes): Promise<Bytes> => sha256(bytes)

/** A key as the data process uses one: it signs typed things. */
export const identityWith = (key: NodeKey): Identity => ({
  publicKey: key.publicKey,
  signHead: async (head) => key.sign(headBytes(head)),
  signCheckIn: async (nonce, host) => key.sign(checkInBytes(toHex(nonce), host)),
  signLink: async (role, transcript) => key.sign(transcriptBytes(role, transcript)),
})

export interface DataNodeOptions {
  readonly name: string
  readonly clock: VirtualClock
  readonly key?: NodeKey
  readonly store?: HistoryStore
  readonly shape?: HistoryShape
  readonly code?: Late<PeerCode>
}

/** A whole data process in memory, its neuron's client, and what it told. */
export interface DataNode {
  readonly name: string
  readonly key: NodeKey
  readonly server: DataServer
  readonly client: DataClient
  readonly notices: readonly DataNotice[]
  /** Of the log, in order. */
  log(): readonly string[]
  state(stream: StreamId): StreamState | undefined
}

/** The newest signed head that a node has: a test that has none is wrong. */
export const newestHeadOf = (node: Pick<DataNode, 'name' | 'state'>, stream: StreamId): SignedHead => {
  const head = node.state(stream)?.head
  if (head === null || head === undefined) throw new Error(`${node.name} has no head`)
  return head
}

export const startDataNode = async ({ name, clock, key = createNodeKey(), store = createMemoryStore(), shape = NETWORK_SHAPE, code = atHand(peerCode) }: DataNodeOptions): Promise<DataNode> => {
  const identity = identityWith(key)
  const random = createSeededRandom(key.publicKey.charCodeAt(0))
  const openPeerLink = createOpenPeerLink({ clock, random, identity, verify })
  const started = await startDataServer({ clock, createStore: () => store, identity, verify, sha256, digest, openPeerLink, code, shape })
  if (!started.ok) throw new Error(started.error.message)
  const server = started.value
  const notices: DataNotice[] = []
  const client = createDataClient(attachLocal(server, 'neuron'), { clock })
  client.watch((notice) => void notices.push(notice))
  await settle()
  return {
    name,
    key,
    server,
    client,
    notices,
    log: () => notices.flatMap((notice) => (notice.type === 'log-entry' ? [notice.message] : [])),
    state: (stream) => notices.flatMap((notice) => (notice.type === 'state' && notice.state.stream === stream ? [notice.state] : [])).at(-1),
  }
}

/** The far end of a local port. */
export const attachLocal = (server: DataServer, role: LocalRole): Pipe => {
  const [near, far] = createPipePair()
  server.attachLocal(far, role)
  return near
}

export const attachNode = (node: DataNode, pipe: Pipe, role: 'initiator' | 'responder', other: DataNode, facts: { readonly beside?: boolean } = {}): number =>
  node.server.attachPeer(pipe, {
    ...facts,
    role,
    expected: other.key.publicKey,
    localFingerprint: fingerprintOf(node),
    remoteFingerprint: fingerprintOf(other),
    via: 'rendezvous',
  })

const fingerprintOf = (node: DataNode): Bytes => sha256(new TextEncoder().encode(node.name))

export interface JoinOptions {
  /** One line a frame, without the link's own. */
  readonly trace?: string[]
  /** What is done to the second node's end of the pipe. */
  readonly distort?: (pipe: Pipe) => Pipe
}

/** Joins two data processes by a pipe in memory; everything above it is their own. */
export const joinNodes = async (first: DataNode, second: DataNode, { trace, distort = (pipe) => pipe }: JoinOptions = {}): Promise<void> => {
  const [near, far] = createPipePair((from, bytes) => {
    const line = lineOf(bytes)
    if (line !== null) trace?.push(from === 0 ? `${first.name} -> ${second.name} | ${line}` : `${second.name} -> ${first.name} | ${line}`)
  })
  attachNode(first, near, 'initiator', second)
  attachNode(second, distort(far), 'responder', first)
  await settle()
}

const lineOf = (bytes: Bytes): string | null => {
  const frame = decodeFrame(bytes)
  return frame.ok ? said(frame.value) : `${bytes.length} bytes that are no frame`
}

/** A frame as a person would say it; null: it belongs to the link itself. */
const said = (frame: Frame): string | null => {
  switch (frame.type) {
    case 'hello':
    case 'auth':
    case 'credit':
      return null
    case 'bye':
      return `bye ${frame.code}`
    case 'status-request':
      return `status-request#${frame.request}`
    case 'status':
      return `status#${frame.request} ${frame.head === null ? 'nothing' : `${frame.head.head.rows} rows`}`
    case 'hashes-request':
      return `hashes-request#${frame.request} from ${frame.from} of ${frame.rows} rows`
    case 'hashes':
      return `hashes#${frame.request} ${frame.hashes.length} from ${frame.from}`
    case 'nodes-request':
      return `nodes-request#${frame.request} pages ${frame.from}…${frame.from + frame.leaves - 1} of ${frame.rows} rows`
    case 'nodes':
      return `nodes#${frame.request} ${frame.hashes.length} hashes`
    case 'pages-request':
      return `pages-request#${frame.request} ${frame.pages.join()} of ${frame.rows} rows`
    case 'packet':
      return `packet#${frame.request} ${frame.number}: page ${frame.page}, ${frame.part + 1}/${frame.parts}`
    case 'completed':
      return `completed#${frame.request} ${frame.packets}`
    case 'unavailable':
      return `unavailable#${frame.request} ${frame.pages.join()}`
    case 'refused':
      return `refused#${frame.request} ${frame.code}`
    case 'follow':
    case 'unfollow':
      return `${frame.type} ${frame.streams.length}`
    case 'live':
      return 'live'
    default:
      return `${frame.type}#${frame.request}`
  }
}

/** Time goes by in the steps in which a data process looks at its clock. */
export const pass = async (clock: VirtualClock, ms: number): Promise<void> => {
  for (let left = ms; left > 0; left -= 250) {
    clock.advance(Math.min(250, left))
    await settle()
  }
}

/** The value of what must have gone well. */
export const must = async <T>(answer: Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }>): Promise<T> => {
  const result = await answer
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** Makes rows a node's own history. */
export const publish = async ({ client }: DataNode, identity: StreamIdentity, rows: readonly Row[]): Promise<void> => {
  const { draft } = await must(client.openDraft(identity))
  await must(client.addToDraft(draft, rows))
  await must(client.commitDraft(draft))
}

export type { MemoryStore }

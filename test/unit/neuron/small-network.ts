import { createConnection, type Connection } from '../../../signaling/connection.ts'
import { verifyEd25519 } from '../../../signaling/crypto.ts'
import { createIce } from '../../../signaling/ice.ts'
import { createLog } from '../../../signaling/log.ts'
import { createMetrics } from '../../../signaling/metrics.ts'
import { createMemoryStore as createRegistryStore } from '../../../signaling/registry-store/memory.ts'
import { createSwitchboard, type Switchboard } from '../../../signaling/switchboard.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { createDataClient } from '../../../src/data/data-client.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import { createNeuron, type Neuron } from '../../../src/neuron/neuron.ts'
import type { Restored } from '../../../src/neuron/recovery.ts'
import type { PeerView } from '../../../src/neuron/peer-view.ts'
import type { Dial, Dialer, DialEvent } from '../../../src/ports/dialer.ts'
import type { LinkFacts } from '../../../src/ports/peer-link.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import type { TextSocket } from '../../../src/pubsub/signaling-client.ts'
import { attachLocal, startDataNode, verify, type DataNode } from '../../support/data-node.ts'
import { createMemoryStore, type MemoryStore } from '../../support/memory-store.ts'
import { createNodeKey, sha256, type NodeKey } from '../../support/node-key.ts'
import { createPipePair, settle } from '../../support/pipes.ts'
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts'
import { remedies } from '../../../src/swarm/remedies.ts'
import { atHand } from '../../support/at-hand.ts'

/** What outlives a reload: the key, the disk, and the text that the page keeps. */
interface Home {
  readonly name: string
  readonly key: NodeKey
  readonly store: MemoryStore
  known: string | null
  /** Whom its person has banned, as the page keeps it. */
  readonly bans?: string
  /** Its key came from a backup. */
  readonly restored?: Restored
}

/** A whole node in memory: neuron and data process as they are, without a page, an engine or a network. */
export interface SmallNode {
  readonly home: Home
  readonly neuron: Neuron
  data: DataNode
  isAlive: boolean
  /** Its machine lost power: what was connected to it hears nothing, not even an end. */
  isMute: boolean
  /** Its ends of the channels to others. */
  readonly channels: Set<Pipe>
  readonly heard: (event: DialEvent) => void
}

export interface SmallNetwork {
  readonly clock: VirtualClock
  start(name: string, home?: Home): Promise<SmallNode>
  /** The tab is gone, with everything it was connected to; `silently`: and nobody is told. */
  kill(node: SmallNode, silently?: boolean): void
  /** Killed, and started anew from its disk. */
  reload(node: SmallNode): Promise<SmallNode>
  restartData(node: SmallNode): Promise<void>
  setServer(there: boolean): void
  setPeerServer(there: boolean): void
  pass(seconds: number): Promise<void>
  /** Dials by PeerJS that were made. */
  readonly calls: readonly string[]
  /** What nodes have said in meta topics, one line each. */
  readonly said: readonly string[]
}

/** Several nodes, the server's own switchboard, and channels that open when both ends dial. */
export const createSmallNetwork = (): SmallNetwork => {
  const clock = createVirtualClock()
  const nodes = new Set<SmallNode>()
  const calls: string[] = []
  const said: string[] = []
  const halfOpen = new Map<string, { readonly node: SmallNode; readonly dial: Dial }>()
  let hub = createHub(clock)
  let hasPeerServer = false

  const nodeOf = (peer: PublicKey): SmallNode | undefined => [...nodes].find(({ isAlive, home }) => isAlive && home.key.publicKey === peer)
  const join = (first: SmallNode, second: SmallNode, key: string, via: LinkFacts['via']): void => {
    const pipes = createPipePair()
    const ends = [[first, second, 'initiator', pipes[0]], [second, first, 'responder', pipes[1]]] as const
    for (const [mine, other, role, end] of ends) {
      const pipe: Pipe = { ...end, send: (frame) => { if (!mine.isMute) end.send(frame) } }
      mine.channels.add(pipe)
      mine.data.server.attachPeer(pipe, {
        role,
        expected: other.home.key.publicKey,
        localFingerprint: sha256(new TextEncoder().encode(mine.home.name)),
        remoteFingerprint: sha256(new TextEncoder().encode(other.home.name)),
        via,
      })
      mine.heard({ type: 'connected', key, peer: other.home.key.publicKey, via })
    }
  }
  const dialerOf = (self: () => SmallNode): Dialer => ({
    open: (dial) => {
      const node = self()
      if (!node.isAlive) return
      clock.after(50, () => {
        if (dial.way === 'rendezvous') {
          const other = halfOpen.get(dial.key)
          if (other === undefined) halfOpen.set(dial.key, { node, dial })
          else join(other.node, node, dial.key, 'rendezvous')
          return
        }
        const callee = hasPeerServer ? nodeOf(dial.peer) : undefined
        calls.push(`${node.home.name} -> ${callee?.home.name ?? 'nobody'}`)
        if (callee === undefined) node.heard({ type: 'failed', key: dial.key, peer: dial.peer, via: 'peerjs', code: 'absent', message: 'Not there.' })
        else join(node, callee, dial.key, 'peerjs')
      })
    },
    signal: () => undefined,
    abandon: () => undefined,
    woke: () => undefined,
    reach: () => {
      clock.after(50, () => {
        self().heard({ type: 'reach', state: hasPeerServer ? 'reachable' : 'off', message: '' })
      })
    },
  })
  const start: SmallNetwork['start'] = async (name, home = { name, key: createNodeKey(), store: createMemoryStore(), known: null }) => {
    const data = await startDataNode({ name, clock, key: home.key, store: home.store })
    const holder: { node: SmallNode | null } = { node: null }
    const self = (): SmallNode => {
      if (holder.node === null) throw new Error('The node is not there yet.')
      return holder.node
    }
    const neuron = createNeuron({
      clock,
      random: createSeededRandom(name.length * 31 + name.charCodeAt(0)),
      profile: name,
      version: 'test',
      serverUrl: 'ws://127.0.0.1/signaling',
      publicKey: home.key.publicKey,
      paused: false,
      engineSettings: null,
      ownPeerServer: false,
      took: { browser: 0, data: 0, identity: 0 },
      data: createDataClient(attachLocal(data.server, 'neuron'), { clock }),
      sha256,
      verify,
      // A tab that is gone dials nobody, though its code still runs here.
      openSocket: () => (holder.node?.isAlive === false ? DEAD_SOCKET : overheard(hub.connect(), name, said)),
      dialer: dialerOf(self),
      remedies: atHand(remedies),
      getSample: () => Promise.resolve(new Response('[]')),
      knownPeers: home.known,
      keptBans: home.bans ?? null,
      restored: home.restored ?? null,
      keepPeers: (text) => {
        home.known = text
      },
    })
    const node: SmallNode = { home, neuron, data, isAlive: true, isMute: false, channels: new Set(), heard: (event) => { if (node.isAlive) neuron.onDial(event) } }
    holder.node = node
    nodes.add(node)
    return node
  }
  const closeChannels = ({ channels }: SmallNode): void => {
    for (const channel of channels) channel.close()
    channels.clear()
  }
  const kill = (node: SmallNode, silently = false): void => {
    node.isAlive = false
    node.isMute = silently
    nodes.delete(node)
    if (!silently) closeChannels(node)
    hub.lose(node.home.key.publicKey)
  }
  return {
    clock,
    calls,
    said,
    start,
    kill,
    reload: (node) => {
      kill(node)
      return start(node.home.name, node.home)
    },
    restartData: async (node) => {
      closeChannels(node)
      node.data = await startDataNode({ name: node.home.name, clock, key: node.home.key, store: node.home.store })
      node.neuron.attachData(attachLocal(node.data.server, 'neuron'))
    },
    setServer: (there) => {
      hub.stop()
      hub = createHub(clock, there)
    },
    setPeerServer: (there) => {
      hasPeerServer = there
    },
    pass: async (seconds) => {
      for (let quarter = 0; quarter < seconds * 4; quarter++) {
        clock.advance(250)
        await settle()
      }
    },
  }
}

const overheard = (socket: TextSocket, name: string, said: string[]): TextSocket => ({
  ...socket,
  send: (text) => {
    const message: unknown = JSON.parse(text)
    if (isMeta(message)) said.push(`${name}: ${message.body.kind}`)
    socket.send(text)
  },
})

const isMeta = (message: unknown): message is { readonly body: { readonly kind: string } } =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'meta'

const DEAD_SOCKET: TextSocket = { send: () => undefined, close: () => undefined, listen: () => undefined }

/** The signaling server without sockets: the same connections and switchboard. */
const createHub = (clock: VirtualClock, isThere = true) => {
  const random = createSeededRandom(77)
  const log = createLog('silent', false, { write: () => undefined })
  const deps = { clock, random, log, metrics: createMetrics({ ofProcess: false }), ice: createIce([], null), verify: verifyEd25519, sha256 }
  const switchboard: Switchboard = createSwitchboard({ ...deps, store: createRegistryStore(), kept: [], cluster: null })
  const open = new Map<Connection, { readonly close: () => void; node: PublicKey | null }>()
  let isRunning = isThere
  const tick = (): void => {
    if (!isRunning) return
    switchboard.tick()
    for (const connection of open.keys()) connection.tick()
    clock.after(1_000, tick)
  }
  tick()
  const connect = (): TextSocket => {
    let handlers: Parameters<TextSocket['listen']>[0] | null = null
    let isOpen = true
    const close = (code = 1006, reason = ''): void => {
      if (!isOpen) return
      isOpen = false
      queueMicrotask(() => handlers?.closed(code, reason))
    }
    const held: { connection: Connection | null } = { connection: null }
    queueMicrotask(() => {
      if (!isRunning) {
        close()
        return
      }
      const socket = {
        bufferedBytes: 0,
        // What was said before the end is heard before it.
        send: (text: string) => { if (isOpen) queueMicrotask(() => handlers?.message(text)) },
        ping: () => held.connection?.heard(),
        pause: () => undefined,
        resume: () => undefined,
        close,
        terminate: close,
      }
      const connection = createConnection({ ...deps, verify: verifyEd25519 }, socket, { name: '127.0.0.1', known: true }, {
        admits: () => true,
        isHeld: switchboard.isHeld,
        checkedIn: (node, checkedIn) => {
          const record = open.get(checkedIn)
          if (record !== undefined) record.node = node
          switchboard.checkedIn(node, checkedIn)
        },
        message: switchboard.message,
        refused: () => undefined,
        gone: (node) => {
          if (held.connection !== null) open.delete(held.connection)
          if (node !== null) switchboard.gone(node)
        },
      })
      held.connection = connection
      open.set(connection, { close, node: null })
    })
    return {
      send: (text) => queueMicrotask(() => { if (isOpen) held.connection?.receive(text) }),
      close: () => {
        isOpen = false
        held.connection?.closed('closed')
      },
      listen: (given) => {
        handlers = given
      },
    }
  }
  const loseWhere = (isLost: (node: PublicKey | null) => boolean): void => {
    for (const [connection, { close, node }] of [...open]) {
      if (!isLost(node)) continue
      close()
      connection.closed('gone')
    }
  }
  return {
    connect,
    lose: (node: PublicKey) => {
      loseWhere((one) => one === node)
    },
    stop: () => {
      isRunning = false
      loseWhere(() => true)
    },
  }
}

/** Links that are ready and over which the stream is confirmed, by the names of their peers. */
export const linksFor = async (node: SmallNode, stream: StreamId, among: readonly SmallNode[]): Promise<readonly string[]> => {
  const { peers } = await node.neuron.commands.snapshot()
  const isGood = ({ state, link }: PeerView): boolean => state === 'ready' && link?.streams.includes(stream) === true
  return peers.filter(isGood).map(({ id }) => among.find(({ home }) => home.key.publicKey === id)?.home.name ?? id).sort()
}

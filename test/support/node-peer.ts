import { WebSocket } from 'ws'
import { equalBytes, fromHex } from '../../src/base/bytes.ts'
import { decode } from '../../src/base/codec.ts'
import { startDataServer, type DataServer } from '../../src/data/data-server.ts'
import { peerCode } from '../../src/data/peer-code.ts'
import { signedHeadCodec, type SignedHead } from '../../src/domain/head.ts'
import { PAGE_ROWS } from '../../src/domain/page.ts'
import type { ObservationRow } from '../../src/domain/row.ts'
import type { PublicKey, StreamId } from '../../src/domain/stream.ts'
import { createVerify, openIdentity } from '../../src/identity/web-identity.ts'
import { createOpenPeerLink } from '../../src/link/secure-link.ts'
import { createIntroductions, type Introductions } from '../../src/neuron/introductions.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Identity } from '../../src/ports/identity.ts'
import type { LinkEnd, LinkFacts, OpenPeerLink } from '../../src/ports/peer-link.ts'
import { SIGNALING_PATH } from '../../src/protocol/signaling.ts'
import { createSignalingClient, type SignalingClient, type SignalingNotice, type TextSocket } from '../../src/pubsub/signaling-client.ts'
import { createSystemClock, createSystemRandom, digestSha256 } from '../../src/runtime/system.ts'
import { atHand } from './at-hand.ts'
import { hash, historyOf, type TestHistory } from './history.ts'
import { createMemoryStore, type MemoryStore } from './memory-store.ts'
import { createLyingPipe, flipLast, type Mischief } from './mischief.ts'
import { createNodeDialer, type NodeDialer } from './node-dialer.ts'
import { until } from './until.ts'

export interface NodePeerOptions {
  /** Of the server, http. */
  readonly url: string
  readonly stream: StreamId
  /** All rows of the stream as its publisher has them. */
  readonly rows: readonly ObservationRow[]
  readonly mischief?: Mischief
}

/** A subscriber that has a whole history and offers it to every newcomer. */
export interface NodePeer {
  /** The key that it checks in with. */
  readonly publicKey: PublicKey
  /** How its links ended, in order, and when, milliseconds. */
  readonly ends: readonly (LinkEnd & { readonly at: number })[]
  close(): void
}

/**
 * A node without a browser: the project's own data process, introductions and signaling client over real WebRTC and a
 * real WebSocket. What it does wrong, it does on its links only, as `mischief` says.
 */
export const startNodePeer = async (options: NodePeerOptions): Promise<NodePeer> => {
  const { url, stream, rows, mischief = 'none' } = options
  const parts: Parts = { introductions: null, dialer: null }
  const clock = createEndingClock()
  const identity = await createIdentity()
  const server = connectTo(url, identity, clock, (notice) => parts.introductions?.onNotice(notice))
  await until('the check-in of a node peer', async () => server.state.is === 'checked-in')
  const { history, head } = await look(server, stream, rows)
  const ends: (LinkEnd & { readonly at: number })[] = []
  const linked = new Set<PublicKey>()
  const data = await serve({ clock, identity, store: await fill(history, head), openPeerLink: await openLinks(mischief, identity, clock, { ends, linked }) })
  const dialer = createNodeDialer({ attach: data.attachPeer, emit: (event) => parts.introductions?.onDial(event) })
  parts.introductions = createIntroductions({
    clock,
    // The coin of an offer always falls on yes.
    random: { ...createSystemRandom(), next: () => 0 },
    log: () => undefined,
    server,
    dialer,
    iceServers: () => [],
    rowsOf: (one) => (one === stream ? rows.length : 0),
    isLinked: (peer) => linked.has(peer),
    self: identity.publicKey,
    authorOf: () => null,
    hasRoom: () => true,
    meeting: () => undefined,
    failed: () => undefined,
    avoidance: { has: () => false, noteLapse: () => undefined, noteMet: () => undefined },
    changed: () => undefined,
  })
  const subscribed = await server.request({ type: 'subscribe', stream, epoch: 0, rows: rows.length })
  if (!subscribed.ok) throw new Error(subscribed.error.message)
  return {
    publicKey: identity.publicKey,
    ends,
    close: () => {
      server.close()
      clock.end()
      dialer.close()
    },
  }
}

interface Parts {
  introductions: Introductions | null
  dialer: NodeDialer | null
}

const createIdentity = (): Promise<Identity> => openIdentity({ load: async () => null, save: async () => undefined })

const connectTo = (url: string, identity: Identity, clock: Clock, onNotice: (notice: SignalingNotice) => void): SignalingClient =>
  createSignalingClient({
    clock,
    random: createSystemRandom(),
    url: `${url.replace(/^http/, 'ws')}${SIGNALING_PATH}`,
    openSocket: openNodeSocket,
    prove: async (nonce, host) => ({
      ok: true,
      value: { publicKey: identity.publicKey, signature: await identity.signCheckIn(nonce, host) },
    }),
    onState: () => undefined,
    onNotice,
  })

const openNodeSocket = (url: string): TextSocket => {
  const socket = new WebSocket(url)
  // What went wrong is told again by `close`.
  socket.on('error', () => undefined)
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => {
      socket.removeAllListeners('message').removeAllListeners('close').close()
    },
    listen: ({ message, closed }) => {
      socket.on('message', (data, isBinary) => message(isBinary || !Buffer.isBuffer(data) ? null : data.toString()))
      socket.on('close', (code, reason) => closed(code, reason.toString()))
    },
  }
}

/** The head comes from the directory, the rows from the test: they must belong together. */
const look = async (
  server: SignalingClient,
  stream: StreamId,
  rows: readonly ObservationRow[],
): Promise<{ readonly history: TestHistory; readonly head: SignedHead }> => {
  const answer = await server.request({ type: 'directory', after: null, search: stream, follows: null })
  const entry = answer.ok && answer.value.type === 'entries' ? answer.value.entries.find(({ id }) => id === stream) : undefined
  if (entry === undefined) throw new Error('the stream is not listed')
  const head = decode(signedHeadCodec, fromHex(entry.head), 'head')
  if (!head.ok) throw new Error(head.error.message)
  const history = historyOf(entry.identity, rows, PAGE_ROWS)
  if (!equalBytes(history.root, head.value.head.root)) throw new Error('these rows are not the ones that the head commits to')
  return { history, head: head.value }
}

const fill = async ({ stream, identity, hashes, pages, pageHashes }: TestHistory, head: SignedHead): Promise<MemoryStore> => {
  const store = createMemoryStore()
  const named = pageHashes.map((pageHash, page) => ({ hash: pageHash, bytes: pages[page] ?? new Uint8Array(0) }))
  const record = { stream, identity, subscribed: true, paused: false, head, hashes, download: null, archive: [], fork: null, checkedAt: null, toldOf: null }
  const committed = await store.commit({ record, pages: named })
  if (!committed.ok) throw new Error(committed.error.message)
  return store
}

const serve = async (deps: {
  readonly clock: Clock
  readonly identity: Identity
  readonly store: MemoryStore
  readonly openPeerLink: OpenPeerLink
}): Promise<DataServer> => {
  const { store, ...others } = deps
  const started = await startDataServer({ ...others, createStore: () => store, verify: createVerify(), sha256: hash, digest: digestSha256, code: atHand(peerCode) })
  if (!started.ok) throw new Error(started.error.message)
  return started.value
}

/** Links as this peer makes them: it proves what it wants to, and tells how each one ended. */
const openLinks = async (
  mischief: Mischief,
  own: Identity,
  clock: Clock,
  { ends, linked }: { readonly ends: (LinkEnd & { readonly at: number })[]; readonly linked: Set<PublicKey> },
): Promise<OpenPeerLink> => {
  const identity = mischief === 'impostor' ? await createIdentity() : own
  // Who stands in between does not mind what the other side signs.
  const verify = mischief === 'wrong-fingerprint' ? async () => true : createVerify()
  const open = createOpenPeerLink({ clock, random: createSystemRandom(), identity, verify })
  return (pipe, facts, handlers) => {
    linked.add(facts.expected)
    return open(createLyingPipe(pipe, mischief), seenBy(mischief, facts), {
      ...handlers,
      ended: (end) => {
        linked.delete(facts.expected)
        ends.push({ ...end, at: clock.now() })
        handlers.ended(end)
      },
    })
  }
}

const seenBy = (mischief: Mischief, facts: LinkFacts): LinkFacts =>
  mischief === 'wrong-fingerprint' ? { ...facts, localFingerprint: flipLast(facts.localFingerprint) } : facts

/** The system's clock, except that it can be told that nothing more is to happen. */
const createEndingClock = (): Clock & { end(): void } => {
  const system = createSystemClock()
  const timers = new Set<() => void>()
  let ended = false
  return {
    now: system.now,
    after: (delayMs, run) => {
      if (ended) return () => undefined
      const cancel = system.after(delayMs, () => {
        timers.delete(cancel)
        run()
      })
      timers.add(cancel)
      return cancel
    },
    end: () => {
      ended = true
      for (const cancel of timers) cancel()
    },
  }
}

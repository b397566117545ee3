import { setTimeout as sleep } from 'node:timers/promises'
import { toHex } from '../../../src/base/bytes.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, liveHex, type NodeKey } from '../../support/node-key.ts'
import { send, type Client, type Contender, type Message, type Server } from './contenders.ts'

/**
 * What two Chromium pages with the peerjs client say to each other through our PeerServer for one data channel (counted): an offer or an
 * answer of 640–710 characters, and two candidates of 310 each way. simple-peer, which our own pages use, says the same.
 */
const SDP = 'x'.repeat(700)
const CANDIDATE = 'x'.repeat(310)
const CANDIDATES = 2

/** Each of the two is to hear this many words of the other. */
const WORDS = 1 + CANDIDATES

/** Settles an introduction when both have heard everything. */
const bothHeard = (done: () => void): (() => void) => {
  let left = 2 * WORDS
  return () => {
    left--
    if (left === 0) done()
  }
}

/** So many connections are opened at a time: more only fill the system's queue of waiting ones. */
const AT_ONCE = 64

export const connectMany = async (server: Server, count: number, keys: readonly NodeKey[] = []): Promise<readonly Client[]> => {
  const clients: Client[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const number = next++
      // By its number, whichever is there first: the two of a pair are to be where their numbers put them.
      clients[number] = await server.connect(number, keys[number])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return clients
}

const closeAll = (clients: readonly Client[]): void => {
  for (const { socket } of clients) socket.terminate()
}

export interface Pairings {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The server's processor time for each introduction, microseconds. */
  readonly processorUs: number
}

/** One introduction from the first word to the last: both call, are matched, and hold each other's description and candidates. */
type Introduce = (a: Client, b: Client, number: number, server: Server) => Promise<void>

/** Pairs introduce themselves again and again for a time, `pairs` of them at once. */
export const measurePairings = async (contender: Contender, { pairs, forMs }: { readonly pairs: number; readonly forMs: number }): Promise<Pairings> => {
  const server = await contender.start()
  const clients = await connectMany(server, 2 * pairs)
  const introduce = INTRODUCTIONS[contender.name] ?? byKey
  const times: number[] = []
  const usedBefore = server.processorMs()
  const start = performance.now()
  let number = 0
  const work = async (pair: number): Promise<void> => {
    const [a, b] = [clients[2 * pair], clients[2 * pair + 1]]
    while (a !== undefined && b !== undefined && performance.now() < start + forMs) {
      const began = performance.now()
      await introduce(a, b, number++, server)
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: pairs }, (_, pair) => work(pair)))
  const seconds = (performance.now() - start) / 1_000
  const processorUs = ((server.processorMs() - usedBefore) / times.length) * 1_000
  closeAll(clients)
  await server.stop()
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN
  return { perSecond: times.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), processorUs }
}

const run = toHex(createNodeKey().sign(new Uint8Array(1))).slice(0, 48)

const byKey: Introduce = (a, b, number) =>
  new Promise((resolve) => {
    const key = run + number.toString(16).padStart(16, '0')
    const isOurs = (message: Message, type: string): boolean => message['type'] === type && message['key'] === key
    const describe = (one: Client): void => {
      send(one, { type: 'signal', key, signal: SDP })
      for (let i = 0; i < CANDIDATES; i++) send(one, { type: 'signal', key, signal: CANDIDATE })
    }
    const heard = bothHeard(() => {
      for (const one of [a, b]) send(one, { type: 'leave', key })
      resolve()
    })
    a.hear = (message) => {
      if (isOurs(message, 'matched')) describe(a)
      if (isOurs(message, 'signal')) heard()
    }
    let isAnswered = false
    b.hear = (message) => {
      if (!isOurs(message, 'signal')) return
      if (!isAnswered) describe(b)
      isAnswered = true
      heard()
    }
    send(a, { type: 'rendezvous', re: 1, key })
    send(b, { type: 'rendezvous', re: 1, key })
  })

const byId: Introduce = (a, b, number) =>
  new Promise((resolve) => {
    const connectionId = String(number)
    const describe = (from: Client, dst: string, type: 'OFFER' | 'ANSWER'): void => {
      send(from, { type, dst, payload: { sdp: SDP, connectionId } })
      for (let i = 0; i < CANDIDATES; i++) send(from, { type: 'CANDIDATE', dst, payload: { candidate: CANDIDATE, connectionId } })
    }
    const heard = bothHeard(resolve)
    b.hear = ({ type }) => {
      if (type === 'OFFER') describe(b, a.name, 'ANSWER')
      heard()
    }
    a.hear = heard
    describe(a, b.name, 'OFFER')
  })

/**
 * By a key that serves once, which a PeerServer has only as an id: who waits connects under it, and is gone afterwards.
 * `byId` is two nodes that know each other already.
 */
const byOnceId: Introduce = async (_, b, number, server) => {
  const waiting = await server.connect(ONCE + number)
  await byId(b, waiting, number, server)
  waiting.socket.terminate()
}

/** Above the numbers of clients that stay. */
const ONCE = 1_000_000

/** A WebTorrent page waits for its candidates and puts them into its description. */
const WHOLE_SDP = SDP + CANDIDATE.repeat(CANDIDATES)

/** As two WebTorrent pages do it: both announce themselves with an offer; the offer of the later one reaches the earlier. */
const byAnnouncement: Introduce = (a, b, number) =>
  new Promise((resolve) => {
    const info_hash = number.toString(16).padStart(20, '0')
    const announce = (one: Client, more: object): void => send(one, { action: 'announce', info_hash, peer_id: one.name, ...more })
    const hearAs = (one: Client): Client['hear'] => (message) => {
      const { offer, offer_id, peer_id, answer } = message
      if (message['info_hash'] !== info_hash) return
      if (offer !== undefined) announce(one, { to_peer_id: peer_id, offer_id, answer: { type: 'answer', sdp: WHOLE_SDP } })
      if (answer === undefined) return
      for (const each of [a, b]) announce(each, { event: 'stopped' })
      resolve()
    }
    for (const one of [a, b]) {
      one.hear = hearAs(one)
      announce(one, { event: 'started', numwant: 1, offers: [{ offer_id: one.name, offer: { type: 'offer', sdp: WHOLE_SDP } }] })
    }
  })

const INTRODUCTIONS: Readonly<Record<string, Introduce>> = { PeerServer: byId, 'PeerServer, ids once': byOnceId, 'bittorrent-tracker': byAnnouncement }

export interface Crowd {
  readonly bytesEach: number
  readonly fanOutMs: readonly number[]
  readonly stormMs: number
}

/** Holds `idle` connections; a row goes to `subscribers` of them; then those are cut and all come back at once. */
export const measureCrowd = async (contender: Contender, { idle, subscribers }: { readonly idle: number; readonly subscribers: number }): Promise<Crowd> => {
  const server = await contender.start()
  await closeWhenReady(await connectMany(server, 200))
  const before = server.memory()
  const clients = await connectMany(server, idle)
  await sleep(2_000)
  const bytesEach = (server.memory() - before) / idle
  const members = clients.slice(0, subscribers)
  const fanOutMs = contender.name === 'zazen' ? await fanOutRows(server, members) : await fanOutTexts(members)
  closeAll(members)
  // A node that comes back has its key: the load must not spend the time that is measured on making it.
  const keys = contender.name === 'zazen' ? members.map(() => createNodeKey()) : []
  await sleep(1_000)
  const start = performance.now()
  const back = await connectMany(server, subscribers, keys)
  const stormMs = performance.now() - start
  closeAll([...clients, ...back])
  await server.stop()
  return { bytesEach, fanOutMs, stormMs }
}

/** The first connections cost what every process pays once. */
const closeWhenReady = async (clients: readonly Client[]): Promise<void> => {
  closeAll(clients)
  await sleep(500)
}

const ROUNDS = 5

const fanOutRows = async (server: Server, members: readonly Client[]): Promise<readonly number[]> => {
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = idOf(identity)
  const publisher = await server.connect(-1, key)
  const heard = (of: readonly Client[], type: string): Promise<unknown> =>
    Promise.all(of.map((one) => new Promise<void>((resolve) => (one.hear = (message) => message['type'] === type && resolve()))))
  const listed = heard([publisher], 'done')
  send(publisher, { type: 'register', re: 1, identity, head: headHex(headOf(key, stream, 1)) })
  await listed
  const joined = heard(members, 'done')
  for (const member of members) send(member, { type: 'subscribe', re: 1, stream, epoch: 0, rows: 1 })
  await joined
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const all = heard(members, 'observation')
    const began = performance.now()
    send(publisher, { type: 'publish', re: 2, stream, live: liveHex(headOf(key, stream, round + 2)) })
    await all
    times.push(performance.now() - began)
  }
  publisher.socket.terminate()
  return times
}

const fanOutTexts = async ([publisher, ...members]: readonly Client[]): Promise<readonly number[]> => {
  const times: number[] = []
  for (let round = 0; round < ROUNDS && publisher !== undefined; round++) {
    const all = Promise.all(members.map((one) => new Promise<void>((resolve) => (one.hear = () => resolve()))))
    const began = performance.now()
    send(publisher, { type: 'publish', key: '', live: SDP })
    await all
    times.push(performance.now() - began)
  }
  return times
}

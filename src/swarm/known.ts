import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { SwarmConfig } from './config.ts'
import type { KnownStream } from './words.ts'

/** That a peer still serves a stream is news after this, and one that has not been seen for as long makes room for others, milliseconds. */
const NEWS_MS = 600_000

/**
 * Who has confirmed lately that it serves a stream: whom to look for after a reload when there is no server to ask. Bounded;
 * a crowd that confirms pushes out nobody who was seen in the last ten minutes.
 */
export interface Known {
  note(stream: StreamId, peer: PublicKey, at: number): void
  forget(stream: StreamId): void
  peersOf(stream: StreamId): Iterable<PublicKey>
  all(): readonly KnownStream[]
  /** Changed since it was last asked. */
  takeNews(): boolean
}

export const createKnown = (kept: readonly KnownStream[], config: SwarmConfig): Known => {
  const streams = new Map<StreamId, Map<PublicKey, number>>()
  let isNews = false
  const note = (stream: StreamId, peer: PublicKey, at: number): void => {
    const peers = streams.get(stream) ?? new Map<PublicKey, number>()
    const before = peers.get(peer)
    if (before !== undefined && isNear(at, before)) return
    if (before === undefined && !makeRoom(peers, config.maxKnownPerStream, (seen) => isNear(at, seen))) return
    if (!streams.has(stream) && !makeRoom(streams, config.maxKnownStreams, (those) => [...those.values()].some((seen) => isNear(at, seen)))) return
    isNews = true
    peers.delete(peer)
    peers.set(peer, at)
    streams.delete(stream)
    streams.set(stream, peers)
  }
  for (const { stream, peers } of kept) for (const { peer, at } of peers) note(stream, peer, at)
  isNews = false
  return {
    note,
    forget: (stream) => {
      isNews = streams.delete(stream) || isNews
    },
    peersOf: (stream) => streams.get(stream)?.keys() ?? [],
    all: () => [...streams].map(([stream, peers]) => ({ stream, peers: [...peers].map(([peer, at]) => ({ peer, at })) })),
    takeNews: () => {
      const was = isNews
      isNews = false
      return was
    },
  }
}

/** The first of the table is the one seen longest ago. False: it is full of those seen lately. */
const makeRoom = <K, V>(table: Map<K, V>, most: number, isFresh: (value: V) => boolean): boolean => {
  const [oldest] = table
  if (table.size < most || oldest === undefined) return true
  return !isFresh(oldest[1]) && table.delete(oldest[0])
}

/** A time of the future is no more near than one of long ago: the clock was set back since. */
const isNear = (now: number, seen: number): boolean => Math.abs(now - seen) < NEWS_MS

import { decode, encode } from '../../base/codec.ts'
import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { err, fail, ok, type Result } from '../../base/result.ts'
import type { PublicKey, StreamId } from '../../domain/stream.ts'
import type { PeerFrame } from '../../protocol/frame.ts'
import { MAX_FOLLOWED_PER_FRAME, MAX_FOLLOWED_PER_LINK } from '../../protocol/limits.ts'
import { liveCodec, type LiveMessage } from '../../protocol/live.ts'
import type { Downloads } from '../downloads/downloads.ts'
import type { LiveOutcome } from '../history/history-growth.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { barred, isFollowed, noteProblem } from '../streams/entry.ts'
import { createLiveBuffer } from './live-buffer.ts'
import type { Watchers } from './watchers.ts'

interface LiveLink {
  readonly number: number
  readonly peer: PublicKey
  send(frame: PeerFrame): void
}

/**
 * New rows on their way (M20, M21): from this node to the server and to the peers that follow; from either to this
 * node. Whichever path is first wins; what a peer brought is passed on, so that rows reach further than the publisher.
 */
export interface LiveRows {
  /** A row that this node has signed and kept. */
  announce(stream: StreamId, live: LiveMessage): void
  /** A download has brought this node further: rows that waited for it are taken, and whoever hears of the stream sees by the last row what it lacks and may fetch here, and who keeps it. */
  caughtUp(stream: StreamId): Promise<void>
  /** A row from pub/sub (null) or from a link. */
  take(stream: StreamId, live: Bytes, from: number | null): Promise<Result<LiveOutcome>>
  /** These very bytes were the last of their stream to be judged, or said here, and this node had the row: there is nothing to do. */
  isRepeat(stream: StreamId, live: Bytes): boolean
  /** Rows for which it is too soon. */
  waiting(): number
  /** What a peer wants to be told; more than a bound is refused by answering false. */
  follow(link: number, streams: readonly StreamId[]): boolean
  unfollow(link: number, streams: readonly StreamId[]): void
  /** The links whose peers are told of the stream: those who follow it, and its publisher, who may have lost what is here, or signed something else elsewhere. */
  hearers(stream: StreamId): readonly number[]
  /** How many streams that are here this link's peer follows; O(streams it follows). */
  followedOver(link: number): number
  linkReady(link: LiveLink): void
  linkGone(link: number): void
  /** This node has begun or ended to subscribe. */
  subscribed(stream: StreamId, wanted: boolean): void
}

interface Followed {
  readonly link: LiveLink
  /** What its peer has asked to be told. */
  readonly streams: Set<StreamId>
  /** What its peer was asked for: no more than it lets anybody follow. */
  readonly asked: Set<StreamId>
}

export interface LiveRowsDeps {
  readonly catalogue: Catalogue
  readonly downloads: Downloads
  readonly watchers: Watchers
}

export const createLiveRows = ({ catalogue, downloads, watchers }: LiveRowsDeps): LiveRows => {
  const links = new Map<number, Followed>()
  // A row comes once over every path: only the first is worth a signature check.
  const last = new Map<StreamId, Bytes>()
  const waiting = createLiveBuffer()
  const ask = ({ link, asked }: Followed, streams: readonly StreamId[]): void => {
    for (const stream of streams) if (asked.size < MAX_FOLLOWED_PER_LINK) asked.add(stream)
    const allowed = streams.filter((stream) => asked.has(stream))
    for (let at = 0; at < allowed.length; at += MAX_FOLLOWED_PER_FRAME)
      link.send({ type: 'follow', request: 0, streams: allowed.slice(at, at + MAX_FOLLOWED_PER_FRAME) })
  }
  const wantedOfOthers = (): readonly StreamId[] => [...catalogue.all()].filter(isFollowed).map(({ history }) => history.record.stream)
  /** Its place goes to one that had none. O(streams kept), where the places did not suffice. */
  const leave = (followed: Followed, stream: StreamId): void => {
    const wasFull = followed.asked.size === MAX_FOLLOWED_PER_LINK
    followed.asked.delete(stream)
    followed.link.send({ type: 'unfollow', request: 0, streams: [stream] })
    if (wasFull) ask(followed, wantedOfOthers().filter((other) => !followed.asked.has(other)))
  }
  const pass = (stream: StreamId, live: Bytes, except: number | null): void => {
    for (const { link, streams } of links.values())
      if (link.number !== except && streams.has(stream)) link.send({ type: 'live', request: 0, stream, live })
  }
  const hearers = (stream: StreamId): readonly LiveLink[] => {
    const author = catalogue.get(stream)?.history.record.identity.author
    return [...links.values()].filter(({ link, streams }) => streams.has(stream) || link.peer === author).map(({ link }) => link)
  }
  const sayArrived = (stream: StreamId, { row, head }: LiveMessage, from: number | null): void => {
    const peer = from === null ? null : (links.get(from)?.link.peer ?? null)
    const message = `observation ${head.head.rows - 1} verified and kept: ${row.value}`
    watchers.log({ level: 'info', direction: 'in', stream, peer, message })
  }
  const takeOne: LiveRows['take'] = async (stream, bytes, from) => {
    const entry = catalogue.get(stream)
    if (entry === undefined) return fail('unknown-stream', 'This node does not keep that stream.')
    const live = decode(liveCodec, bytes, 'live message')
    if (!live.ok) return live
    const bar = barred(entry, live.value.head.head)
    if (bar !== null) return err(bar)
    const outcome = await entry.history.receive(live.value)
    if (!outcome.ok) {
      // A forger proves nothing about the stream; anything else is a trouble of the stream itself.
      if (outcome.error.code === 'forged-head') return outcome
      // Whatever kept it from being kept here: there is more, and that is fetched as soon as it can be.
      const learnt = await catalogue.learn(live.value.head)
      if (!learnt.ok) return learnt
      if (outcome.error.code === 'damaged-page') await catalogue.noteDamage(entry, outcome.error)
      noteProblem(entry, outcome.error)
      watchers.changed(stream)
      return outcome
    }
    if (outcome.value !== 'behind') last.set(stream, bytes)
    else if (entry.history.record.subscribed) waiting.keep(stream, live.value.head.head.rows, { live: bytes, from })
    const learnt = outcome.value === 'known' ? null : await catalogue.learn(live.value.head)
    if (learnt?.ok === false) return learnt
    if (outcome.value === 'appended') {
      // It is on disk: what kept earlier rows from it is over. A fork and a damaged page are not.
      if (!entry.damaged && entry.problem?.code !== 'diverged') noteProblem(entry, null)
      sayArrived(stream, live.value, from)
      watchers.changed(stream)
      pass(stream, bytes, from)
    }
    return ok(outcome.value)
  }
  /** What has waited for the rows that are here now, one after the other. */
  const takeWaiting = async (stream: StreamId): Promise<void> => {
    for (let rows = -1, next = rowsOf(stream); next > rows; next = rowsOf(stream)) {
      rows = next
      for (const { live, from } of waiting.take(stream, rows + 1)) await takeOne(stream, live, from)
    }
  }
  /** The last row and its head. Another may come while it is read, and is not told to everyone who hears of the stream: then that one. */
  const newestOf = async (stream: StreamId): Promise<LiveMessage | null> => {
    const history = catalogue.get(stream)?.history
    for (;;) {
      const head = history?.record.head ?? null
      if (history === undefined || head === null) return null
      const read = await history.read(head.head.rows - 1, 1)
      const [row] = read.ok ? read.value : []
      if (catalogue.get(stream)?.history !== history) return null
      if (history.record.head === head) return row === undefined ? null : { row, head }
    }
  }
  const rowsOf = (stream: StreamId): number => catalogue.get(stream)?.history.rows ?? 0
  return {
    announce: (stream, live) => {
      const bytes = encode(liveCodec, live)
      last.set(stream, bytes)
      // The state first: whoever publishes the row has listed the stream by then.
      watchers.changed(stream)
      watchers.notify({ type: 'live-row', stream, live: bytes })
      pass(stream, bytes, null)
    },
    caughtUp: async (stream) => {
      await takeWaiting(stream)
      const newest = await newestOf(stream)
      if (newest === null) return
      const live = encode(liveCodec, newest)
      last.set(stream, live)
      for (const link of hearers(stream)) link.send({ type: 'live', request: 0, stream, live })
    },
    take: async (stream, bytes, from) => {
      const taken = await takeOne(stream, bytes, from)
      if (!taken.ok) return taken
      if (taken.value === 'appended') await takeWaiting(stream)
      downloads.consider(stream)
      return taken
    },
    isRepeat: (stream, bytes) => {
      const known = last.get(stream)
      return known !== undefined && equalBytes(known, bytes)
    },
    waiting: () => waiting.size,
    follow: (number, streams) => {
      const followed = links.get(number)?.streams
      if (followed === undefined) return true
      for (const stream of streams) followed.add(stream)
      return followed.size <= MAX_FOLLOWED_PER_LINK
    },
    unfollow: (number, streams) => {
      for (const stream of streams) links.get(number)?.streams.delete(stream)
    },
    followedOver: (number) => {
      let count = 0
      for (const stream of links.get(number)?.streams ?? []) if ((catalogue.get(stream)?.history.rows ?? 0) > 0) count++
      return count
    },
    hearers: (stream) => hearers(stream).map(({ number }) => number),
    linkReady: (link) => {
      const followed = { link, streams: new Set<StreamId>(), asked: new Set<StreamId>() }
      links.set(link.number, followed)
      ask(followed, wantedOfOthers())
    },
    linkGone: (number) => {
      links.delete(number)
    },
    subscribed: (stream, wanted) => {
      // Forgotten and wanted again, it begins without the row that was the last.
      last.delete(stream)
      if (!wanted) waiting.forget(stream)
      for (const followed of links.values()) {
        if (wanted) ask(followed, [stream])
        else leave(followed, stream)
      }
    },
  }
}

import { toHex } from '../base/bytes.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { Dialer, DialEvent, IceServer } from '../ports/dialer.ts'
import type { LogDep } from '../ports/log.ts'
import type { RandomDep } from '../ports/random.ts'
import type { MetaMessage } from '../protocol/meta.ts'
import { OFFER_WAIT_MS } from '../protocol/limits.ts'
import type { SignalingClient, SignalingNotice } from '../pubsub/signaling-client.ts'

/** Offers accepted for one stream at a time: enough to fetch from several, not so many that a join dials a crowd. */
const MAX_SOURCES = 4

/** A stream nobody serves is asked for again after this, doubling up to the longest, milliseconds. */
const FIRST_SEEK_MS = 5_000
const LONGEST_SEEK_MS = 60_000

export interface IntroductionsDeps extends ClockDep, RandomDep, LogDep {
  readonly server: Pick<SignalingClient, 'request' | 'tell'>
  readonly dialer: Dialer
  readonly iceServers: () => readonly IceServer[]
  /** Verified rows of a stream this node has; 0: it cannot serve it. */
  readonly rowsOf: (stream: StreamId) => number
  readonly isLinked: (peer: PublicKey) => boolean
  readonly changed: () => void
}

/** How nodes find each other: offers through a stream's meta topic, then the rendezvous, then a channel (M9–M12). */
export interface Introductions {
  /**
   * Someone may have rows of this stream that we lack: find them. Asking again while it is under way does nothing.
   * `joining`: the server is just announcing us, offers come by themselves; else they are asked for at once.
   */
  seek(stream: StreamId, joining: boolean): void
  /** The stream is complete, or no longer wanted. */
  settle(stream: StreamId): void
  onNotice(notice: SignalingNotice): void
  onDial(event: DialEvent): void
  /** The server was lost or is back: what was under way with it is over. */
  reset(): void
  /** Peers a connection is being made to. */
  connecting(): readonly { readonly peer: PublicKey; readonly since: number }[]
}

interface Seeking {
  readonly accepted: Set<PublicKey>
  delayMs: number
  cancel: () => void
}

interface Meeting {
  readonly key: string
  readonly peer: PublicKey
  readonly stream: StreamId
  readonly since: number
  /** Both are there: from now on the dial decides how it ends. */
  matched: boolean
}

export const createIntroductions = (deps: IntroductionsDeps): Introductions => {
  const { clock, random, log, server, dialer } = deps
  const seeking = new Map<StreamId, Seeking>()
  const meetings = new Map<string, Meeting>()

  const meta = (stream: StreamId, to: PublicKey | null, body: MetaMessage): void => {
    ask(server.request({ type: 'meta', stream, to, body }), stream, `meta ${body.kind}`)
  }
  const ask = (request: ReturnType<SignalingClient['request']>, stream: StreamId, what: string): void => {
    void request.then((answer) => {
      if (!answer.ok && answer.error.code !== 'disconnected')
        log({ level: 'warn', stream, message: `${what}: ${answer.error.message}` })
    })
  }
  const askAgain = (stream: StreamId, delayMs: number): void => {
    const search = seeking.get(stream)
    if (search === undefined) return
    search.cancel = clock.after(delayMs, () => {
      search.accepted.clear()
      meta(stream, null, { kind: 'request-history', rows: deps.rowsOf(stream) })
      search.delayMs = Math.min(LONGEST_SEEK_MS, Math.max(FIRST_SEEK_MS, search.delayMs * 2))
      askAgain(stream, search.delayMs * (0.75 + random.next() / 2))
    })
  }
  const offer = (stream: StreamId, to: PublicKey): void => {
    const rows = deps.rowsOf(stream)
    if (rows === 0 || deps.isLinked(to)) return
    meta(stream, to, { kind: 'offer', rows })
    log({ direction: 'out', stream, peer: to, message: `offered its history: ${rows} rows` })
  }
  const meet = (meeting: Meeting): void => {
    meetings.set(meeting.key, meeting)
    ask(server.request({ type: 'rendezvous', key: meeting.key }), meeting.stream, 'rendezvous')
    deps.changed()
  }
  const isMeeting = (peer: PublicKey): boolean => [...meetings.values()].some((meeting) => meeting.peer === peer)
  const accept = (stream: StreamId, from: PublicKey, rows: number): void => {
    const search = seeking.get(stream)
    if (search === undefined || rows <= deps.rowsOf(stream) || search.accepted.size >= MAX_SOURCES) return
    if (deps.isLinked(from) || isMeeting(from)) return
    search.accepted.add(from)
    const key = toHex(random.bytes(32))
    meta(stream, from, { kind: 'accept', key })
    log({ direction: 'in', stream, peer: from, message: `accepted an offer of ${rows} rows` })
    meet({ key, peer: from, stream, since: clock.now(), matched: false })
  }
  const onMeta = (stream: StreamId, from: PublicKey, body: MetaMessage): void => {
    switch (body.kind) {
      case 'request-history':
        if (body.rows < deps.rowsOf(stream)) offer(stream, from)
        return
      case 'offer':
        accept(stream, from, body.rows)
        return
      case 'accept':
        if (deps.rowsOf(stream) > 0 && !deps.isLinked(from))
          meet({ key: body.key, peer: from, stream, since: clock.now(), matched: false })
    }
  }
  const finish = (key: string): Meeting | undefined => {
    const meeting = meetings.get(key)
    meetings.delete(key)
    deps.changed()
    return meeting
  }
  const onNotice = (notice: SignalingNotice): void => {
    switch (notice.type) {
      case 'joined':
        // Probability ½ each, so that a popular stream does not answer with a crowd; nobody: the newcomer asks again.
        if (notice.rows < deps.rowsOf(notice.stream) && random.next() < 0.5) offer(notice.stream, notice.member)
        return
      case 'meta':
        onMeta(notice.stream, notice.from, notice.body)
        return
      case 'matched': {
        const meeting = meetings.get(notice.key)
        // Only the one who was to come: a key that leaked to someone else leads nowhere.
        if (meeting?.peer !== notice.peer) {
          server.tell({ type: 'leave', key: notice.key })
          return
        }
        meeting.matched = true
        dialer.open({ key: notice.key, role: notice.role, peer: notice.peer, iceServers: deps.iceServers() })
        return
      }
      case 'signal':
        if (meetings.has(notice.key)) dialer.signal(notice.key, notice.signal)
        return
      case 'dropped': {
        const meeting = meetings.get(notice.key)
        // The other side leaves as soon as it is connected; our own end may need a moment more.
        if (meeting === undefined || meeting.matched) return
        finish(notice.key)
        log({ stream: meeting.stream, peer: meeting.peer, message: `the rendezvous ended (${notice.code}): ${notice.message}` })
        return
      }
      case 'observation':
      case 'listed':
    }
  }
  const onDial = (event: DialEvent): void => {
    const meeting = meetings.get(event.key)
    if (meeting === undefined) return
    if (event.type === 'signal') {
      server.tell({ type: 'signal', key: event.key, signal: event.signal })
      return
    }
    server.tell({ type: 'leave', key: event.key })
    finish(event.key)
    if (event.type === 'connected') return
    log({ level: 'warn', stream: meeting.stream, peer: meeting.peer, message: `no connection: ${event.message}` })
  }
  const settle = (stream: StreamId): void => {
    seeking.get(stream)?.cancel()
    seeking.delete(stream)
  }
  return {
    seek: (stream, joining) => {
      if (seeking.has(stream)) return
      seeking.set(stream, { accepted: new Set(), delayMs: 0, cancel: () => undefined })
      askAgain(stream, joining ? OFFER_WAIT_MS : 0)
    },
    settle,
    onNotice,
    onDial,
    reset: () => {
      for (const stream of [...seeking.keys()]) settle(stream)
      for (const key of [...meetings.keys()]) {
        dialer.abandon(key)
        meetings.delete(key)
      }
      deps.changed()
    },
    connecting: () => [...meetings.values()].map(({ peer, since }) => ({ peer, since })),
  }
}

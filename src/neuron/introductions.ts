import { toHex } from '../base/bytes.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { Dialer, DialEvent, IceServer } from '../ports/dialer.ts'
import type { LogDep } from '../ports/log.ts'
import type { RandomDep } from '../ports/random.ts'
import type { MetaMessage } from '../protocol/meta.ts'
import type { SignalingClient, SignalingNotice } from '../pubsub/signaling-client.ts'
import type { Avoidance } from '../swarm/avoidance.ts'
import type { DialTrouble } from '../swarm/words.ts'
import { createInvitations } from './invitations.ts'
import { createMeetings, type Meeting } from './meetings.ts'
import { createOffers } from './offers.ts'
import { createSeeking, type Seeking } from './seeking.ts'

/** Whoever agreed to meet is at the rendezvous by then or does not mean it, milliseconds. */
const COMES_WITHIN_MS = 5_000

export interface IntroductionsDeps extends ClockDep, RandomDep, LogDep {
  readonly self: PublicKey
  readonly server: Pick<SignalingClient, 'request' | 'tell'>
  readonly dialer: Dialer
  readonly iceServers: () => readonly IceServer[]
  /** Verified rows of a stream this node has; 0: it cannot serve it. */
  readonly rowsOf: (stream: StreamId) => number
  /** Whose stream it is, as far as is known: of its sources one place is the publisher's. */
  readonly authorOf: (stream: StreamId) => PublicKey | null
  readonly isLinked: (peer: PublicKey) => boolean
  /** With whom nothing is agreed now; hears who did not come and who could not be reached. */
  readonly avoidance: Pick<Avoidance, 'has' | 'noteLapse' | 'noteMet'>
  /** Whether one link more has room: one that this node looks for, or one that somebody else does. */
  readonly hasRoom: (whose: 'ours' | 'theirs') => boolean
  /** A meeting has begun: under a key of ours, or of the peer's. */
  readonly meeting: (stream: StreamId, peer: PublicKey, ours: boolean) => void
  /** What was to become a link did not, and not by a lapse. */
  readonly failed: (peer: PublicKey, trouble: Exclude<DialTrouble, 'lapsed'>) => void
  readonly changed: () => void
}

/** How nodes find each other: offers through a stream's meta topic, then the rendezvous, then a channel (M9–M12). */
export interface Introductions extends Pick<Seeking, 'seek' | 'hurry' | 'settle'> {
  /** Asks this very peer to meet, whatever it has of the stream; what becomes of it, `deps` hear. */
  meet(peer: PublicKey, stream: StreamId): void
  /** What is under way with this peer is over. */
  forsake(peer: PublicKey): void
  onNotice(notice: SignalingNotice): void
  onDial(event: DialEvent): void
  /** The server was lost or is back: what was under way with it is over. */
  reset(): void
  /** Peers a connection is being made to. */
  connecting(): readonly { readonly peer: PublicKey; readonly since: number }[]
}

export const createIntroductions = (deps: IntroductionsDeps): Introductions => {
  const { clock, random, log, server, dialer, avoidance } = deps
  const seeking = createSeeking({
    ...deps,
    ask: (stream) => {
      meta(stream, null, { kind: 'request-history', rows: deps.rowsOf(stream) })
    },
  })
  const invitations = createInvitations({ clock })
  const offers = createOffers({ clock })
  const meetings = createMeetings({ clock }, (dropped) => {
    onDropped(dropped)
  })

  const meta = (stream: StreamId, to: PublicKey | null, body: MetaMessage): void => {
    ask(server.request({ type: 'meta', stream, to, body }), stream, `meta ${body.kind}`)
  }
  const ask = (request: ReturnType<SignalingClient['request']>, stream: StreamId, what: string): void => {
    void request.then((answer) => {
      if (!answer.ok && answer.error.code !== 'disconnected')
        log({ level: 'warn', stream, message: `${what}: ${answer.error.message}` })
    })
  }
  // Whether there is a link is the seeker's to say: ours to a browser that was killed looks alive for half a minute.
  const offer = (stream: StreamId, to: PublicKey): void => {
    const rows = deps.rowsOf(stream)
    if (rows === 0 || avoidance.has(to) || !deps.hasRoom('theirs')) return
    offers.note(stream, to)
    meta(stream, to, { kind: 'offer', rows })
    log({ direction: 'out', stream, peer: to, message: `offered its history: ${rows} rows` })
  }
  /** The meeting has begun: to the rendezvous. */
  const call = ({ key, stream, peer, ours }: Pick<Meeting, 'key' | 'peer' | 'stream' | 'ours'>): void => {
    deps.meeting(stream, peer, ours)
    const called = server.request({ type: 'rendezvous', key })
    ask(called, stream, 'rendezvous')
    // A refused meeting will never be matched or dropped: kept, it would stand in the way of this peer.
    void called.then((answer) => {
      if (!answer.ok) failMeeting(key)
    })
    deps.changed()
  }
  /** Its time is over, or another needs its place. */
  const onDropped = ({ key, peer, since, matched }: Meeting): void => {
    server.tell({ type: 'leave', key })
    if (matched) dialer.abandon(key)
    if (clock.now() - since >= COMES_WITHIN_MS) avoidance.noteLapse(peer)
    else deps.failed(peer, 'no-way')
    deps.changed()
  }
  /**
   * Who names a new key does not come under the old one. When both have named one at the same time, that of the node with the
   * smaller public key counts for both: else each would wait under its own.
   */
  const leaveWaiting = (peer: PublicKey): void => {
    for (const { key, matched, ours, since } of meetings.all().filter((meeting) => meeting.peer === peer)) {
      const isCrossed = ours && clock.now() - since < COMES_WITHIN_MS
      if (matched || (isCrossed && deps.self < peer)) continue
      server.tell({ type: 'leave', key })
      finish(key)
    }
  }
  const isMeeting = (peer: PublicKey): boolean => meetings.all().some((meeting) => meeting.peer === peer)
  const accept = (stream: StreamId, from: PublicKey, rows: number): void => {
    const isSought = rows > deps.rowsOf(stream) && seeking.hasPlaceFor(stream, from) && deps.hasRoom('ours')
    if (!isSought && !invitations.isFor(from, stream)) return
    if (deps.isLinked(from) || avoidance.has(from) || isMeeting(from)) return
    const meeting = { key: toHex(random.bytes(32)), peer: from, stream, ours: true }
    if (!meetings.begin(meeting)) return
    invitations.end(from)
    seeking.accepted(stream, from)
    meta(stream, from, { kind: 'accept', key: meeting.key })
    log({ direction: 'in', stream, peer: from, message: `accepted an offer of ${rows} rows` })
    call(meeting)
  }
  const meet = (peer: PublicKey, stream: StreamId): void => {
    if (invitations.has(peer) || isMeeting(peer)) return
    const end = invitations.begin(peer, stream, () => {
      deps.failed(peer, 'mute')
    })
    void server.request({ type: 'meta', stream, to: peer, body: { kind: 'meet' } }).then((answer) => {
      if (!answer.ok && end()) deps.failed(peer, answer.error.code === 'not-member' ? 'absent' : 'no-way')
    })
  }
  const onAccepted = (stream: StreamId, from: PublicKey, key: string): void => {
    if (!offers.take(stream, from)) return
    leaveWaiting(from)
    if (deps.rowsOf(stream) === 0 || avoidance.has(from) || isMeeting(from)) return
    const meeting = { key, peer: from, stream, ours: false }
    if (!meetings.begin(meeting)) return
    invitations.end(from)
    call(meeting)
  }
  const onMeta = (stream: StreamId, from: PublicKey, body: MetaMessage): void => {
    switch (body.kind) {
      case 'request-history':
        if (body.rows < deps.rowsOf(stream)) offer(stream, from)
        return
      case 'meet':
        offer(stream, from)
        return
      case 'offer':
        accept(stream, from, body.rows)
        return
      case 'accept':
        onAccepted(stream, from, body.key)
    }
  }
  const finish = (key: string): void => {
    meetings.end(key)
    deps.changed()
  }
  /** It ends for a reason that is not its peer's. */
  const failMeeting = (key: string): void => {
    const peer = meetings.get(key)?.peer
    finish(key)
    if (peer !== undefined) deps.failed(peer, 'no-way')
  }
  /** Others with probability ½ each, so that a popular stream does not answer with a crowd; its publisher always, so that somebody does. */
  const mayOffer = (stream: StreamId): boolean => deps.authorOf(stream) === deps.self || random.next() < 0.5
  const onNotice = (notice: SignalingNotice): void => {
    switch (notice.type) {
      case 'joined':
        if (notice.rows < deps.rowsOf(notice.stream) && mayOffer(notice.stream)) offer(notice.stream, notice.member)
        return
      case 'meta':
        onMeta(notice.stream, notice.from, notice.body)
        return
      case 'matched': {
        const meeting = meetings.get(notice.key)
        // Only the one who was to come: a key that leaked to someone else leads nowhere.
        if (meeting?.peer !== notice.peer) {
          server.tell({ type: 'leave', key: notice.key })
          // The server says no more of this key: kept, it would stand in the way of the one who was to come.
          if (meeting !== undefined) failMeeting(notice.key)
          return
        }
        meetings.match(notice.key)
        dialer.open({ way: 'rendezvous', key: notice.key, role: notice.role, peer: notice.peer, iceServers: deps.iceServers() })
        return
      }
      case 'signal':
        if (meetings.get(notice.key) !== undefined) dialer.signal(notice.key, notice.signal)
        return
      case 'dropped': {
        const meeting = meetings.get(notice.key)
        // The other side leaves as soon as it is connected; our own end may need a moment more.
        if (meeting === undefined || meeting.matched) return
        if (notice.code === 'timeout') {
          finish(notice.key)
          avoidance.noteLapse(meeting.peer)
        } else failMeeting(notice.key)
        log({ stream: meeting.stream, peer: meeting.peer, message: `the rendezvous ended (${notice.code}): ${notice.message}` })
        return
      }
      case 'observation':
      case 'listed':
    }
  }
  const onDial = (event: DialEvent): void => {
    // How an open connection is doing is not its affair.
    if (event.type === 'route') return
    if (event.type === 'reach') {
      log({ level: event.state === 'waiting' ? 'warn' : 'info', message: event.message })
      return
    }
    const meeting = meetings.get(event.key)
    if (meeting === undefined) return
    if (event.type === 'signal') {
      server.tell({ type: 'signal', key: event.key, signal: event.signal })
      return
    }
    server.tell({ type: 'leave', key: event.key })
    finish(event.key)
    if (event.type === 'connected') {
      avoidance.noteMet(meeting.peer)
      return
    }
    // Too much is under way here, or its code could not be loaded: nothing that the peer did.
    if (event.code === 'busy') deps.failed(meeting.peer, 'no-way')
    else avoidance.noteLapse(meeting.peer)
    log({ level: 'warn', stream: meeting.stream, peer: meeting.peer, message: `no connection: ${event.message}` })
  }
  const forsake = (peer: PublicKey): void => {
    invitations.end(peer)
    for (const { key, matched } of meetings.all().filter((meeting) => meeting.peer === peer)) {
      server.tell({ type: 'leave', key })
      if (matched) dialer.abandon(key)
      finish(key)
    }
  }
  return {
    seek: seeking.seek,
    hurry: seeking.hurry,
    settle: seeking.settle,
    meet,
    forsake,
    onNotice,
    onDial,
    reset: () => {
      seeking.reset()
      offers.clear()
      invitations.endAll()
      for (const { key } of meetings.all()) {
        dialer.abandon(key)
        meetings.end(key)
      }
      deps.changed()
    },
    connecting: () => meetings.all().map(({ peer, since }) => ({ peer, since })),
  }
}

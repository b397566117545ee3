import { toHex } from '../base/bytes.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { Dialer, DialEvent, IceServer } from '../ports/dialer.ts'
import type { LogDep } from '../ports/log.ts'
import type { RandomDep } from '../ports/random.ts'
import type { MetaMessage } from '../protocol/meta.ts'
import { OFFER_WAIT_MS } from '../protocol/limits.ts'
import type { SignalingClient, SignalingNotice } from '../pubsub/signaling-client.ts'
import type { Avoidance } from '../swarm/avoidance.ts'
import type { DialTrouble } from '../swarm/words.ts'
import { createMeetings, type Meeting } from './meetings.ts'
import { createOffers } from './offers.ts'

/** Offers accepted for one stream at a time: enough to fetch from several, not so many that a join dials a crowd. */
const MAX_SOURCES = 4

/** Whoever agreed to meet is at the rendezvous by then or does not mean it, milliseconds. */
const COMES_WITHIN_MS = 5_000

/** Whoever is asked to meet offers by then or does not, milliseconds. */
const OFFERS_WITHIN_MS = 5_000

/** A stream nobody serves is asked for again after this, doubling up to the longest, milliseconds. */
const FIRST_SEEK_MS = 5_000
const LONGEST_SEEK_MS = 60_000

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
export interface Introductions {
  /**
   * Someone may have rows of this stream that we lack: find them. Asking again while it is under way does nothing.
   * `joining`: the server is just announcing us, offers come by themselves; else they are asked for at once.
   */
  seek(stream: StreamId, joining: boolean): void
  /** A likely source has come: what is sought is asked for soon instead of at its next turn. */
  hurry(stream: StreamId): void
  /** Asks this very peer to meet, whatever it has of the stream; what becomes of it, `deps` hear. */
  meet(peer: PublicKey, stream: StreamId): void
  /** The stream is being fetched, complete, or no longer wanted. */
  settle(stream: StreamId): void
  onNotice(notice: SignalingNotice): void
  onDial(event: DialEvent): void
  /** The server was lost or is back: what was under way with it is over. */
  reset(): void
  /** Peers a connection is being made to. */
  connecting(): readonly { readonly peer: PublicKey; readonly since: number }[]
}

/** A peer that was asked to meet and has not offered yet. */
interface Invitation {
  readonly stream: StreamId
  readonly cancel: () => void
}

/** Kept when it is settled: whoever lets us down at once, again and again, is asked no sooner for that. */
interface Seeking {
  /** Whose offers were accepted since it was last asked: nobody is met twice for one question. */
  readonly accepted: Set<PublicKey>
  isActive: boolean
  askedAt: number | null
  delayMs: number
  cancel: () => void
}

export const createIntroductions = (deps: IntroductionsDeps): Introductions => {
  const { clock, random, log, server, dialer, avoidance } = deps
  const seeking = new Map<StreamId, Seeking>()
  const invited = new Map<PublicKey, Invitation>()
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
  const askAgain = (stream: StreamId, delayMs: number): void => {
    const search = seeking.get(stream)
    if (search?.isActive !== true) return
    search.cancel()
    search.cancel = clock.after(Math.max(delayMs, restOf(search)), () => {
      search.accepted.clear()
      search.askedAt = clock.now()
      meta(stream, null, { kind: 'request-history', rows: deps.rowsOf(stream) })
      search.delayMs = Math.min(LONGEST_SEEK_MS, Math.max(FIRST_SEEK_MS, search.delayMs * 2))
      askAgain(stream, search.delayMs * (0.75 + random.next() / 2))
    })
  }
  /** How long a stream that was just asked for is not asked for again; a clock that was set back is nobody's reason to wait. */
  const restOf = ({ askedAt }: Seeking): number =>
    askedAt === null ? 0 : Math.min(FIRST_SEEK_MS, askedAt + FIRST_SEEK_MS - clock.now())
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
  /** Strangers that offer first do not get every place: the publisher keeps one. */
  const hasPlace = (stream: StreamId, { accepted }: Seeking, from: PublicKey): boolean => {
    const author = deps.authorOf(stream)
    const kept = author === null || author === from || accepted.has(author) ? 0 : 1
    return accepted.size + kept < MAX_SOURCES && !accepted.has(from)
  }
  const accept = (stream: StreamId, from: PublicKey, rows: number): void => {
    const search = seeking.get(stream)
    const isInvited = invited.get(from)?.stream === stream
    if (!isInvited && !isSought(search, { stream, from, rows })) return
    if (deps.isLinked(from) || avoidance.has(from) || isMeeting(from)) return
    const meeting = { key: toHex(random.bytes(32)), peer: from, stream, ours: true }
    if (!meetings.begin(meeting)) return
    endInvitation(from)
    search?.accepted.add(from)
    meta(stream, from, { kind: 'accept', key: meeting.key })
    log({ direction: 'in', stream, peer: from, message: `accepted an offer of ${rows} rows` })
    call(meeting)
  }
  const isSought = (search: Seeking | undefined, { stream, from, rows }: { readonly stream: StreamId; readonly from: PublicKey; readonly rows: number }): boolean =>
    search?.isActive === true && rows > deps.rowsOf(stream) && hasPlace(stream, search, from) && deps.hasRoom('ours')
  const endInvitation = (peer: PublicKey): void => {
    invited.get(peer)?.cancel()
    invited.delete(peer)
  }
  const meet = (peer: PublicKey, stream: StreamId): void => {
    if (invited.has(peer) || isMeeting(peer)) return
    const fail = (trouble: 'mute' | 'absent' | 'no-way'): void => {
      if (invited.get(peer) !== invitation) return
      endInvitation(peer)
      deps.failed(peer, trouble)
    }
    const invitation = { stream, cancel: clock.after(OFFERS_WITHIN_MS, () => fail('mute')) }
    invited.set(peer, invitation)
    void server.request({ type: 'meta', stream, to: peer, body: { kind: 'meet' } }).then((answer) => {
      if (!answer.ok) fail(answer.error.code === 'not-member' ? 'absent' : 'no-way')
    })
  }
  const onAccepted = (stream: StreamId, from: PublicKey, key: string): void => {
    if (!offers.take(stream, from)) return
    leaveWaiting(from)
    if (deps.rowsOf(stream) === 0 || avoidance.has(from) || isMeeting(from)) return
    const meeting = { key, peer: from, stream, ours: false }
    if (!meetings.begin(meeting)) return
    endInvitation(from)
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
    avoidance.noteLapse(meeting.peer)
    log({ level: 'warn', stream: meeting.stream, peer: meeting.peer, message: `no connection: ${event.message}` })
  }
  const settle = (stream: StreamId): void => {
    const search = seeking.get(stream)
    if (search === undefined) return
    search.cancel()
    search.isActive = false
  }
  return {
    seek: (stream, joining) => {
      const known = seeking.get(stream)
      if (known?.isActive === true) return
      const accepted = joining || known === undefined ? new Set<PublicKey>() : known.accepted
      seeking.set(stream, { accepted, isActive: true, askedAt: known?.askedAt ?? null, delayMs: 0, cancel: () => undefined })
      askAgain(stream, joining ? OFFER_WAIT_MS : 0)
    },
    // Not all at once: everyone who waits for this publisher has just heard of it.
    hurry: (stream) => askAgain(stream, random.next() * OFFER_WAIT_MS),
    meet,
    settle,
    onNotice,
    onDial,
    reset: () => {
      for (const stream of [...seeking.keys()]) settle(stream)
      seeking.clear()
      offers.clear()
      for (const peer of [...invited.keys()]) endInvitation(peer)
      for (const { key } of meetings.all()) {
        dialer.abandon(key)
        meetings.end(key)
      }
      deps.changed()
    },
    connecting: () => meetings.all().map(({ peer, since }) => ({ peer, since })),
  }
}

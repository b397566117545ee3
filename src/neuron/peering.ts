import { toHex } from '../base/bytes.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import { formatTime, microsOfMillis } from '../domain/time.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { DataClient, DataNotice } from '../ports/data-client.ts'
import type { DialEvent, Dialer, IceServer, Reach } from '../ports/dialer.ts'
import type { Late } from '../ports/late.ts'
import type { LogDep } from '../ports/log.ts'
import type { RandomDep } from '../ports/random.ts'
import { LINK_AUTH_MS, MAX_LINKS } from '../protocol/limits.ts'
import type { ServerState, SignalingClient, SignalingNotice } from '../pubsub/signaling-client.ts'
import type { Remedies } from '../swarm/state.ts'
import { createSwarm } from '../swarm/swarm.ts'
import type { DialTrouble, KnownStream, SwarmEffect, SwarmEvent } from '../swarm/words.ts'
import { createIntroductions, type Introductions } from './introductions.ts'
import type { PeerView } from './peer-view.ts'

/** How often the swarm looks at the time, milliseconds: half of what a person notices. */
const TICK_MS = 500

/** Our own server is given this long to come back before its PeerServer is tried, milliseconds. */
const GONE_MS = 5_000

/** The swarm has its remedies after this, and looks for them again after as long where they cannot be had, milliseconds: what they mend has lasted for minutes. */
const REMEDIES_MS = 30_000

export interface PeeringDeps extends ClockDep, RandomDep, LogDep {
  readonly self: PublicKey
  readonly server: Pick<SignalingClient, 'request' | 'tell' | 'state'>
  readonly data: Pick<DataClient, 'askServes' | 'dropLink' | 'refusePeers'>
  readonly dialer: Dialer
  /** The PeerServer is the one of our own signaling server, not another's. */
  readonly ownPeerServer: boolean
  readonly rowsOf: (stream: StreamId) => number
  readonly authorOf: (stream: StreamId) => PublicKey | null
  readonly known: readonly KnownStream[]
  readonly remedies: Late<Remedies>
  readonly keepKnown: (known: readonly KnownStream[]) => void
  /** From the start: with whom a person wants no link. */
  readonly banned: readonly PublicKey[]
  readonly changed: () => void
}

/** Keeps this node linked: the swarm decides with whom, and this carries it out by way of introductions and dials (M12 – M14). */
export interface Peering extends Pick<Introductions, 'seek' | 'hurry' | 'settle'> {
  /** The stream is followed; `lacking`: rows of it are known of that are not here. */
  want(stream: StreamId, lacking: boolean): void
  unwant(stream: StreamId): void
  /** The publisher has come to the server. */
  arrived(stream: StreamId, publisher: PublicKey): void
  /** The publisher has gone from the server. */
  departed(publisher: PublicKey): void
  onNotice(notice: SignalingNotice): void
  onServer(state: ServerState): void
  onDial(event: DialEvent): void
  onLink(notice: Extract<DataNotice, { type: 'link-event' | 'link-serves' | 'link-traffic' }>): void
  /** The data process was started anew, without any link. */
  linksLost(): void
  woke(): void
  /** A person wants no link with this peer, in either direction: for so long, milliseconds, or (null) until it is admitted. */
  refuse(peer: PublicKey, forMs: number | null): void
  admit(peer: PublicKey): void
  views(): readonly PeerView[]
}

type News = SwarmEvent extends infer E ? (E extends SwarmEvent ? Omit<E, 'now'> : never) : never

export const createPeering = (deps: PeeringDeps): Peering => {
  const { clock, random, log, server, data, dialer, self } = deps
  const swarm = createSwarm({ self, random, known: deps.known, remedies: () => deps.remedies.now })
  const links = new Map<number, { readonly peer: PublicKey; readonly since: number }>()
  /** Connected, and the data process has not said yet whether it is proved: by peer, how to wait no longer. One a dial of the last seconds. */
  const proving = new Map<PublicKey, () => void>()
  /** Whether each goes through a relay. */
  const routes = new Map<PublicKey, boolean>()
  /** Dials by PeerJS of ours, by their keys. */
  const calls = new Map<string, { readonly peer: PublicKey; readonly since: number }>()
  const wanted = new Map<StreamId, boolean>()
  let iceServers: readonly IceServer[] = []
  let reached: Reach | null = null
  let refused: readonly PublicKey[] = []
  let isServerThere = false
  /** It has been gone for GONE_MS. */
  let isServerMissed = false
  let stopWaiting: () => void = () => undefined

  /** Their credentials end, and the server sends new ones: those who dial us by id need them too. */
  const refreshIce = (): readonly IceServer[] => {
    const { state } = server
    if (state.is === 'checked-in' && state.iceServers !== iceServers) {
      ;({ iceServers } = state)
    }
    return iceServers
  }
  /**
   * At our own server's PeerServer only while its rendezvous cannot be had: a second socket of every node is a burden to it. At another's
   * always: there those find us who cannot reach our server. Where another tab has taken the identity, nowhere.
   */
  const isOpenToCalls = (): boolean =>
    server.state.is !== 'replaced' && (!deps.ownPeerServer || isServerMissed)
  /** A timer and no comparison of times: the machine's clock may be set back. */
  const noteServer = (there: boolean): void => {
    isServerThere = there
    isServerMissed = false
    stopWaiting()
    if (there) return
    stopWaiting = clock.after(GONE_MS, () => {
      isServerMissed = true
      keepReach()
    })
  }
  const keepReach = (): void => {
    const wanted = isOpenToCalls() ? { iceServers: refreshIce(), refused } : null
    if (wanted?.iceServers === reached?.iceServers && wanted?.refused === reached?.refused) return
    reached = wanted
    dialer.reach(wanted)
  }

  const tell = (news: News): void => {
    for (const effect of swarm.step({ ...news, now: clock.now() })) perform(effect)
  }
  const perform = (effect: SwarmEffect): void => {
    switch (effect.type) {
      case 'ask-peers':
        void askPeers(effect.stream)
        return
      case 'dial':
        if (effect.way === 'rendezvous') introductions.meet(effect.peer, effect.stream)
        else call(effect.peer)
        return
      case 'ask-serves':
        void data.askServes(effect.link, effect.stream)
        return
      case 'close':
        void data.dropLink(effect.link, effect.code, effect.message)
        return
      case 'refuse':
        refuse(effect.peers)
        return
      case 'remember':
        deps.keepKnown(effect.known)
    }
  }
  const giveUpCalls = (isOver: (peer: PublicKey) => boolean): void => {
    for (const [key, { peer }] of calls) {
      if (!isOver(peer)) continue
      calls.delete(key)
      dialer.abandon(key)
    }
  }
  /** The data process ends their links and takes no other; here ends what would become one. */
  const refuse = (peers: readonly PublicKey[]): void => {
    refused = peers
    void data.refusePeers(peers)
    for (const peer of peers) introductions.forsake(peer)
    giveUpCalls((peer) => peers.includes(peer))
    keepReach()
    deps.changed()
  }
  const askPeers = async (stream: StreamId): Promise<void> => {
    const answer = await server.request({ type: 'peers', stream })
    if (answer.ok && answer.value.type === 'peers') tell({ ...answer.value, type: 'listed', stream })
    else if (!answer.ok && answer.error.code !== 'disconnected') log({ level: 'warn', stream, message: `peers: ${answer.error.message}` })
  }
  const call = (peer: PublicKey): void => {
    // The swarm has given the one before up; where its code has not come yet it would wait for that, and be made beside this one.
    giveUpCalls((called) => called === peer)
    const key = toHex(random.bytes(32))
    calls.set(key, { peer, since: clock.now() })
    log({ direction: 'out', peer, message: 'dialled by its id through the PeerServer' })
    dialer.open({ way: 'peerjs', key, peer, iceServers: refreshIce() })
    deps.changed()
  }
  const onCall = (event: Extract<DialEvent, { type: 'connected' | 'failed' }>): void => {
    calls.delete(event.key)
    deps.changed()
    if (event.type === 'connected') {
      tell({ type: 'met', peer: event.peer })
      return
    }
    tell({ type: 'dial-failed', peer: event.peer, trouble: troubleOf(event.code) })
    log({ level: 'warn', peer: event.peer, message: `no connection: ${event.message}` })
  }
  const isLinked = (peer: PublicKey): boolean => [...links.values()].some((link) => link.peer === peer)
  /** An offer that crossed the dial must not bring a second link to whom the first has just been connected. */
  const noteProving = (peer: PublicKey): void => {
    noteJudged(peer)
    if (!isLinked(peer)) proving.set(peer, clock.after(LINK_AUTH_MS, () => proving.delete(peer)))
  }
  const noteJudged = (peer: PublicKey): void => {
    proving.get(peer)?.()
    proving.delete(peer)
  }
  /** Told once the connection is open, which is before it is proved; of one that is neither, nobody would ever be told that it is over. */
  const onRoute = ({ peer, relayed }: Extract<DialEvent, { type: 'route' }>): void => {
    if (!isLinked(peer) && !proving.has(peer)) return
    routes.set(peer, relayed)
    deps.changed()
  }
  const introductions = createIntroductions({
    ...deps,
    iceServers: refreshIce,
    isLinked: (peer) => isLinked(peer) || proving.has(peer),
    avoidance: {
      has: swarm.avoids,
      noteLapse: (peer) => {
        tell({ type: 'dial-failed', peer, trouble: 'lapsed' })
      },
      noteMet: (peer) => {
        tell({ type: 'met', peer })
      },
    },
    hasRoom: (whose) => links.size < MAX_LINKS && (whose === 'theirs' || swarm.hasPlace()),
    meeting: (stream, peer, ours) => {
      tell({ type: 'meeting', stream, peer, ours })
    },
    failed: (peer, trouble) => {
      tell({ type: 'dial-failed', peer, trouble })
    },
  })
  const onLink: Peering['onLink'] = (notice) => {
    deps.changed()
    if (notice.type !== 'link-event') {
      tell(notice)
      return
    }
    const { link, peer, event, code, via } = notice
    if (peer !== null) noteJudged(peer)
    if (event !== 'ready') {
      const wasReady = links.delete(link)
      if (peer !== null && !isLinked(peer)) routes.delete(peer)
      if (wasReady) tell({ type: 'link-ended', link, code, cut: event === 'cut' })
      else if (peer !== null) tell({ type: 'unproved', peer, code, cut: event === 'cut' })
    } else if (peer !== null) {
      links.set(link, { peer, since: clock.now() })
      tell({ type: 'link-ready', link, peer, via })
    }
  }
  const onServer = (state: ServerState): void => {
    if (state.is === 'checked-in') introductions.reset()
    if (state.is !== 'checked-in' && !isServerThere) return
    noteServer(state.is === 'checked-in')
    tell({ type: 'server', there: isServerThere })
  }
  const tick = (): void => {
    keepReach()
    tell({ type: 'tick' })
    clock.after(TICK_MS, tick)
  }
  const bringRemedies = (): void => {
    deps.remedies.load().catch(() => clock.after(REMEDIES_MS, bringRemedies))
  }
  if (deps.banned.length > 0) tell({ type: 'refuse', peers: deps.banned, forMs: null })
  noteServer(false)
  keepReach()
  clock.after(TICK_MS, tick)
  clock.after(REMEDIES_MS, bringRemedies)

  return {
    seek: introductions.seek,
    hurry: introductions.hurry,
    settle: introductions.settle,
    want: (stream, lacking) => {
      if (wanted.get(stream) === lacking) return
      wanted.set(stream, lacking)
      tell({ type: 'wanted', stream, author: deps.authorOf(stream), lacking })
    },
    unwant: (stream) => {
      if (wanted.delete(stream)) tell({ type: 'unwanted', stream })
    },
    arrived: (stream, publisher) => {
      tell({ type: 'heard', stream, peer: publisher, arrived: true })
    },
    departed: (publisher) => {
      tell({ type: 'departed', peer: publisher })
    },
    onNotice: (notice) => {
      if (notice.type === 'joined') tell({ type: 'heard', stream: notice.stream, peer: notice.member, arrived: true })
      if (notice.type === 'meta') tell({ type: 'heard', stream: notice.stream, peer: notice.from, arrived: false })
      introductions.onNotice(notice)
    },
    onServer,
    onDial: (event) => {
      if (event.type === 'route') {
        onRoute(event)
        return
      }
      if (event.type === 'connected') noteProving(event.peer)
      if (event.type === 'reach') tell({ type: 'peer-server', there: event.state === 'reachable' })
      if ((event.type === 'connected' || event.type === 'failed') && calls.has(event.key)) onCall(event)
      else introductions.onDial(event)
    },
    onLink,
    linksLost: () => {
      links.clear()
      routes.clear()
      for (const peer of [...proving.keys()]) noteJudged(peer)
      tell({ type: 'links-lost' })
    },
    woke: () => {
      tell({ type: 'woke' })
    },
    refuse: (peer, forMs) => {
      tell({ type: 'refuse', peers: [peer], forMs })
    },
    admit: (peer) => {
      tell({ type: 'admit', peer })
    },
    views: () => {
      const making = [...introductions.connecting(), ...calls.values()]
      const carried = new Map(swarm.view().links.map((view) => [view.link, view]))
      return [
        ...[...links].flatMap(([link, { peer, since }]) => {
          const view = carried.get(link)
          return view === undefined ? [] : [{ id: peer, state: 'ready' as const, since: iso(since), link: viewLink(view, routes.get(peer) ?? null) }]
        }),
        ...making.map(({ peer, since }) => ({ id: peer, state: 'connecting' as const, since: iso(since), link: null })),
      ]
    },
  }
}

const iso = (millis: number): string => formatTime(microsOfMillis(millis))

const viewLink = (view: ReturnType<ReturnType<typeof createSwarm>['view']>['links'][number], relayed: boolean | null): NonNullable<PeerView['link']> => ({
  via: view.via,
  relayed,
  bytesInPerSecond: view.bytesInPerSecond,
  bytesOutPerSecond: view.bytesOutPerSecond,
  rttMs: view.rttMs,
  verifiedPages: view.pagesGood,
  rejectedPages: view.pagesBad,
  score: view.score,
  streams: view.serves,
})

const troubleOf = (code: Extract<DialEvent, { type: 'failed' }>['code']): DialTrouble => {
  if (code === 'absent') return 'absent'
  return code === 'no-peer-server' || code === 'busy' ? 'no-way' : 'lapsed'
}

import { clipUtf8 } from '../../domain/text.ts'
import type { PublicKey } from '../../domain/stream.ts'
import type { LogDep } from '../../ports/log.ts'
import type { LinkEnd, LinkFacts, LinkHandlers, OpenPeerLink, PeerLink } from '../../ports/peer-link.ts'
import type { Pipe } from '../../ports/pipe.ts'
import { UNWANTED } from '../../protocol/link.ts'
import { MAX_LINKS, MAX_REASON_BYTES } from '../../protocol/limits.ts'
import type { Downloads } from '../downloads/downloads.ts'
import type { EvidenceRelay } from '../live/evidence-relay.ts'
import type { LiveRows } from '../live/live-rows.ts'
import type { Watchers } from '../live/watchers.ts'
import type { Agreements } from '../loose/agreements.ts'
import type { BesideLinks } from './beside-links.ts'
import type { LinkTraffic } from './link-traffic.ts'
import type { PeerSession } from './peer-session.ts'

/** The links to strangers: who hears when one is ready, and that all hear when it is gone. */
export interface PeerLinks {
  /** Takes a fresh channel, and the second one of the same connection where there is one; answers the link's number. */
  attach(pipe: Pipe, facts: LinkFacts, bulk?: Pipe | null): number
  drop(number: number, code: string, message: string): void
  /** With exactly these no link is kept or made from now on. */
  refuse(peers: readonly PublicKey[]): void
  /** Who is at its other end; null: it is gone, or one of several to one peer that is not the first. */
  peerOf(number: number): PublicKey | null
  /** Those that are proved, one by one as they are when their turn comes: what is done with one may end another. */
  proved(): Iterable<PeerSession>
  size(): number
}

export interface PeerLinksDeps extends LogDep {
  readonly openPeerLink: OpenPeerLink
  readonly watchers: Pick<Watchers, 'notify'>
  readonly createSession: (number: number, link: PeerLink) => PeerSession
  readonly live: LiveRows
  readonly agreements: Agreements
  readonly evidence: EvidenceRelay
  readonly downloads: Downloads
  readonly traffic: LinkTraffic
  readonly besides: BesideLinks
}

const NOT_WANTED: LinkEnd = { code: UNWANTED, message: 'A person wants no link between these two nodes.', cut: false }

interface Held {
  readonly peer: PublicKey
  readonly via: LinkFacts['via']
  /** Of a lossy line's several links to one peer only the first is known outside. */
  readonly beside: boolean
  readonly link: PeerLink
  session: PeerSession | null
}

export const createPeerLinks = (deps: PeerLinksDeps): PeerLinks => {
  const { openPeerLink, watchers, log, createSession, live, agreements, evidence, downloads, traffic, besides } = deps
  const links = new Map<number, Held>()
  let nextLink = 1
  let refused: ReadonlySet<PublicKey> = new Set()

  const gone = (number: number, end: LinkEnd): void => {
    const held = links.get(number)
    if (held === undefined) return
    links.delete(number)
    for (const one of [live, agreements, evidence, downloads]) one.linkGone(number)
    for (const one of [traffic, besides]) one.gone(number)
    const { peer, via } = held
    if (held.beside) {
      // A lie over one is a lie over all; anything else is the end of this one alone.
      if (end.cut) for (const other of [...links.values()]) if (other.peer === peer && !other.beside) other.link.end(end)
      return
    }
    watchers.notify({ type: 'link-event', link: number, peer, via, event: end.cut ? 'cut' : 'closed', code: end.code, message: clipUtf8(end.message, MAX_REASON_BYTES) })
    log({ level: end.cut ? 'warn' : 'info', peer, message: `${end.cut ? 'cut off' : 'link closed'} (${end.code}): ${end.message}` })
  }
  const ready = (number: number, peer: PublicKey): void => {
    const held = links.get(number)
    if (held === undefined) return
    const { link, via } = held
    held.session = createSession(number, link)
    // The first words over it may be its end: nobody begins with a link that is gone, because nobody would ever be told.
    const begin = (...beginnings: readonly (() => void)[]): void => {
      for (const one of beginnings) if (links.has(number)) one()
    }
    const download = (): void => {
      downloads.linkReady({ number, send: link.send, end: link.end, inHandMs: link.inHandMs })
    }
    if (held.beside) {
      log({ peer, message: 'the line loses packets: one more connection carries pages' })
      begin(download, () => { besides.ready(number, link) })
      return
    }
    watchers.notify({ type: 'link-event', link: number, peer, via, event: 'ready', code: 'ready', message: '' })
    log({ peer, message: 'link proved and ready' })
    begin(
      () => { evidence.linkReady(number, link) },
      () => { live.linkReady({ number, peer, send: link.send }) },
      () => { agreements.linkReady(number, peer) },
      download,
      () => { traffic.ready(number, peer, link) },
    )
  }
  return {
    attach: (pipe, facts, bulk = null) => {
      const number = nextLink++
      const over = { early: null as LinkEnd | null }
      const handlers: LinkHandlers = {
        ready: (peer) => { ready(number, peer) },
        frame: (frame) => links.get(number)?.session?.frame(frame),
        ended: (end) => {
          over.early = end
          gone(number, end)
        },
      }
      const link = openPeerLink(pipe, facts, handlers, bulk)
      links.set(number, { peer: facts.expected, via: facts.via, beside: facts.beside === true, link, session: null })
      // Its very first word was its end, before it was known here.
      if (over.early !== null) gone(number, over.early)
      // Before it has proved anything: who is not this peer is an impostor, and ends too.
      if (refused.has(facts.expected)) link.end(NOT_WANTED)
      else if (links.size > MAX_LINKS) link.end({ code: 'busy', message: 'This node has all the links it can keep.', cut: false })
      return number
    },
    drop: (number, code, message) => {
      links.get(number)?.link.end({ code, message, cut: false })
    },
    refuse: (peers) => {
      refused = new Set(peers)
      for (const { peer, link } of [...links.values()]) if (refused.has(peer)) link.end(NOT_WANTED)
    },
    peerOf: (number) => {
      const held = links.get(number)
      return held === undefined || held.beside ? null : held.peer
    },
    *proved() {
      for (const { session } of links.values()) if (session !== null) yield session
    },
    size: () => links.size,
  }
}

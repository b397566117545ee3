import { createVerify, openIdentity } from '../../src/identity/web-identity.ts'
import { createChannelPipe } from '../../src/link/channel-pipe.ts'
import { createPageDialer, type PageDialer } from '../../src/link/page/dialer.ts'
import type { PeerServer } from '../../src/link/page/peer-server.ts'
import { openPeerJs } from '../../src/link/page/peerjs-client.ts'
import { createPortPipe } from '../../src/link/port-pipe.ts'
import { createOpenPeerLink } from '../../src/link/secure-link.ts'
import type { PublicKey } from '../../src/domain/stream.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { DialEvent } from '../../src/ports/dialer.ts'
import type { LinkEnd, LinkFacts, PeerLink } from '../../src/ports/peer-link.ts'
import type { Pipe } from '../../src/ports/pipe.ts'
import type { PeerFrame } from '../../src/protocol/frame.ts'
import { createSystemClock, createSystemRandom } from '../../src/runtime/system.ts'

/** One link as the data process of a node has it. */
export interface PageLink {
  readonly facts: LinkFacts
  readonly link: PeerLink
  readonly frames: PeerFrame[]
  readonly hasBulk: boolean
  /** As when the sender here is held back by loss. */
  readonly widen: () => void
  proved: PublicKey | null
  end: LinkEnd | null
}

/** The page's dialer and, in the same thread, what a data process makes of its channels. */
export interface PageNode {
  readonly id: PublicKey
  readonly dialer: PageDialer
  readonly events: DialEvent[]
  readonly links: PageLink[]
}

export interface PageNodeOptions {
  readonly peerServer: PeerServer
  /** Sees every event of the dialer at once. */
  readonly onEvent?: (event: DialEvent) => void
  readonly clock?: Clock
}

export const createPageNode = async ({ peerServer, onEvent, clock = createSystemClock() }: PageNodeOptions): Promise<PageNode> => {
  const random = createSystemRandom()
  const identity = await openIdentity({ load: async () => null, save: async () => undefined })
  const open = createOpenPeerLink({ clock, random, identity, verify: createVerify() })
  const events: DialEvent[] = []
  const links: PageLink[] = []
  const bulks = new Map<string, Pipe>()
  const dialer = createPageDialer({
    clock,
    random,
    peerServer,
    openPeerJs,
    ownId: () => identity.publicKey,
    attach: (port, facts, key) => {
      const frames: PeerFrame[] = []
      const bulk = bulks.get(key) ?? null
      bulks.delete(key)
      const held: { -readonly [K in keyof PageLink]?: PageLink[K] } = { facts, frames, proved: null, end: null, hasBulk: bulk !== null }
      const handlers = {
        ready: (peer: PublicKey) => void (held.proved = peer),
        frame: (frame: PeerFrame) => void frames.push(frame),
        ended: (end: LinkEnd) => void (held.end = end),
      }
      const pipe = createPortPipe(port)
      held.link = open(pipe, facts, handlers, bulk)
      held.widen = () => pipe.widen?.()
      links.push(held as PageLink)
    },
    holdBulk: (key, channel) => void bulks.set(key, createChannelPipe(channel, { clock })),
    dropBulk: (key) => {
      bulks.get(key)?.close()
      bulks.delete(key)
    },
    emit: (event) => {
      events.push(event)
      onEvent?.(event)
    },
  })
  return { id: identity.publicKey, dialer, events, links }
}

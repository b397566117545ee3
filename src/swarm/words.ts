import type { PublicKey, StreamId } from '../domain/stream.ts'

// The words between the swarm and its driver. Every event brings the time, in milliseconds since 1970.

/** How two are introduced: by the signaling server, or by node id through a PeerServer. */
export type Way = 'rendezvous' | 'peerjs'

/** Why a dial came to nothing. */
export type DialTrouble =
  /** It agreed to meet and did not come, or no connection came about. */
  | 'lapsed'
  /** It was asked to offer and said nothing. */
  | 'mute'
  /** It is not where it was looked for: no member of the topic now, not at the PeerServer. */
  | 'absent'
  /** Nothing is wrong with the peer: whoever introduces cannot just now. */
  | 'no-way'

export type SwarmEvent = SwarmNews & { readonly now: number }

export type EventOf<T extends SwarmEvent['type']> = Extract<SwarmEvent, { type: T }>

type SwarmNews =
  /** Said again when `lacking` changes. `author` null: nobody publishes it. */
  | { readonly type: 'wanted'; readonly stream: StreamId; readonly author: PublicKey | null; readonly lacking: boolean }
  | { readonly type: 'unwanted'; readonly stream: StreamId }
  /** Who has the stream, as the server says: the publisher when it is connected, then members in random order. */
  | { readonly type: 'listed'; readonly stream: StreamId; readonly publisher: PublicKey | null; readonly members: readonly PublicKey[] }
  /** It is in the stream's topic. `arrived`: just now, perhaps after a restart. */
  | { readonly type: 'heard'; readonly stream: StreamId; readonly peer: PublicKey; readonly arrived: boolean }
  /** The server sees it no more: its links may be dead, or only its way to the server. */
  | { readonly type: 'departed'; readonly peer: PublicKey }
  /** A meeting has begun that the swarm did not ask for: an offer was accepted, by this node (`ours`) or by the peer. */
  | { readonly type: 'meeting'; readonly stream: StreamId; readonly peer: PublicKey; readonly ours: boolean }
  | { readonly type: 'met'; readonly peer: PublicKey }
  | { readonly type: 'dial-failed'; readonly peer: PublicKey; readonly trouble: DialTrouble }
  | { readonly type: 'link-ready'; readonly link: number; readonly peer: PublicKey; readonly via: Way }
  | { readonly type: 'link-serves'; readonly link: number; readonly stream: StreamId; readonly serving: boolean }
  | ({ readonly type: 'link-traffic'; readonly link: number } & Traffic)
  /** `cut`: because of what the peer did. */
  | { readonly type: 'link-ended'; readonly link: number; readonly code: string; readonly cut: boolean }
  /** A connection ended before its peer was proved: there was no `link-ready`. */
  | { readonly type: 'unproved'; readonly peer: PublicKey; readonly code: string; readonly cut: boolean }
  /** A person wants no link with them, in either direction: for so long, milliseconds, or (null) until they are admitted. */
  | { readonly type: 'refuse'; readonly peers: readonly PublicKey[]; readonly forMs: number | null }
  | { readonly type: 'admit'; readonly peer: PublicKey }
  /** The data process was started anew: all links are gone with it. */
  | { readonly type: 'links-lost' }
  | { readonly type: 'server'; readonly there: boolean }
  /** Whether a PeerServer can be dialled through. */
  | { readonly type: 'peer-server'; readonly there: boolean }
  /** The machine slept, or its network is another. A pause between ticks says so too. */
  | { readonly type: 'woke' }
  /** At least every second. */
  | { readonly type: 'tick' }

/** What a link has carried since it was made. */
export interface Traffic {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly pagesGood: number
  readonly pagesBad: number
  readonly rttMs: number | null
  /** Streams of this node that the peer follows over it. */
  readonly follows: number
}

export type SwarmEffect =
  | { readonly type: 'ask-peers'; readonly stream: StreamId }
  | { readonly type: 'dial'; readonly peer: PublicKey; readonly stream: StreamId; readonly way: Way }
  | { readonly type: 'ask-serves'; readonly link: number; readonly stream: StreamId }
  | { readonly type: 'close'; readonly link: number; readonly code: string; readonly message: string }
  /** No link with exactly these is kept or made from now on. */
  | { readonly type: 'refuse'; readonly peers: readonly PublicKey[] }
  /** Whom to look for after a reload. */
  | { readonly type: 'remember'; readonly known: readonly KnownStream[] }

/** Peers that have confirmed lately that they serve a stream, newest last; `at` in milliseconds since 1970. */
export interface KnownStream {
  readonly stream: StreamId
  readonly peers: readonly { readonly peer: PublicKey; readonly at: number }[]
}

export interface LinkView extends Traffic {
  readonly link: number
  readonly peer: PublicKey
  readonly via: Way
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
  /** Streams that this node keeps, and has asked about, and that the peer says it serves; none of a link that is being closed. */
  readonly serves: readonly StreamId[]
  readonly score: number
}

export interface SwarmView {
  readonly links: readonly LinkView[]
  readonly dialling: readonly { readonly peer: PublicKey; readonly way: Way }[]
  /** Links, and dials that may become links, that this node has begun. */
  readonly begun: number
}

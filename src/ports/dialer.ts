import type { PublicKey } from '../domain/stream.ts'
import type { LinkRole } from '../protocol/link.ts'
import type { LinkFacts } from './peer-link.ts'

export interface IceServer {
  readonly urls: string
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

/** `key` names this attempt, in every event about it; no two at a time have the same. */
export type Dial =
  | {
      readonly way: 'rendezvous'
      /** The rendezvous key under which the two met. */
      readonly key: string
      readonly role: LinkRole
      readonly peer: PublicKey
      readonly iceServers: readonly IceServer[]
    }
  | {
      /** By node id through the PeerServer; the dialler is the initiator. */
      readonly way: 'peerjs'
      readonly key: string
      readonly peer: PublicKey
      readonly iceServers: readonly IceServer[]
    }

/** Why a dial came to nothing. */
export type DialFailure =
  /** Too many are being made already: later. */
  | 'busy'
  /** No direct connection within the time for it. */
  | 'timeout'
  /** It closed, or failed, before it was open. */
  | 'closed'
  /** What the other side sent cannot be read, or does not say by whose keys the connection is encrypted. */
  | 'unusable'
  /** PeerJS only: the PeerServer cannot be reached, or does not want us; nothing is wrong with the peer. */
  | 'no-peer-server'
  /** PeerJS only: the peer is not at the PeerServer. */
  | 'absent'

export type DialEvent =
  /** A description or candidate to carry to the other side, as text; by rendezvous only. */
  | { readonly type: 'signal'; readonly key: string; readonly signal: string }
  /**
   * The channel is open and handed to the data process, which still has to find out whether it is really `peer`. One that
   * was dialled by the other side has a `key` that nobody here has given.
   */
  | { readonly type: 'connected'; readonly key: string; readonly peer: PublicKey; readonly via: LinkFacts['via'] }
  /** Whether what a connection carries goes through a relay (TURN); told again when it takes another way. */
  | { readonly type: 'route'; readonly key: string; readonly peer: PublicKey; readonly relayed: boolean }
  | {
      readonly type: 'failed'
      readonly key: string
      readonly peer: PublicKey
      readonly via: LinkFacts['via']
      readonly code: DialFailure
      readonly message: string
    }
  /** Whether others can dial this node through the PeerServer; `message` for people: where, or why not. */
  | { readonly type: 'reach'; readonly state: 'reachable' | 'waiting' | 'off'; readonly message: string }

/** Makes channels to peers; lives where `RTCPeerConnection` lives. What happens comes back as events. */
export interface Dialer {
  open(dial: Dial): void
  /** A description or candidate from the other side of a rendezvous. */
  signal(key: string, signal: string): void
  abandon(key: string): void
  /**
   * To be there for others at the PeerServer, under this node's id, or (null) no longer; links that were made stay. It comes back
   * by itself when the PeerServer was away. A dial by PeerJS needs no reach: it registers for as long as it takes.
   */
  reach(how: Reach | null): void
  /** The machine slept or the network is another: what waits for the PeerServer is tried at once. */
  woke(): void
}

export interface Reach {
  /** For those who dial us. */
  readonly iceServers: readonly IceServer[]
  /** Who may not. */
  readonly refused: readonly PublicKey[]
}

import type { Bytes } from '../base/bytes.ts'
import type { PublicKey } from '../domain/stream.ts'
import type { PeerFrame } from '../protocol/frame.ts'
import type { LinkRole } from '../protocol/link.ts'
import type { Pipe } from './pipe.ts'

/** What the page knows of a fresh channel. */
export interface LinkFacts {
  readonly role: LinkRole
  /** Who was matched at the rendezvous; anyone else is an impostor. */
  readonly expected: PublicKey
  /** SHA-256 fingerprints of the DTLS certificates in force, 32 bytes each. */
  readonly localFingerprint: Bytes
  readonly remoteFingerprint: Bytes
  /** Who introduced the two. */
  readonly via: 'rendezvous' | 'peerjs'
  /** Made beside another link to the same peer, which is held back by loss: it carries pages and nothing else. */
  readonly beside?: boolean
}

export interface LinkEnd {
  readonly code: string
  readonly message: string
  /** We ended it because of what the peer did. */
  readonly cut: boolean
}

export interface LinkHandlers {
  /** The peer has proved who it is. */
  ready(peer: PublicKey): void
  /** One frame at a time: the next is handed over when this one is settled, and only then is its credit given back. */
  frame(frame: PeerFrame): Promise<void> | void
  ended(end: LinkEnd): void
}

/** What a link has carried since it was made: frames that count for credit, bytes, and the least delay measured lately. */
export interface LinkTraffic {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly rttMs: number | null
}

/** An authenticated peer link with back-pressure. */
export interface PeerLink {
  send(frame: PeerFrame): void
  /** Calls back once when everything sent so far is on its way. */
  whenRoom(run: () => void): void
  traffic(): LinkTraffic
  /** How long the frame that was handed over last has not been settled, milliseconds: all that came after it waits for us. 0: none is in hand. */
  inHandMs(): number
  /** `cut`: because of what the peer did. */
  end(end: LinkEnd): void
}

/** `bulk`: the second channel of the same connection, where this side could make one. */
export type OpenPeerLink = (pipe: Pipe, facts: LinkFacts, handlers: LinkHandlers, bulk?: Pipe | null) => PeerLink

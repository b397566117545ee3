import type { PublicKey } from '../domain/stream.ts'
import type { LinkRole } from '../protocol/link.ts'

export interface IceServer {
  readonly urls: string
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

export interface Dial {
  /** The rendezvous key under which the two met: names this attempt. */
  readonly key: string
  readonly role: LinkRole
  readonly peer: PublicKey
  readonly iceServers: readonly IceServer[]
}

export type DialEvent =
  /** A description or candidate to carry to the other side, as text. */
  | { readonly type: 'signal'; readonly key: string; readonly signal: string }
  /** The channel is open and handed to the data process. */
  | { readonly type: 'connected'; readonly key: string }
  | { readonly type: 'failed'; readonly key: string; readonly message: string }

/** Makes channels to peers; lives where `RTCPeerConnection` lives. What happens comes back as events. */
export interface Dialer {
  open(dial: Dial): void
  /** A description or candidate from the other side. */
  signal(key: string, signal: string): void
  abandon(key: string): void
}

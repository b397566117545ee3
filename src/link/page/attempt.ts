import type { PublicKey } from '../../domain/stream.ts'
import type { DialFailure, IceServer } from '../../ports/dialer.ts'
import type { LinkFacts } from '../../ports/peer-link.ts'
import type { OpenChannel } from './open-channel.ts'

/** A connection that is wanted, from the moment that somebody begins to make it. */
export interface Attempt {
  readonly key: string
  readonly peer: PublicKey
  readonly via: LinkFacts['via']
  readonly role: LinkFacts['role']
  /** Nobody here asked for it: that it failed is not told, else strangers could fill the log. */
  readonly incoming: boolean
  /** Key of the open connection beside which it is made: its end is this one's too, and only the data process hears of it. */
  readonly beside: string | null
  readonly iceServers: readonly IceServer[]
}

/** Connections from the attempt to their end, whichever way they are made: each ends once and leaves nothing behind. */
export interface Attempts {
  /** `end` is called when the attempt ends without a connection. False: refused, and told. */
  begin(attempt: Attempt, end: () => void): boolean
  has(key: string): boolean
  /** Its connection has been made and has no description yet: here a second channel can be added. */
  made(key: string, connection: RTCPeerConnection): void
  /** Its channel is open: hands it over. */
  opened(key: string, channel: OpenChannel): void
  failed(key: string, code: DialFailure, message: string): void
  abandon(key: string): void
  /** Incoming attempts that are not open yet. */
  incoming(): number
  /** Connections with a peer this way, open or not; those that are saying goodbye do not count. */
  count(peer: PublicKey, via: LinkFacts['via']): number
  /** Connections beside the one of this key, open or not. */
  beside(key: string): number
  /** Gives up every attempt and closes every connection, also those handed to a data process that is no more. */
  closeAll(): void
}

// What the window sees of peers.

export interface PeerView {
  readonly id: string
  readonly state: 'connecting' | 'ready'
  readonly since: string
  /** What is known of a link that is ready. */
  readonly link: PeerLinkView | null
}

/** A peer with which a person wants no link; since when, ISO 8601. */
export interface BannedPeer {
  readonly id: string
  readonly since: string
}

/** A peer that served a stream which this node follows, and is not linked now; when it was last seen (at most ten minutes too early), ISO 8601. */
export interface SeenPeer {
  readonly id: string
  readonly seen: string
}

export interface PeerLinkView {
  /** Who introduced the two: the signaling server's rendezvous, or a PeerServer. */
  readonly via: 'rendezvous' | 'peerjs'
  /** What it carries goes through a relay (TURN); null: not known. */
  readonly relayed: boolean | null
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
  readonly rttMs: number | null
  /** Pages it brought that were what they should be, and that were not. */
  readonly verifiedPages: number
  readonly rejectedPages: number
  /** What this node thinks of the peer: more is better, 0 is nothing known. */
  readonly score: number
  /** Ids of streams that this node keeps, and has asked about, and that the peer says it serves. */
  readonly streams: readonly string[]
}

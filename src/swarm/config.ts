export interface SwarmConfig {
  /** Links over which a stream is confirmed: the publisher and two others bring rows though one of them goes away. */
  readonly linksPerStream: number
  /**
   * For each `moreLinksMs` in which a stream has lacked rows one link more, at most so many: those who have confirmed an old head, and give
   * nothing, must not keep out who has the rows.
   */
  readonly maxMoreLinks: number
  readonly moreLinksMs: number
  /** A stream that has lacked rows for so long is stuck: all those links have not brought them, milliseconds. */
  readonly stuckMs: number
  /** Somebody else is invited for a stuck stream after this, doubling while that helps none, milliseconds: one at a time, whatever is stuck. */
  readonly invite: Pauses
  /** A guest is looked at after this from the dial on, and again while it brings pages; after the longest it is a link as any other, milliseconds. */
  readonly guest: Pauses
  /**
   * Links and dials that this node begins: of the MAX_LINKS that its data process keeps, the others are for those who
   * come to it. The last one is kept for a stream that lacks rows and has no link that gives any.
   */
  readonly maxBegun: number
  /** Of the MAX_LINKS links so many may stay for good: the others are for whoever comes. */
  readonly maxSettled: number
  /** A link over which rows have been lacking for so long without a verified page gives nothing, milliseconds: a slow line brings one in less. */
  readonly vainMs: number
  /** Where places are too few a link makes room after this though it brings rows, milliseconds: most histories come in less, and to begin again costs a second. */
  readonly turnMs: number
  /** Dials of ours under way: each holds a PeerConnection, of which a process has some 500, and the attention of a page. */
  readonly maxDials: number
  /** Dials in the long run, per second; `maxDials` at once. A list of dead peers must not keep us dialling. */
  readonly dialsPerSecond: number
  /** A dial without an outcome by then is given up, milliseconds: asking, meeting and 30 s to connect. */
  readonly dialMs: number
  /** Peers remembered for one stream: links are needed to three. A crowd in a topic costs a bounded list. */
  readonly maxCandidates: number
  /** Peers whose doings are remembered: throw-away keys push out one another, never those we are linked to. */
  readonly maxPeers: number
  /** Streams looked at in one tick, in turn: thousands that nobody has must not cost a tick thousands of looks. */
  readonly maxConsidered: number
  /** Questions to the server for a stream's peers in one tick: less than a fifth of what it reads of one connection. */
  readonly maxListsAsked: number
  /** Questions to links in one tick. */
  readonly maxServesAsked: number
  /** A peer that was asked whether it serves a stream says so within this, milliseconds; then the next one is tried. */
  readonly confirmMs: number
  /** A peer that does not serve a stream is asked again, or dialled for it, after this, doubling, milliseconds: it may be fetching it now. */
  readonly denied: Pauses
  /** A peer whose link ended, or that said nothing, is dialled after this, doubling, milliseconds. */
  readonly rest: Pauses
  /** Whoever introduces could not: the peer is dialled again after this, milliseconds. */
  readonly noWayMs: number
  /** A link that lasted this long makes earlier ends forgotten, milliseconds. */
  readonly steadyMs: number
  /** The server is asked again who has a stream, milliseconds, and for one that lacks rows no later than `lackingMs`. */
  readonly list: Pauses
  readonly lackingMs: number
  /** Offers come by themselves at first: the server is asked for a list after this, milliseconds, and up to as much later. */
  readonly firstListMs: number
  /** The server counts as gone after this, milliseconds: a restart takes a second or two. */
  readonly serverGoneMs: number
  /** A link is idle when nobody needs it and it carried next to nothing for this long, milliseconds. */
  readonly idleMs: number
  /** Less than this is next to nothing, bytes: a question and its answer. */
  readonly idleBytes: number
  /** A link is transferring for so long after it carried `busyBytes` between two reports, milliseconds. */
  readonly busyMs: number
  readonly busyBytes: number
  /** Two links to one peer for so long, milliseconds: one is closed. That of a browser that was killed has gone by then. */
  readonly twiceMs: number
  /** After sleep a peer that gives no sign over its link for so long has gone, milliseconds. */
  readonly probeMs: number
  /** Between two ticks the machine slept, milliseconds. */
  readonly sleptMs: number
  /** After sleep, and when the server is back, nodes begin to dial and to ask within this, each at a moment of its own, milliseconds. */
  readonly spreadMs: number
  /** A publisher that has come back is dialled within this by those who have their other links: a crowd of followers comes one by one. */
  readonly sourceSpreadMs: number
  /** Known peers are said at most this often, milliseconds. */
  readonly rememberMs: number
  /** Peers kept in mind over a reload: of each stream one more than links are needed, and of this many streams; some 24 KB as text. */
  readonly maxKnownPerStream: number
  readonly maxKnownStreams: number
}

export interface Pauses {
  readonly firstMs: number
  readonly longestMs: number
}

export const SWARM_DEFAULTS: SwarmConfig = {
  linksPerStream: 3,
  maxMoreLinks: 3,
  moreLinksMs: 60_000,
  stuckMs: 240_000,
  invite: { firstMs: 60_000, longestMs: 240_000 },
  guest: { firstMs: 90_000, longestMs: 600_000 },
  maxBegun: 20,
  maxSettled: 30,
  vainMs: 120_000,
  turnMs: 600_000,
  maxDials: 8,
  dialsPerSecond: 0.5,
  dialMs: 45_000,
  maxCandidates: 16,
  maxPeers: 1_000,
  maxConsidered: 64,
  maxListsAsked: 8,
  maxServesAsked: 32,
  confirmMs: 5_000,
  denied: { firstMs: 10_000, longestMs: 600_000 },
  rest: { firstMs: 1_000, longestMs: 120_000 },
  noWayMs: 3_000,
  steadyMs: 60_000,
  list: { firstMs: 10_000, longestMs: 300_000 },
  lackingMs: 60_000,
  firstListMs: 500,
  serverGoneMs: 5_000,
  idleMs: 120_000,
  idleBytes: 1_024,
  busyMs: 5_000,
  busyBytes: 16_384,
  twiceMs: 60_000,
  probeMs: 8_000,
  sleptMs: 15_000,
  spreadMs: 4_000,
  sourceSpreadMs: 20_000,
  rememberMs: 10_000,
  maxKnownPerStream: 4,
  maxKnownStreams: 48,
}

/** PeerJS as its script tag leaves it. */
declare var Peer: new (...options: readonly (string | object)[]) => any

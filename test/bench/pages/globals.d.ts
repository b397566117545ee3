/** PeerJS as its script tag leaves it: what is used here. */
interface PeerConnection {
  on(event: 'open' | 'data' | 'error' | 'close', handle: (data: ArrayBuffer) => void): void
  send(data: ArrayBuffer | string): void
}

interface PeerNode {
  on(event: 'open' | 'connection' | 'error', handle: (connection: PeerConnection) => void): void
  connect(id: string, options: object): PeerConnection
}

declare const Peer: new (...options: readonly (string | object)[]) => PeerNode

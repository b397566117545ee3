import type { PeerView } from '../neuron/peer-view.ts'

/** How many peers are connected now and say that they have the stream; one may have two connections for a while. */
export const holdersOf = (id: string, peers: readonly Pick<PeerView, 'id' | 'link'>[]): number =>
  new Set(peers.filter(({ link }) => link?.streams.includes(id) === true).map((peer) => peer.id)).size

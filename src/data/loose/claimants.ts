import type { PublicKey, StreamId } from '../../domain/stream.ts'

/** Which linked peers say that they have rows of which stream. */
export interface Claimants {
  linked(link: number, peer: PublicKey): void
  unlinked(link: number): void
  peerOf(link: number): PublicKey | undefined
  add(link: number, stream: StreamId): void
  /** Answers whether it had said so. */
  remove(link: number, stream: StreamId): boolean
  linksOf(stream: StreamId): Iterable<number>
  /** The newest link over which this peer says that it has rows of the stream: one of a life that ended may look alive for a while. */
  linkOf(stream: StreamId, peer: PublicKey): number | undefined
  streams(): Iterable<StreamId>
}

export const createClaimants = (): Claimants => {
  const peers = new Map<number, PublicKey>()
  const claims = new Map<StreamId, Set<number>>()
  return {
    linked: (link, peer) => {
      peers.set(link, peer)
    },
    unlinked: (link) => {
      peers.delete(link)
    },
    peerOf: (link) => peers.get(link),
    add: (link, stream) => {
      const links = claims.get(stream) ?? new Set()
      claims.set(stream, links.add(link))
    },
    remove: (link, stream) => {
      const links = claims.get(stream)
      if (links?.delete(link) !== true) return false
      if (links.size === 0) claims.delete(stream)
      return true
    },
    linksOf: (stream) => claims.get(stream) ?? [],
    linkOf: (stream, peer) => [...(claims.get(stream) ?? [])].findLast((link) => peers.get(link) === peer),
    streams: () => claims.keys(),
  }
}

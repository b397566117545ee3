import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'

/** Whoever is asked to meet offers by then or does not, milliseconds. */
const OFFERS_WITHIN_MS = 5_000

/** Peers that were asked to meet and have not offered yet. One for a peer; the swarm's dials bound them ([W7]). */
export interface Invitations {
  has(peer: PublicKey): boolean
  isFor(peer: PublicKey, stream: StreamId): boolean
  /** `mute`: it said nothing in time. The answer ends this very invitation; false: it was over. */
  begin(peer: PublicKey, stream: StreamId, mute: () => void): () => boolean
  end(peer: PublicKey): void
  endAll(): void
}

interface Invitation {
  readonly stream: StreamId
  readonly cancel: () => void
}

export const createInvitations = ({ clock }: ClockDep): Invitations => {
  const invited = new Map<PublicKey, Invitation>()
  const end = (peer: PublicKey): void => {
    invited.get(peer)?.cancel()
    invited.delete(peer)
  }
  return {
    has: (peer) => invited.has(peer),
    isFor: (peer, stream) => invited.get(peer)?.stream === stream,
    begin: (peer, stream, mute) => {
      const endThis = (): boolean => {
        if (invited.get(peer) !== invitation) return false
        end(peer)
        return true
      }
      const cancel = clock.after(OFFERS_WITHIN_MS, () => {
        if (endThis()) mute()
      })
      const invitation = { stream, cancel }
      invited.set(peer, invitation)
      return endThis
    },
    end,
    endAll: () => {
      for (const peer of invited.keys()) end(peer)
    },
  }
}

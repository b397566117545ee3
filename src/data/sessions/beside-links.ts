import type { ClockDep } from '../../ports/clock.ts'
import type { PeerLink } from '../../ports/peer-link.ts'

/** A link beside another that has carried nothing for this long is closed, milliseconds: its time is over with the download's. */
const IDLE_MS = 20_000

/** Links that were made beside another one because loss held that one back. They carry pages; nobody outside knows of them. */
export interface BesideLinks {
  ready(number: number, link: PeerLink): void
  gone(number: number): void
  tick(): void
}

interface Held {
  readonly link: PeerLink
  bytes: number
  changedAt: number
}

export const createBesideLinks = ({ clock }: ClockDep): BesideLinks => {
  const links = new Map<number, Held>()
  return {
    ready: (number, link) => {
      links.set(number, { link, bytes: 0, changedAt: clock.now() })
    },
    gone: (number) => {
      links.delete(number)
    },
    tick: () => {
      const now = clock.now()
      for (const held of links.values()) {
        const { bytesIn, bytesOut } = held.link.traffic()
        if (bytesIn + bytesOut !== held.bytes) held.changedAt = now
        held.bytes = bytesIn + bytesOut
        if (now - held.changedAt >= IDLE_MS) held.link.end({ code: 'idle', message: 'Nothing is left to do for a further connection.', cut: false })
      }
    },
  }
}

import type { PublicKey } from '../../domain/stream.ts'
import type { Dialer } from '../../ports/dialer.ts'
import type { RandomDep } from '../../ports/random.ts'
import { createAttempts, type AttemptsDeps } from './attempts.ts'
import type { PeerServer } from './peer-server.ts'
import type { OpenPeerJs } from './peerjs-client.ts'
import { createPeerJsDialer } from './peerjs-dialer.ts'
import { createRendezvousDialer } from './rendezvous-dialer.ts'

export interface PageDialerDeps extends AttemptsDeps, RandomDep {
  /** This node's key, known once the data process has started: its id at the PeerServer. */
  readonly ownId: () => PublicKey
  readonly peerServer: PeerServer
  readonly openPeerJs: OpenPeerJs
}

export interface PageDialer extends Dialer {
  /** Gives up every dial and closes every connection, also those handed to a data process that is no more. */
  closeAll(): void
  /** The same, for good: leaves the PeerServer too. */
  stop(): void
}

/** Dials peers on the page, the only place that has RTCPeerConnection, and hands the channels on. */
export const createPageDialer = (deps: PageDialerDeps): PageDialer => {
  const attempts = createAttempts(deps)
  const rendezvous = createRendezvousDialer({ ...deps, attempts })
  const peerJs = createPeerJsDialer({ ...deps, attempts, server: deps.peerServer })
  return {
    open: (dial) => {
      if (dial.way === 'rendezvous') rendezvous.open(dial)
      else peerJs.open(dial)
    },
    signal: rendezvous.signal,
    abandon: attempts.abandon,
    reach: peerJs.reach,
    woke: peerJs.woke,
    closeAll: attempts.closeAll,
    stop: () => {
      attempts.closeAll()
      peerJs.close()
    },
  }
}

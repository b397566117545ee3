import { createAgreement } from '../consensus/agreement.ts'
import { createParcels } from '../transfer/parcels.ts'
import { createPursuit } from './downloads/pursuit.ts'
import { sayUntrue } from './loose/loose-check.ts'
import { createStreamWalk } from './loose/stream-walk.ts'
import { createServedTrees } from './reading/served-trees.ts'
import { createPeerSession } from './sessions/peer-session.ts'

/** What only a node with peers, or in search of some, needs: a third of the data process, fetched when the first is needed. */
export interface PeerCode {
  readonly createAgreement: typeof createAgreement
  readonly createParcels: typeof createParcels
  readonly createPeerSession: typeof createPeerSession
  readonly createPursuit: typeof createPursuit
  readonly createServedTrees: typeof createServedTrees
  readonly createStreamWalk: typeof createStreamWalk
  readonly sayUntrue: typeof sayUntrue
}

export const peerCode: PeerCode = { createAgreement, createParcels, createPeerSession, createPursuit, createServedTrees, createStreamWalk, sayUntrue }

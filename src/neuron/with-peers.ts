import { peerCode } from '../data/peer-code.ts'
import { createOpenPeerLink } from '../link/secure-link.ts'

/** What the data process fetches when there are peers, as one file. */
export const withPeers = { ...peerCode, createOpenPeerLink }

import { callOn, onFreshPages, type Pair } from './pair.ts'
import type { Run } from './run.ts'

/**
 * PeerJS sending the canonical bytes as one binary message. Nothing is verified and nothing kept; or, where `isKept`, all of it by
 * one SHA-256 that the receiver has beforehand, and by one strict transaction of IndexedDB: the least that can be done.
 */
export const runPeerJs = (
  pair: Pair,
  given: {
    readonly url: string
    readonly rows: number
    readonly total: number
    /** The PeerServer's. */
    readonly port: number
    /** An id that nobody has. */
    readonly name: string
    readonly isKept: boolean
  },
): Promise<Run> =>
  onFreshPages(pair, `${given.url}/peer-js.html`, async (sender, receiver) => {
    const { url, rows, total, port, name, isKept } = given
    const digest = await callOn<string>(sender, 'offer', { from: `${url}/rows/${rows}`, port, name })
    return callOn<Run>(receiver, 'receive', { port, name, total, digest: isKept ? digest : null })
  })

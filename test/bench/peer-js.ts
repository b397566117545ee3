import { callOn, onFreshPages, type Pair } from './pair.ts'
import type { Run } from './run.ts'

/** PeerJS sending the canonical bytes as one binary message. Nothing is verified and nothing kept. */
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
  },
): Promise<Run> =>
  onFreshPages(pair, `${given.url}/peer-js.html`, async (sender, receiver) => {
    const { url, rows, total, port, name } = given
    await callOn(sender, 'offer', { from: `${url}/rows/${rows}`, port, name })
    return callOn<Run>(receiver, 'receive', { port, name, total })
  })

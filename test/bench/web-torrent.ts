import { callOn, onFreshPages, type Pair } from './pair.ts'
import type { Run } from './run.ts'

/**
 * WebTorrent seeding the canonical bytes as one file. The receiver has the torrent file beforehand, finds the seeder through
 * a tracker, checks SHA-1 pieces and keeps them in the browser's file system.
 */
export const runWebTorrent = (
  pair: Pair,
  given: {
    readonly url: string
    readonly rows: number
    readonly tracker: string
    /** Never used before: what a browser has stored it would not fetch again. */
    readonly name: string
  },
): Promise<Run> =>
  onFreshPages(pair, `${given.url}/web-torrent.html`, async (sender, receiver) => {
    const { url, rows, tracker, name } = given
    const torrentFile = await callOn<readonly number[]>(sender, 'seed', { from: `${url}/rows/${rows}`, tracker, name })
    return callOn<Run>(receiver, 'receive', { torrentFile })
  })

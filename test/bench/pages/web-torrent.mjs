// @ts-expect-error the bundle brings no types
import WebTorrent from '/webtorrent.min.js'

const OPTIONS = { tracker: { rtcConfig: { iceServers: [] } } }

/** A tracker has heard of the seeder by then, milliseconds. */
const ANNOUNCED_MS = 500

/** Makes a torrent of the bytes and seeds it; answers the torrent file. @param {{ from: string, tracker: string, name: string }} given */
async function seed({ from, tracker, name }) {
  const bytes = await (await fetch(from)).arrayBuffer()
  const client = new WebTorrent(OPTIONS)
  return new Promise((resolve, reject) => {
    client.on('error', reject)
    client.seed(new File([bytes], name), { announce: [tracker] }, (/** @type {{ torrentFile: Uint8Array }} */ torrent) => {
      setTimeout(() => resolve([...torrent.torrentFile]), ANNOUNCED_MS)
    })
  })
}

/** @param {{ torrentFile: readonly number[] }} given */
async function receive({ torrentFile }) {
  const client = new WebTorrent(OPTIONS)
  const began = performance.now()
  let joinedAt = 0
  return new Promise((resolve, reject) => {
    client.on('error', reject)
    const torrent = client.add(new Uint8Array(torrentFile))
    torrent.on('wire', () => (joinedAt ||= performance.now()))
    torrent.on('done', () => {
      resolve({ setupMs: joinedAt - began, transferMs: performance.now() - joinedAt, wireBytes: torrent.downloaded })
    })
  })
}

Object.assign(globalThis, { contender: { seed, receive } })

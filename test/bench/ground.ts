import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, Server } from 'node:http'
import type { AddressInfo, Server as NetServer } from 'node:net'
import { join } from 'node:path'
import { PeerServer } from 'peer'
import { root } from '../../signaling/launch/project.mjs'
import type { Payload } from './payload.ts'
import { attachTracker } from './tracker.ts'
import { webTorrentBundle } from './webtorrent-bundle.ts'

/** Serves the other contenders: a page for each, the bytes, a tracker and a PeerServer, all on this machine. */
export interface Ground {
  readonly url: string
  readonly trackerUrl: string
  readonly peerServerPort: number
  close(): Promise<void>
}

const CONTENDERS = ['raw', 'web-torrent', 'peer-js']

const pageOf = (name: string): string =>
  `<!doctype html><meta charset="utf-8"><title>${name}</title>${name === 'peer-js' ? '<script src="/peerjs.min.js"></script>' : ''}<script type="module" src="/${name}.mjs"></script>`

const filesFor = (payloads: readonly Payload[]) =>
  new Map<string, { readonly type: string; readonly body: string | Uint8Array }>([
    ...CONTENDERS.map((name) => [`/${name}.html`, { type: 'text/html', body: pageOf(name) }] as const),
    ...CONTENDERS.map((name) => [`/${name}.mjs`, script(join(root, `test/bench/pages/${name}.mjs`))] as const),
    ['/peerjs.min.js', script(join(root, 'node_modules/peerjs/dist/peerjs.min.js'))],
    ['/webtorrent.min.js', script(webTorrentBundle())],
    ...payloads.map(({ rows, canonical }) => [`/rows/${rows}`, { type: 'application/octet-stream', body: canonical }] as const),
  ])

const script = (file: string) => ({ type: 'text/javascript', body: readFileSync(file) })

export const openGround = async (payloads: readonly Payload[]): Promise<Ground> => {
  const files = filesFor(payloads)
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '')
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'Content-Type': file.type }).end(file.body)
  })
  attachTracker(server, '/announce')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peerServer = await openPeerServer()
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    trackerUrl: `ws://127.0.0.1:${portOf(server)}/announce`,
    peerServerPort: portOf(peerServer),
    close: async () => {
      await Promise.all([server, peerServer].map(closeNow))
    },
  }
}

const openPeerServer = (): Promise<NetServer> =>
  new Promise((resolve) => {
    PeerServer({ port: 0, host: '127.0.0.1' }, (server) => {
      const at = server as unknown as NetServer
      if (at.address() === null) at.once('listening', () => resolve(at))
      else resolve(at)
    })
  })

const portOf = (server: NetServer): number => (server.address() as AddressInfo).port

const closeNow = async (server: NetServer): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  if (server instanceof Server) server.closeAllConnections()
  await closed
}

import type { Server } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'

/** What a WebTorrent says to its tracker, as far as a tracker must read it. */
interface Announce {
  readonly info_hash: string
  readonly peer_id: string
  readonly offers?: readonly { readonly offer: unknown; readonly offer_id: string }[]
  readonly answer?: unknown
  readonly offer_id?: string
  readonly to_peer_id?: string
}

/**
 * The least a WebTorrent tracker can be: swarms by info hash, offers handed to the others, answers to whom they are for.
 * (The tracker package brings native parts that a benchmark of pages has no use for.)
 */
export const attachTracker = (server: Server, path: string): void => {
  const swarms = new Map<string, Map<string, WebSocket>>()
  const sockets = new WebSocketServer({ server, path })
  sockets.on('connection', (socket) => {
    const left: (() => void)[] = []
    socket.on('message', (data) => {
      const said = JSON.parse((data as Buffer).toString('utf8')) as Announce
      const swarm = swarms.get(said.info_hash) ?? new Map<string, WebSocket>()
      swarms.set(said.info_hash, swarm)
      if (!swarm.has(said.peer_id)) left.push(() => swarm.delete(said.peer_id))
      swarm.set(said.peer_id, socket)
      answer(said, socket, swarm)
    })
    socket.on('close', () => {
      for (const leave of left) leave()
    })
  })
}

const answer = (said: Announce, socket: WebSocket, swarm: ReadonlyMap<string, WebSocket>): void => {
  const { info_hash, peer_id, offers = [] } = said
  const send = (to: WebSocket, message: object): void => {
    to.send(JSON.stringify({ action: 'announce', info_hash, ...message }))
  }
  if (said.answer !== undefined) {
    const to = swarm.get(said.to_peer_id ?? '')
    if (to !== undefined) send(to, { answer: said.answer, offer_id: said.offer_id, peer_id })
    return
  }
  send(socket, { interval: 120, complete: 1, incomplete: swarm.size - 1 })
  const others = [...swarm].filter(([id]) => id !== peer_id)
  for (const [index, [, other]] of others.entries()) {
    const made = offers[index]
    if (made !== undefined) send(other, { offer: made.offer, offer_id: made.offer_id, peer_id })
  }
}

// The ceiling: a WebSocket server that pairs callers of a key and passes on what they say, and does nothing else: no check-in,
// no limits, no schema, no log. Prints its port.
import { WebSocketServer } from 'ws'

/** @type {Map<string, import('ws').WebSocket[]>} */
const keys = new Map()
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const text = data.toString()
    const { type, key } = JSON.parse(text)
    if (type === 'publish') for (const one of server.clients) if (one !== socket) one.send(text)
    const pair = keys.get(key)
    if (type === 'signal') for (const one of pair ?? []) if (one !== socket) one.send(text)
    if (type === 'leave') keys.delete(key)
    if (type !== 'rendezvous') return
    if (pair === undefined) return void keys.set(key, [socket])
    pair.push(socket)
    pair.forEach((one, place) => one.send(JSON.stringify({ type: 'matched', key, role: place === 0 ? 'initiator' : 'responder' })))
  })
})

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Socket } from '../../signaling/connection.ts'
import { createSockets } from '../../signaling/socket.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

// The server writes its text frames itself: a client that follows RFC 6455 strictly must read them as they were said.

let server: WebSocketServer
let client: WebSocket
let ours: Socket
const heard: string[] = []

beforeEach(async () => {
  heard.length = 0
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const socketOf = createSockets(createVirtualClock())
  const arrived = new Promise<Socket>((resolve) => server.on('connection', (socket, request) => resolve(socketOf(socket, request.socket))))
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  client.on('message', (data: Buffer, isBinary) => heard.push(isBinary ? 'binary' : data.toString()))
  client.on('ping', () => heard.push('(ping)'))
  ours = await arrived
})
afterEach(() => {
  client.terminate()
  server.close()
})

const goodbye = async (): Promise<number> => {
  const closed = once(client, 'close') as Promise<[number]>
  ours.close(4002, 'the end')
  return (await closed)[0]
}

it('texts of every length of frame arrive as they were said', async () => {
  const texts = [0, 1, 125, 126, 127, 0xffff, 0x1_0000, 200_000].map((length) => 'x'.repeat(length))
  texts.push('é'.repeat(62), 'é'.repeat(63), '€'.repeat(30_000), '👋'.repeat(20_000))
  for (const text of texts) ours.send(text)
  expect(await goodbye()).toBe(4002)
  expect(heard).toEqual(texts)
})

it('[S16] what is said, a ping and the goodbye keep their order within one turn', async () => {
  ours.send('one')
  ours.ping()
  ours.send('two')
  expect(await goodbye()).toBe(4002)
  expect(heard).toEqual(['one', '(ping)', 'two'])
})

it('what is said after the goodbye is not sent', async () => {
  const closed = goodbye()
  ours.send('one more thing')
  expect(await closed).toBe(4002)
  expect(heard).toEqual([])
})

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Random } from '../../src/base/random.ts'
import { createDirection, type Direction, type LineSettings } from './line.ts'

export type End = 'sender' | 'receiver'

/** Every connection of one receiver over one line: they share its rate and its queue. */
export interface Relay {
  readonly toReceiver: Direction
  readonly toSender: Direction
  /** The same text with every candidate of `from` leading through the line; `connection` tells pairs apart. */
  rewrite(text: string, connection: string, from: End): Promise<string>
  close(): void
}

interface Address {
  readonly address: string
  readonly port: number
}

/** Two sockets in the middle of one connection: each stands for one end, and the other end sends to it. */
interface Middle {
  readonly stands: Readonly<Record<End, Socket>>
  readonly real: Partial<Record<End, Address>>
}

const CANDIDATE = /candidate:(\S+) (\d+) (udp|tcp) (\d+) (\S+) (\d+)/gi
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/

/** Nobody is there. */
const NOWHERE = '127.0.0.1 9'

export const openRelay = (settings: LineSettings, random: Random): Relay => {
  const directions = { receiver: createDirection(settings, random), sender: createDirection(settings, random) }
  const middles = new Map<string, Promise<Middle>>()
  let isClosed = false

  const openMiddle = async (address: string): Promise<Middle> => {
    const stands = { sender: await bind(address), receiver: await bind(address) }
    const real: Partial<Record<End, Address>> = {}
    const join = (to: End, from: End): void => {
      // What arrives where `from` stands was sent by the other end, and reaches it from where that one stands.
      stands[to].on('message', (datagram) => {
        const target = real[to]
        if (target === undefined) return
        directions[to].pass(datagram.length, () => {
          // What was still under way when the line was taken down is gone.
          if (!isClosed) stands[from].send(datagram, target.port, target.address)
        })
      })
    }
    join('sender', 'receiver')
    join('receiver', 'sender')
    return { stands, real }
  }

  const rewrite = async (text: string, connection: string, from: End): Promise<string> => {
    const places = new Map<string, string>()
    for (const [, , , transport, , address = '', port] of text.matchAll(CANDIDATE)) {
      const place = `${address} ${port}`
      places.set(place, NOWHERE)
      if (transport?.toLowerCase() !== 'udp' || !IPV4.test(address)) continue
      const opening = middles.get(connection) ?? openMiddle(address)
      middles.set(connection, opening)
      const { stands, real } = await opening
      real[from] ??= { address, port: Number(port) }
      if (`${real[from].address} ${real[from].port}` === place) places.set(place, `${address} ${stands[from].address().port}`)
    }
    return text.replaceAll(CANDIDATE, (_, foundation, component, transport, priority, address, port) =>
      `candidate:${foundation} ${component} ${transport} ${priority} ${places.get(`${address} ${port}`) ?? NOWHERE}`)
  }

  return {
    toReceiver: directions.receiver,
    toSender: directions.sender,
    rewrite,
    close: () => {
      isClosed = true
      for (const opening of middles.values())
        void opening.then(({ stands }) => {
          stands.sender.close()
          stands.receiver.close()
        })
    },
  }
}

/** On the candidate's own address: a browser does not send from there to the loopback interface. */
const bind = async (address: string): Promise<Socket> => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20, sendBufferSize: 4 * 2 ** 20 })
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** One address before several servers, as a load balancer or a name with several addresses is: who cannot be reached is passed over. */
export interface Balancer {
  readonly port: number
  close(): Promise<void>
}

export const startBalancer = async (ports: readonly number[]): Promise<Balancer> => {
  const sockets = new Set<Socket>()
  let next = 0
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => client.destroy())
    client.on('close', () => sockets.delete(client))
    tryNext(client, ports.length)
  }).listen(0, '127.0.0.1')
  const tryNext = (client: Socket, left: number): void => {
    const port = ports[next++ % ports.length]
    if (left === 0 || port === undefined) return void client.destroy()
    const upstream = connect({ port, host: '127.0.0.1' })
    let tied = false
    upstream.once('connect', () => {
      tied = true
      client.pipe(upstream)
      upstream.pipe(client)
    })
    upstream.on('error', () => (tied ? client.destroy() : tryNext(client, left - 1)))
    upstream.on('close', () => {
      if (tied) client.destroy()
    })
    client.on('close', () => upstream.destroy())
  }
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the balancer listens on no port')
  return {
    port: address.port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

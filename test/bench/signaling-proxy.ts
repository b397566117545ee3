import { once } from 'node:events'
import { createServer, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { End } from './relay.ts'

/** Stands between one node and the server; signals of the rendezvous pass through `rewrite`, all else as it is. */
export interface SignalingProxy {
  readonly url: string
  close(): Promise<void>
}

type Rewrite = (signal: string, key: string, from: End) => Promise<string>

/** In front of the receiver: what comes from the server was said by a sender. */
export const openSignalingProxy = async (target: string, rewrite: Rewrite): Promise<SignalingProxy> => {
  const server = createServer((incoming, outgoing) => {
    const asked = ask(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    asked.on('error', () => outgoing.destroy())
    incoming.pipe(asked)
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (near, { url, headers }) => {
    const { host, origin } = headers
    const far = new WebSocket(new URL(url ?? '/', target.replace('http', 'ws')), { headers: { ...(host && { host }), ...(origin && { origin }) } })
    join(near, far, (text) => rewriteMessage(text, 'receiver', rewrite))
    join(far, near, (text) => rewriteMessage(text, 'sender', rewrite))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close')
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** In order, also where a message waits for its sockets. */
const join = (from: WebSocket, to: WebSocket, change: (text: string) => Promise<string>): void => {
  let last: Promise<unknown> = to.readyState === WebSocket.CONNECTING ? once(to, 'open') : Promise.resolve()
  from.on('message', (data) => {
    const text = (data as Buffer).toString('utf8')
    last = last.then(async () => {
      to.send(await change(text))
    }).catch(() => to.terminate())
  })
  from.on('close', () => to.terminate())
  from.on('error', () => to.terminate())
}

const rewriteMessage = async (text: string, from: End, rewrite: Rewrite): Promise<string> => {
  const message = JSON.parse(text) as { readonly type: string; readonly key?: string; readonly signal?: string }
  if (message.type !== 'signal' || message.signal === undefined || message.key === undefined) return text
  return JSON.stringify({ ...message, signal: await rewrite(message.signal, message.key, from) })
}

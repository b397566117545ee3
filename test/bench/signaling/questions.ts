import { createNodeKey, headHex, headOf, identityOf, idOf } from '../../support/node-key.ts'
import { send, zazen, type Client, type Message } from './contenders.ts'
import { connectMany } from './measures.ts'

/** A publisher comes back to many who have waited for it, and all of them ask for its history at once. */
export interface Questions {
  readonly askers: number
  /** Until the last of them has its `done`. */
  readonly answeredMs: number
  /** What the publisher was told of them. */
  readonly heard: number
  /** Questions that reached other members, all together. */
  readonly elsewhere: number
  readonly isStillConnected: boolean
}

export const measureQuestions = async (askers: number): Promise<Questions> => {
  const server = await zazen.start()
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = idOf(identity)
  const nodes = await connectMany(server, askers)
  await all(nodes, { type: 'subscribe', re: 1, stream, epoch: 0, rows: 0 })
  const publisher = await server.connect(-1, key)
  await all([publisher], { type: 'register', re: 1, identity, head: headHex(headOf(key, stream, 10)) })
  let [heard, elsewhere] = [0, 0]
  publisher.hear = ({ type }) => void (heard += type === 'meta' ? 1 : 0)
  const began = performance.now()
  await all(nodes, { type: 'meta', re: 2, stream, to: null, body: { kind: 'request-history', rows: 1 } }, () => elsewhere++)
  const answeredMs = performance.now() - began
  const isStillConnected = publisher.socket.readyState === publisher.socket.OPEN
  for (const { socket } of [...nodes, publisher]) socket.terminate()
  await server.stop()
  return { askers, answeredMs, heard, elsewhere, isStillConnected }
}

/** Every one says the same and waits for its answer. */
const all = async (nodes: readonly Client[], message: Message & { readonly re: number }, otherwise: () => void = () => undefined): Promise<void> => {
  await Promise.all(
    nodes.map(
      (node) =>
        new Promise<void>((resolve, reject) => {
          node.hear = ({ type, re, code }) => {
            if (type === 'refused') reject(new Error(String(code)))
            else if (type === 'done' && re === message.re) resolve()
            else if (type === 'meta') otherwise()
          }
          send(node, message)
        }),
    ),
  )
}

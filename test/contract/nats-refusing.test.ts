import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { createSystemClock } from '../../signaling/clock.ts'
import { openNatsCluster } from '../../signaling/cluster/nats-cluster.ts'
import { createLog } from '../../signaling/log.ts'
import { startNats } from '../support/nats.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf } from '../support/node-key.ts'
import { until } from '../support/until.ts'

const key = createNodeKey()
const identity = identityOf(key)
const id = idOf(identity)

/** Speaks as a nats-server does whose password is another. */
const startRefusing = async (port: number) => {
  let refused = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write(`INFO ${JSON.stringify({ server_id: 'n', version: '2.9.10', proto: 1, headers: true, max_payload: 1_048_576, auth_required: true })}\r\n`)
    socket.once('data', () => {
      refused++
      socket.end("-ERR 'Authorization Violation'\r\n")
    })
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return { refused: () => refused, close: () => once(server.close(), 'close') }
}

it('[S93] a cluster that refuses a server for a while is tried again and again, which is said once', async () => {
  const nats = await startNats(1, ['--user', 'zazen', '--pass', 'quiet'])
  const lines: string[] = []
  const log = createLog('info', false, { write: (line) => void lines.push(line) })
  const complaints = () => lines.filter((line) => /authorization/i.test(line))
  const urls = nats.urls.map((url) => url.replace('nats://', 'nats://zazen:quiet@'))
  const opened = await openNatsCluster(urls, { name: 'e'.repeat(16), clock: createSystemClock(), log })
  if (!opened.ok) throw new Error(opened.error.message)
  const { store, close, lost } = opened.value
  let isLost = false
  void lost.then(() => (isLost = true))
  await nats.kill(0)
  const refusing = await startRefusing(Number(new URL(nats.urls[0] ?? '').port))
  // By itself the client gives up at the second.
  await until('several refusals', () => Promise.resolve(refusing.refused() >= 4))
  expect(complaints()).toHaveLength(1)
  expect(isLost).toBe(false)
  await refusing.close()
  await nats.restart(0, ['--user', 'zazen', '--pass', 'quiet'])
  await until('the store', async () => (await store.put({ id, identity, head: headHex(headOf(key, id, 1)), recent: [], seenAt: 1 })).ok)
  await store.close()
  await close()
  expect(isLost).toBe(false)
  await nats.close()
})

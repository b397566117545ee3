import { afterEach, beforeEach, expect, it } from 'vitest'
import { ANNOUNCEMENT_BURST, ANNOUNCEMENTS_PER_SECOND, RENDEZVOUS_BURST, RENDEZVOUS_PER_SECOND } from '../../signaling/limits.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf } from '../support/node-key.ts'
import type { SignalingClient } from '../support/signaling-client.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'

// What many do at once, each within the bounds of one connection.

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.close())

/** Below what one connection may do at once, whatever it costs. */
const EACH = 80

const callAndLeave = async (node: SignalingClient): Promise<string> => {
  const key = createNodeKey().publicKey
  const answer = await node.ask({ type: 'rendezvous', key })
  node.send({ type: 'leave', key })
  return answer.type === 'refused' ? answer.code : answer.type
}

it('[S89] one address calls for a bounded number of rendezvous, and others go on', async () => {
  const from = { headers: { 'X-Forwarded-For': '203.0.113.5' } }
  const nodes = await Promise.all(Array.from({ length: Math.ceil(RENDEZVOUS_BURST / EACH) + 1 }, () => server.connect(from)))
  const callAll = async (node: SignalingClient): Promise<readonly string[]> => {
    const outcomes: string[] = []
    for (let i = 0; i < EACH; i++) outcomes.push(await callAndLeave(node))
    return outcomes
  }
  const outcomes = (await Promise.all(nodes.map(callAll))).flat()
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(RENDEZVOUS_BURST)
  expect(outcomes.filter((outcome) => outcome === 'too-many-rendezvous')).toHaveLength(nodes.length * EACH - RENDEZVOUS_BURST)
  expect(await callAndLeave(await server.connect({ headers: { 'X-Forwarded-For': '203.0.113.6' } }))).toBe('done')
  server.clock.advance(1_000)
  const later = await Promise.all(nodes.flatMap((node) => Array.from({ length: 5 }, () => callAndLeave(node))))
  expect(later.filter((outcome) => outcome === 'done')).toHaveLength(RENDEZVOUS_PER_SECOND)
})

it('[S90] a publisher that comes back is told of a bounded number of those who waited, and of more as time passes', async () => {
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = idOf(identity)
  const askers = await server.connectMany(Math.ceil(ANNOUNCEMENT_BURST / EACH) + 1)
  for (const asker of askers) await asker.ask({ type: 'subscribe', stream, epoch: 0, rows: 0 })
  const publisher = await server.connect({ key })
  await publisher.ask({ type: 'register', identity, head: headHex(headOf(key, stream, 10)) })
  const askOften = async (times: number): Promise<void> => {
    const ask = (asker: SignalingClient) => asker.ask({ type: 'meta', stream, to: null, body: { kind: 'request-history', rows: 1 } })
    const answers = await Promise.all(askers.flatMap((asker) => Array.from({ length: times }, () => ask(asker))))
    expect(answers.every(({ type }) => type === 'done')).toBe(true)
  }
  await askOften(EACH)
  expect(await publisher.settled('meta')).toHaveLength(ANNOUNCEMENT_BURST)
  // What is said to it alone is not counted.
  await askers[0]?.ask({ type: 'meta', stream, to: key.publicKey, body: { kind: 'meet' } })
  expect(await publisher.settled('meta')).toHaveLength(ANNOUNCEMENT_BURST + 1)
  server.clock.advance(1_000)
  await askOften(EACH / 4)
  expect(await publisher.settled('meta')).toHaveLength(ANNOUNCEMENT_BURST + 1 + ANNOUNCEMENTS_PER_SECOND)
})

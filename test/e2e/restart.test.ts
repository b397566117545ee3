import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchNode, type NodeBrowser } from '../support/browser.ts'
import { decimalCsv, timeOf } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const ROWS = 30

/** How long after a subscription the server is killed, milliseconds: before the topic is joined, among offers, at the rendezvous, and after. */
const KILLED_AFTER_MS = [0, 40, 120, 400, 1_500]

/** A server is back in a second; two browsers on a machine that has other things to do may need far longer to notice. */
const PATIENT = { timeoutMs: 120_000 }

// The server keeps nothing here (DATA_DIR=none): what it knows afterwards, its nodes have told it again.
describe('a server that is killed and comes back', () => {
  let folder: string
  let server: TestServer
  let alice: NodeBrowser
  let bob: NodeBrowser
  const ids: string[] = []

  const restart = async (): Promise<void> => {
    const { port } = server
    await server.kill()
    server = await until('the port to be free', () => startServer({ port }), { ...PATIENT, everyMs: 200 })
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zazen-'))
    server = await startServer()
    const open = (name: string) => launchNode({ userDataDir: join(folder, name), url: server.url })
    ;[alice, bob] = await Promise.all([open('alice'), open('bob')])
    for (const [index] of KILLED_AFTER_MS.entries()) {
      const { csv } = decimalCsv({ rows: ROWS, seed: index + 1 })
      const { id } = await until('the handle', () => alice.zazen.publish({ name: `Series ${index}`, csv }))
      ids.push(id)
      await streamWhen(bob, id, 'listed', ({ listed }) => listed, PATIENT)
    }
  }, 180_000)

  afterAll(async () => {
    await Promise.all([alice.close(), bob.close()])
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })

  it.each(KILLED_AFTER_MS.map((ms, index) => [ms, index] as const))('%i ms after a subscription: the history comes all the same', async (ms, index) => {
    const id = ids[index] ?? ''
    await bob.zazen.subscribe(id)
    await new Promise((resolve) => setTimeout(resolve, ms))
    await restart()
    await streamWhen(bob, id, 'all rows', ({ rows, verified }) => rows === ROWS && verified, PATIENT)
  })

  it('rows published while it is away reach the subscriber, and those after its return', async () => {
    const [id = ''] = ids
    const { port } = server
    // Two who have lost each other would need the server to meet again.
    await until('the two to be linked', async () => (await bob.zazen.peers()).some(({ state }) => state === 'ready'), PATIENT)
    await server.kill()
    await alice.zazen.append(id, { time: timeOf(ROWS), value: '1.5' })
    await streamWhen(bob, id, 'a row without the server', ({ rows }) => rows === ROWS + 1, PATIENT)
    server = await until('the port to be free', () => startServer({ port }), { ...PATIENT, everyMs: 200 })
    await alice.zazen.append(id, { time: timeOf(ROWS + 1), value: '2.5' })
    const received = await streamWhen(bob, id, 'a row with the server', ({ rows }) => rows === ROWS + 2, PATIENT)
    expect(received.verified).toBe(true)
  })
})

import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Bus } from '../../signaling/bus/bus.ts'
import { createMemoryHub } from '../../signaling/bus/memory.ts'
import { createNatsBus } from '../../signaling/bus/nats.ts'
import { createLog } from '../../signaling/log.ts'
import { startNats, type NatsServers } from '../support/nats.ts'

const lines: string[] = []
const log = createLog('warn', false, { write: (line) => void lines.push(line) })
let nats: NatsServers
let connections: NatsConnection[] = []
beforeAll(async () => {
  nats = await startNats()
})
afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close()
})
afterAll(() => nats.close())

interface Three {
  readonly buses: readonly [Bus, Bus, Bus]
  /** Everything said so far has been heard by whoever hears it. */
  readonly settle: () => Promise<void>
}

const memory = (): Promise<Three> => {
  const hub = createMemoryHub()
  return Promise.resolve({ buses: [hub.join(), hub.join(), hub.join()], settle: () => Promise.resolve() })
}

const overNats = async (): Promise<Three> => {
  const three = await Promise.all([0, 1, 2].map(() => connect({ servers: [...nats.urls], noEcho: true })))
  connections = three
  const [a, b, c] = three.map((connection) => createNatsBus(connection, log))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three connections make three buses')
  // A flush comes back after everything before it; the second round is for what was on its way to the others.
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 2; round++) for (const connection of three) await connection.flush()
  }
  return { buses: [a, b, c], settle }
}

describe.each([
  ['memory', memory],
  ['NATS', overNats],
])('a bus: %s', (_, open) => {
  let three: Three
  beforeEach(async () => {
    three = await open()
  })
  afterEach(async () => {
    for (const bus of three.buses) await bus.close()
  })

  it('carries words in order to every other server that listens, and to nobody else', async () => {
    const [a, b, c] = three.buses
    const heard: string[] = []
    a.listen('x', (text) => heard.push(`a ${text}`))
    b.listen('x', (text) => heard.push(`b ${text}`))
    c.listen('y', (text) => heard.push(`c ${text}`))
    await three.settle()
    a.publish('x', '1')
    a.publish('x', '2 größer 👩‍🚀')
    await three.settle()
    expect(heard).toEqual(['b 1', 'b 2 größer 👩‍🚀'])
  })

  it('is silent for who has stopped listening or has gone', async () => {
    const [a, b, c] = three.buses
    const heard: string[] = []
    const stop = b.listen('x', (text) => heard.push(`b ${text}`))
    c.listen('x', (text) => heard.push(`c ${text}`))
    stop()
    stop()
    await c.close()
    await three.settle()
    a.publish('x', '1')
    await three.settle()
    expect(heard).toEqual([])
  })
})

it('a word that NATS does not carry is lost and said to be, and those around it are heard', async () => {
  const { buses: [a, b], settle } = await overNats()
  const heard: string[] = []
  b.listen('x', (text) => heard.push(text))
  await settle()
  for (const text of ['before', 'x'.repeat(2 * 1024 * 1024), 'after']) a.publish('x', text)
  await settle()
  expect(heard).toEqual(['before', 'after'])
  expect(lines.join()).toContain('could not be said')
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bus } from '../../signaling/bus/bus.ts'
import { createMemoryHub } from '../../signaling/bus/memory.ts'

const memory = () => {
  const hub = createMemoryHub()
  return [hub.join(), hub.join(), hub.join()] as const
}

describe.each([['memory', memory]])('a bus: %s', (_, open) => {
  let buses: readonly [Bus, Bus, Bus]
  beforeEach(() => {
    buses = open()
  })
  afterEach(async () => {
    for (const bus of buses) await bus.close()
  })

  it('carries words in order to every other server that listens, and to nobody else', () => {
    const [a, b, c] = buses
    const heard: string[] = []
    a.listen('x', (text) => heard.push(`a ${text}`))
    b.listen('x', (text) => heard.push(`b ${text}`))
    c.listen('y', (text) => heard.push(`c ${text}`))
    a.publish('x', '1')
    a.publish('x', '2')
    expect(heard).toEqual(['b 1', 'b 2'])
  })

  it('is silent for who has stopped listening or has gone', async () => {
    const [a, b, c] = buses
    const heard: string[] = []
    const stop = b.listen('x', (text) => heard.push(`b ${text}`))
    c.listen('x', (text) => heard.push(`c ${text}`))
    stop()
    stop()
    await c.close()
    a.publish('x', '1')
    expect(heard).toEqual([])
  })
})

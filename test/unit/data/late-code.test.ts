import { expect, it } from 'vitest'
import { peerCode, type PeerCode } from '../../../src/data/peer-code.ts'
import { NO_AUTHOR } from '../../../src/domain/stream.ts'
import type { Late } from '../../../src/ports/late.ts'
import { createLate } from '../../../src/runtime/late.ts'
import { must, pass, startDataNode } from '../../support/data-node.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const TIDE = { source: 'harbour', author: NO_AUTHOR, stream: 'tide', target: '' } as const

it('what only a node with peers needs is fetched for the first walk, which begins when it has come; when it cannot be had that is said once, and it is asked for again after 30 s', async () => {
  const clock = createVirtualClock()
  const loads: { come: () => void; miss: () => void }[] = []
  const code = createLate(() => new Promise<PeerCode>((resolve, reject) => {
    loads.push({ come: () => resolve(peerCode), miss: () => reject(new Error('offline')) })
  }))
  let asked = 0
  const counted: Late<PeerCode> = {
    get now() {
      return code.now
    },
    load: () => {
      asked++
      return code.load()
    },
  }
  const bob = await startDataNode({ name: 'bob', clock, code: counted })
  await pass(clock, 60_000)
  expect(loads).toHaveLength(0)
  await must(bob.client.subscribe(TIDE))
  await pass(clock, 3_000)
  expect([loads.length, asked]).toEqual([1, 1])
  loads[0]?.miss()
  await pass(clock, 25_000)
  expect(loads).toHaveLength(1)
  await pass(clock, 10_000)
  expect(loads).toHaveLength(2)
  loads[1]?.miss()
  await pass(clock, 35_000)
  expect(loads).toHaveLength(3)
  expect(bob.log().filter((line) => line.includes('offline'))).toEqual([expect.stringContaining('could not be loaded: reload the page')])
  loads[2]?.come()
  await pass(clock, 3_000)
  expect(loads).toHaveLength(3)
  expect(code.now).toBe(peerCode)
})

import { expect, it } from 'vitest'
import { peerCode, type PeerCode } from '../../../src/data/peer-code.ts'
import { NO_AUTHOR } from '../../../src/domain/stream.ts'
import { createLate } from '../../../src/runtime/late.ts'
import { must, pass, startDataNode } from '../../support/data-node.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const TIDE = { source: 'harbour', author: NO_AUTHOR, stream: 'tide', target: '' } as const

it('what only a node with peers needs is fetched for the first walk, which begins when it has come; until then it is asked for again', async () => {
  const clock = createVirtualClock()
  const loads: { come: () => void; miss: () => void }[] = []
  const code = createLate(() => new Promise<PeerCode>((resolve, reject) => {
    loads.push({ come: () => resolve(peerCode), miss: () => reject(new Error('offline')) })
  }))
  const bob = await startDataNode({ name: 'bob', clock, code })
  await pass(clock, 60_000)
  expect(loads).toHaveLength(0)
  await must(bob.client.subscribe(TIDE))
  await pass(clock, 3_000)
  expect(loads).toHaveLength(1)
  loads[0]?.miss()
  await pass(clock, 3_000)
  expect(loads).toHaveLength(2)
  expect(bob.log().filter((line) => line.includes('offline'))).toHaveLength(1)
  loads[1]?.come()
  await pass(clock, 3_000)
  expect(loads).toHaveLength(2)
  expect(code.now).toBe(peerCode)
})

import { expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { OFFER_WAIT_MS } from '../../../src/protocol/limits.ts'
import { publish } from '../../support/data-node.ts'
import { createRows } from '../../support/history.ts'
import { idOf, identityOf } from '../../support/node-key.ts'
import { createSmallNetwork } from './small-network.ts'

it('[L20] a publisher that comes back to the server is asked for what it alone has, without waiting for the next turn', async () => {
  const network = createSmallNetwork()
  const [alice, bob] = [await network.start('alice'), await network.start('bob')]
  const identity = identityOf(alice.home.key)
  const stream = idOf(identity)
  await network.pass(1)
  await publish(alice.data, identity, createRows(createSeededRandom(1), 5))
  await network.pass(2)
  network.kill(alice)
  await bob.neuron.commands.subscribe(stream)
  const asked = (): number => network.said.filter((line) => line === 'bob: request-history').length
  // Until the pauses are long, and one of them has just begun.
  await network.pass(200)
  const long = asked()
  for (let seconds = 0; seconds < 80 && asked() === long; seconds++) await network.pass(1)
  await network.pass(6)
  const before = asked()
  await network.start('alice', alice.home)
  await network.pass(OFFER_WAIT_MS / 1_000 + 1)
  expect(asked()).toBe(before + 1)
  await network.pass(5)
  expect(bob.data.state(stream)?.rows).toBe(5)
})

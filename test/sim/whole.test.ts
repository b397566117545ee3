import { expect, it } from 'vitest'
import { playShare } from './whole/share.ts'
import { playWhole, traceHash } from './whole/world.ts'

it('whole worlds of nodes end with the newest history everywhere, and never with anything that its publisher did not sign', (context) => playShare(0, context))

it('the same seed plays the same world, frame by frame', async () => {
  for (const seed of [3, 17, 100]) {
    const hashes = []
    for (let time = 0; time < 2; time++) {
      const trace = traceHash()
      await playWhole(seed, { hash: trace.add })
      hashes.push(trace.digest())
    }
    expect(hashes[1]).toBe(hashes[0])
  }
})

import { expect, it } from 'vitest'
import type { PeerView } from '../../../src/neuron/peer-view.ts'
import { holdersOf } from '../../../src/ui/holders.ts'

const peer = (id: string, ...streams: readonly string[]) => ({ id, link: { streams } as unknown as PeerView['link'] })

it('a peer that has a stream counts once, however many connections it has; one that is being connected does not', () => {
  const peers = [peer('bob', 'wind', 'rain'), peer('bob', 'wind'), peer('carol', 'rain'), peer('dave', 'wind'), { id: 'erin', link: null }]
  expect(holdersOf('wind', peers)).toBe(2)
  expect(holdersOf('rain', peers)).toBe(2)
  expect(holdersOf('sun', peers)).toBe(0)
})

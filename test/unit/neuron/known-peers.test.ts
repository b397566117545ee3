import { describe, expect, it } from 'vitest'
import { MAX_SIGNALING_BYTES } from '../../../src/protocol/limits.ts'
import { lastSeen, notThere, readKnownPeers, writeKnownPeers } from '../../../src/neuron/known-peers.ts'
import { SWARM_DEFAULTS } from '../../../src/swarm/config.ts'
import type { KnownStream } from '../../../src/swarm/words.ts'
import { numbered, streamNo } from '../swarm/bench.ts'

const NOW = 1_700_000_000_000
const DAY = 86_400_000

const knownStream = (n: number, ats: readonly number[] = [NOW]): KnownStream => ({ stream: streamNo(n), peers: ats.map((at, peer) => ({ peer: numbered(peer), at })) })

describe('[W17] peers that the page keeps for the node', () => {
  it('come back as they were written, as many as there may be', () => {
    const many = Array.from({ length: SWARM_DEFAULTS.maxKnownStreams }, (_, n) => knownStream(n, Array.from({ length: SWARM_DEFAULTS.maxKnownPerStream }, () => NOW)))
    expect(writeKnownPeers(many).length).toBeLessThan(MAX_SIGNALING_BYTES)
    expect(readKnownPeers(writeKnownPeers(many), NOW)).toEqual(many)
  })

  it('who was last seen over 30 days ago, or in the future, is nobody', () => {
    const text = writeKnownPeers([knownStream(1, [NOW + 1, NOW - 30 * DAY, NOW - 30 * DAY + 1])])
    expect(readKnownPeers(text, NOW)).toEqual([{ stream: streamNo(1), peers: [{ peer: numbered(2), at: NOW - 30 * DAY + 1 }] }])
  })

  it('whatever else is kept there is nothing', () => {
    const tooMany = Array.from({ length: SWARM_DEFAULTS.maxKnownStreams + 1 }, (_, n) => knownStream(n))
    const crowded = [knownStream(1, [1, 2, 3, 4, 5])]
    const texts = [null, '', 'x', '[]', '{}', '{"version":2,"streams":[]}', '{"version":1,"streams":[{"stream":"zz","peers":[]}]}', writeKnownPeers(tooMany), writeKnownPeers(crowded), `"${'x'.repeat(1e6)}"`]
    for (const text of texts) expect(readKnownPeers(text, NOW)).toEqual([])
    const negative = writeKnownPeers([{ stream: streamNo(1), peers: [{ peer: numbered(1), at: -1 }] }])
    expect(readKnownPeers(negative, NOW)).toEqual([])
  })
})

describe('when a peer was last seen', () => {
  it('is told once of each, the latest first, whatever stream it served', () => {
    const known = [knownStream(1, [NOW - 5000, NOW]), knownStream(2, [NOW - 1000, NOW - 9000, NOW - 3000])]
    expect(lastSeen(known)).toEqual([[1, 0], [0, 1000], [2, 3000]].map(([n = 0, before = 0]) => ({ id: numbered(n), seen: new Date(NOW - before).toISOString() })))
  })

  it('is told of those who are not linked and not banned, at most twenty', () => {
    const seen = Array.from({ length: 30 }, (_, n) => ({ id: numbered(n), seen: '' }))
    expect(notThere(seen, [{ id: numbered(0) }], [{ id: numbered(2) }])).toEqual([1, ...Array.from({ length: 19 }, (_, n) => n + 3)].map((n) => seen[n]))
  })
})

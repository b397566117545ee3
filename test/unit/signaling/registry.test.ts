import { describe, expect, it } from 'vitest'
import { sha256 as nodeSha256, verifyEd25519 } from '../../../signaling/crypto.ts'
import { MAX_DIRECTORY_SCAN } from '../../../signaling/limits.ts'
import { createRegistry } from '../../../signaling/registry.ts'
import type { Head } from '../../../src/domain/head.ts'
import { NO_AUTHOR, predictionStreamOf, type StreamId, type StreamIdentity } from '../../../src/domain/stream.ts'
import { MAX_DIRECTORY_ENTRIES, MAX_STREAMS_PER_NODE } from '../../../src/protocol/limits.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, type NodeKey } from '../../support/node-key.ts'

/** Keys whose signatures nobody checks, where thousands are made. */
const createQuickKey = (): NodeKey => ({ ...createNodeKey(), sign: () => new Uint8Array(64) })

const setUp = (maxStreams?: number, verify = verifyEd25519) => {
  const registry = createRegistry({ verify, sha256: nodeSha256, ...(maxStreams === undefined ? {} : { maxStreams }) })
  const list = (key: NodeKey, name: string) => {
    const identity = identityOf(key, name)
    return registry.register(key.publicKey, identity, headHex(headOf(key, idOf(identity), 1)))
  }
  const idsOf = () =>
    registry
      .page({ after: null, search: '', follows: null })
      .listings.map(({ identity }) => identity.stream)
      .sort()
  return { registry, list, idsOf }
}

describe('[S26] how many predict a stream', () => {
  it('is told of when one more is listed and when one makes room, not with each new head', () => {
    const [a, b, c] = [createNodeKey(), createNodeKey(), createNodeKey()]
    const told: string[] = []
    const registry = createRegistry({
      verify: verifyEd25519,
      sha256: nodeSha256,
      maxStreams: 2,
      onPredictors: (followed) => told.push(`${followed === observed ? 'observed' : followed}: ${registry.predictors(followed)}`),
    })
    const list = (key: NodeKey, identity: StreamIdentity, rows: number) => registry.register(key.publicKey, identity, headHex(headOf(key, idOf(identity), rows))).ok
    const observed = idOf(identityOf(a))
    const made = predictionStreamOf(b.publicKey, observed)
    expect([list(a, identityOf(a), 1), list(b, made, 1), list(b, made, 2)]).toEqual([true, true, true])
    expect(told).toEqual(['observed: 1'])
    registry.offline(b.publicKey)
    expect(list(c, identityOf(c), 1)).toBe(true)
    expect(told).toEqual(['observed: 1', 'observed: 0'])
  })
})

describe('a full registry', () => {
  it('[S22] forgets the streams of the publisher that left longest ago', () => {
    const [a, b, c] = [createNodeKey(), createNodeKey(), createNodeKey()]
    const { registry, list, idsOf } = setUp(3)
    list(a, 'a1')
    list(b, 'b1')
    list(b, 'b2')
    registry.offline(b.publicKey)
    registry.offline(a.publicKey)
    expect(list(c, 'c1').ok).toBe(true)
    expect(idsOf()).toEqual(['a1', 'c1'])
    expect(registry.size).toBe(2)
  })

  it('[S22] refuses while every publisher is connected, but still takes newer heads', () => {
    const [a, b] = [createNodeKey(), createNodeKey()]
    const { registry, list, idsOf } = setUp(1)
    list(a, 'a1')
    registry.offline(a.publicKey)
    registry.online(a.publicKey)
    expect(list(b, 'b1')).toMatchObject({ ok: false, error: { code: 'server-full' } })
    expect(list(a, 'a1').ok).toBe(true)
    expect(idsOf()).toEqual(['a1'])
  })

  it('[S22] [S80] makes room of what another server listed, also when its publisher left before the listing came', () => {
    const [a, b, c] = [createNodeKey(), createNodeKey(), createNodeKey()]
    const elsewhere = setUp()
    const take = (registry: ReturnType<typeof createRegistry>, key: NodeKey, name: string, isOnline: boolean): boolean => {
      const listed = elsewhere.list(key, name)
      return listed.ok && registry.take(listed.value, isOnline)
    }
    const { registry, list, idsOf } = setUp(2)
    expect(take(registry, a, 'a1', false)).toBe(true)
    expect(take(registry, b, 'b1', true)).toBe(true)
    expect(list(c, 'c1').ok).toBe(true)
    expect(idsOf()).toEqual(['b1', 'c1'])
    expect(list(a, 'a1')).toMatchObject({ ok: false, error: { code: 'server-full' } })
  })

  it('[S22] one node lists a bounded number', () => {
    const key = createQuickKey()
    const { list } = setUp(undefined, () => true)
    for (let i = 0; i < MAX_STREAMS_PER_NODE; i++) list(key, `s${i}`)
    expect(list(key, 'one more')).toMatchObject({ ok: false, error: { code: 'too-many-streams' } })
    expect(list(key, 's0').ok).toBe(true)
  })
})

describe('a stream that nobody signs', () => {
  it('[C15] is listed by nobody, also not by who could sign under those bytes', () => {
    const { registry } = setUp(undefined, () => true)
    const identity = { ...identityOf(createNodeKey(), 'a'), author: NO_AUTHOR }
    const listed = registry.register(NO_AUTHOR, identity, headHex(headOf(createQuickKey(), idOf(identity), 1)))
    expect(listed).toMatchObject({ ok: false, error: { code: 'not-author' } })
    expect(registry.size).toBe(0)
  })
})

describe('a head of the epoch that is listed', () => {
  const key = createNodeKey()
  const identity = identityOf(key, 'a')
  const listed = { epoch: 2, continues: { epoch: 1, rows: 3, root: new Uint8Array(32) } }
  const others: readonly (readonly [string, number, Partial<Head>, string])[] = [
    ['of the same count with another root', 10, { root: new Uint8Array(32) }, 'fork'],
    ['further on with another beginning', 11, { origin: new Uint8Array(32) }, 'fork'],
    ['behind with another beginning', 9, { origin: new Uint8Array(32) }, 'fork'],
    ['that continues fewer rows', 11, { continues: { ...listed.continues, rows: 2 } }, 'fork'],
    ['that continues another epoch', 11, { continues: { ...listed.continues, epoch: 0 } }, 'fork'],
    ['that continues another root', 11, { continues: { ...listed.continues, root: new Uint8Array(32).fill(1) } }, 'fork'],
    ['that is shorter', 9, {}, 'older-head'],
  ]
  for (const [what, rows, more, code] of others)
    it(`[S21] ${what}: ${code}`, () => {
      const { registry } = setUp()
      const list = (count: number, change: Partial<Head> = {}) =>
        registry.register(key.publicKey, identity, headHex(headOf(key, idOf(identity), count, { ...listed, ...change })))
      expect(list(10).ok).toBe(true)
      expect(list(rows, more)).toMatchObject({ ok: false, error: { code } })
      expect(registry.get(idOf(identity))?.head.head.rows).toBe(10)
      expect(list(12).ok).toBe(true)
    })
})

describe('a search', () => {
  it('[S23] that finds nothing stops after a bounded number of streams and says where to go on', () => {
    const keys = Array.from({ length: 4 }, createQuickKey)
    const { registry, list } = setUp(undefined, () => true)
    const all = keys.flatMap((key) => Array.from({ length: 1_500 }, (_, i) => list(key, `s${i}`)))
    const ids = all.flatMap((listed) => (listed.ok ? [listed.value.id] : [])).sort()
    const first = registry.page({ after: null, search: 'nothing like it', follows: null })
    expect(first).toEqual({ listings: [], next: ids[MAX_DIRECTORY_SCAN - 1] })
    expect(registry.page({ after: first.next, search: 'nothing like it', follows: null }).next).toBeNull()
  })

  it('[S23] goes on after an id that is not listed any more', () => {
    const key = createQuickKey()
    const { registry, list } = setUp(undefined, () => true)
    for (let i = 0; i < MAX_DIRECTORY_ENTRIES; i++) list(key, `s${i}`)
    const middle = `8${'0'.repeat(63)}` as StreamId
    const { listings, next } = registry.page({ after: middle, search: '', follows: null })
    expect(listings.every(({ id }) => id > middle)).toBe(true)
    expect(next).toBeNull()
  })
})

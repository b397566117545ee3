import { describe, expect, it } from 'vitest'
import { createBroker } from '../../../signaling/broker.ts'
import { sha256, verifyEd25519 } from '../../../signaling/crypto.ts'
import type { Outgoing } from '../../../signaling/outgoing.ts'
import { createRegistry } from '../../../signaling/registry.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { Result } from '../../../src/base/result.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import { MAX_ANNOUNCED, MAX_STREAMS_PER_NODE } from '../../../src/protocol/limits.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, liveHex } from '../../support/node-key.ts'

const node = (number: number): PublicKey => number.toString(16).padStart(64, '0') as PublicKey
const streamNumber = (number: number): StreamId => number.toString(16).padStart(64, '0') as StreamId

const setUp = (audienceSize = (): number => MAX_ANNOUNCED) => {
  const online = new Set<PublicKey>()
  const registry = createRegistry({ verify: verifyEd25519, sha256 })
  const broker = createBroker({ registry, random: createSeededRandom(1), isOnline: (one) => online.has(one), audienceSize })
  const author = createNodeKey()
  const identity = identityOf(author)
  const stream = idOf(identity)
  online.add(author.publicKey)
  registry.register(author.publicKey, identity, headHex(headOf(author, stream, 1)))
  return { broker, registry, online, author, stream }
}

const said = (result: Result<readonly Outgoing[]>): readonly Outgoing[] => {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

describe('topics', () => {
  it('[S30] one node follows a bounded number', () => {
    const { broker } = setUp()
    for (let i = 0; i < MAX_STREAMS_PER_NODE; i++) broker.subscribe(node(1), streamNumber(i), 0)
    const oneMore = streamNumber(MAX_STREAMS_PER_NODE)
    expect(broker.subscribe(node(1), oneMore, 0)).toMatchObject({ ok: false, error: { code: 'too-many-streams' } })
    expect(broker.subscribe(node(1), streamNumber(0), 0).ok).toBe(true)
    broker.unsubscribe(node(1), streamNumber(0))
    expect(broker.subscribe(node(1), oneMore, 0).ok).toBe(true)
  })

  it('[S90] a join while many come is told to the publisher and as few as it may be', () => {
    const { broker, stream, author } = setUp(() => 3)
    for (let i = 0; i < 50; i++) broker.subscribe(node(i), stream, 0)
    const [joined] = said(broker.subscribe(node(99), stream, 0))
    expect(joined?.to).toHaveLength(1 + 3)
    expect(joined?.to).toContain(author.publicKey)
  })

  it('[S31] a join in a crowd of thousands is told to the publisher and MAX_ANNOUNCED others', () => {
    const { broker, stream, author } = setUp()
    for (let i = 0; i < 5_000; i++) broker.subscribe(node(i), stream, 0)
    const [joined] = said(broker.subscribe(node(9_999), stream, 3))
    expect(joined?.to).toHaveLength(1 + MAX_ANNOUNCED)
    expect(joined?.to[0]).toBe(author.publicKey)
    expect(joined?.to).not.toContain(node(9_999))
  })

  it('[S31] a publisher that is away is not told', () => {
    const { broker, stream, author, online } = setUp()
    online.delete(author.publicKey)
    expect(said(broker.subscribe(node(1), stream, 0))[0]?.to).toEqual([])
    expect(broker.meta(node(1), stream, author.publicKey, { kind: 'offer', rows: 1 })).toMatchObject({
      error: { code: 'not-member' },
    })
  })

  it('[S34] a stream without subscribers costs nothing to publish', () => {
    const { broker, stream, author } = setUp()
    expect(said(broker.publish(author.publicKey, stream, liveHex(headOf(author, stream, 2))))).toEqual([])
  })

  it('[S32] nothing is left of a node that has gone', () => {
    const { broker, stream, author } = setUp()
    broker.subscribe(node(1), stream, 0)
    broker.subscribe(node(1), streamNumber(7), 0)
    expect(broker.gone(node(1))).toEqual([stream, streamNumber(7)])
    expect(broker.gone(node(1))).toEqual([])
    expect(broker.subscribers(stream)).toBe(0)
    expect(said(broker.publish(author.publicKey, stream, liveHex(headOf(author, stream, 2))))).toEqual([])
  })
})

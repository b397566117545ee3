import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import type { PublicKey } from '../../../../src/domain/stream.ts'
import { attachLocal, attachNode, joinNodes, must, pass, publish, startDataNode, type DataNode } from '../../../support/data-node.ts'
import { createRows } from '../../../support/history.ts'
import { createNodeKey, idOf, identityOf } from '../../../support/node-key.ts'
import { createPipePair, settle } from '../../../support/pipes.ts'
import { slowly } from '../../../support/slow-line.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const ROWS = 20_000

/** Alice has published twenty pages; Carol keeps them too; Bob wants them. */
const begin = async () => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const alice = await startDataNode({ name: 'alice', clock, key })
  const [bob, carol] = [await startDataNode({ name: 'bob', clock }), await startDataNode({ name: 'carol', clock })]
  await publish(alice, identity, createRows(createSeededRandom(3), ROWS))
  for (const node of [bob, carol]) await must(node.client.subscribe(identity))
  await joinNodes(alice, carol)
  await pass(clock, 5_000)
  return { clock, alice, bob, carol, stream: idOf(identity) }
}

const ends = ({ notices }: DataNode): readonly string[] =>
  notices.flatMap((notice) => (notice.type === 'link-event' && notice.event !== 'ready' ? [`${notice.event} ${notice.code}`] : []))

const proofs = ({ notices }: DataNode, peer: PublicKey): number =>
  notices.filter((notice) => notice.type === 'link-event' && notice.event === 'ready' && notice.peer === peer).length

describe('peers that a person refuses', () => {
  it('[D58] their links end, for both sides; what came from them goes on from others', async () => {
    const { clock, alice, bob, carol, stream } = await begin()
    for (const node of [alice, carol]) await joinNodes(node, bob, { distort: slowly(clock, 100) })
    await pass(clock, 1_250)
    const { pagesDone = 0, pagesTotal = 0, peers = 0 } = bob.state(stream) ?? {}
    expect(peers).toBe(2)
    expect(pagesDone).toBeLessThan(pagesTotal)
    await must(bob.client.refusePeers([alice.key.publicKey]))
    await pass(clock, 500)
    expect(ends(bob)).toEqual(['closed unwanted'])
    expect(ends(alice)).toHaveLength(1)
    await pass(clock, 20_000)
    expect(bob.state(stream)).toMatchObject({ rows: ROWS, phase: 'idle' })
  })

  it('[D58] none is made with them, whoever begins it and though it is one beside another, before a word of the history is said', async () => {
    const { clock, alice, bob, stream } = await begin()
    await must(bob.client.refusePeers([alice.key.publicKey]))
    const trace: string[] = []
    await joinNodes(alice, bob, { trace })
    await joinNodes(bob, alice, { trace })
    const [near, far] = createPipePair()
    attachNode(bob, near, 'initiator', alice, { beside: true })
    attachNode(alice, far, 'responder', bob, { beside: true })
    await pass(clock, 1_000)
    expect(trace).toEqual(['bob -> alice | bye unwanted', 'bob -> alice | bye unwanted'])
    expect(proofs(bob, alice.key.publicKey) + proofs(alice, bob.key.publicKey)).toBe(0)
    expect(bob.server.held().links).toBe(0)
    expect(bob.state(stream)?.rows).toBe(0)
  })

  it('[D58] those of the last list alone: who is not on it any more is linked again', async () => {
    const { clock, alice, bob, carol, stream } = await begin()
    await must(bob.client.refusePeers([alice.key.publicKey]))
    await must(bob.client.refusePeers([carol.key.publicKey]))
    await joinNodes(alice, bob)
    await pass(clock, 10_000)
    expect(ends(bob)).toEqual([])
    expect(bob.state(stream)?.rows).toBe(ROWS)
  })

  it('[D58] a data process that was started anew is told before it is asked anything', async () => {
    const clock = createVirtualClock()
    const alice = await startDataNode({ name: 'alice', clock })
    const bob = await startDataNode({ name: 'bob', clock })
    const client = createDataClient(attachLocal(bob.server, 'neuron'), { clock })
    await must(client.refusePeers([alice.key.publicKey]))
    const again = await startDataNode({ name: 'bob', clock, key: bob.key })
    client.reconnect(attachLocal(again.server, 'neuron'))
    await settle()
    await joinNodes(alice, again)
    expect(ends(again)).toEqual(['closed unwanted'])
  })
})

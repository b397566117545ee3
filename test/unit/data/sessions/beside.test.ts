import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { PAGE_ROWS } from '../../../../src/domain/page.ts'
import { streamIdOf } from '../../../../src/domain/stream.ts'
import type { Pipe } from '../../../../src/ports/pipe.ts'
import { decodeFrame, encodeFrame, type FrameType } from '../../../../src/protocol/frame.ts'
import { attachNode, must, pass, publish, startDataNode, type DataNode } from '../../../support/data-node.ts'
import { createRows } from '../../../support/history.ts'
import { createNodeKey, identityOf, sha256 } from '../../../support/node-key.ts'
import { createPipePair, settle } from '../../../support/pipes.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const PAGES = 40

/** Alice has a history; Bob will want it. */
const startWorld = async () => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const alice = await startDataNode({ name: 'alice', clock, key })
  await publish(alice, identity, createRows(createSeededRandom(4), PAGES * PAGE_ROWS))
  const bob = await startDataNode({ name: 'bob', clock })
  const want = async (forMs: number): Promise<void> => {
    await must(bob.client.subscribe(identity))
    await pass(clock, forMs)
  }
  return { alice, bob, want, stream: streamIdOf(identity, sha256) }
}

/** One more link between the two; answers what Alice says over it. */
const join = async (alice: DataNode, bob: DataNode, beside: boolean, distort: (pipe: Pipe) => Pipe = (pipe) => pipe): Promise<readonly FrameType[]> => {
  const said: FrameType[] = []
  const [near, far] = createPipePair((from, bytes) => {
    const frame = decodeFrame(bytes)
    if (from === 0 && frame.ok) said.push(frame.value.type)
  })
  attachNode(alice, distort(near), 'initiator', bob, { beside })
  attachNode(bob, far, 'responder', alice, { beside })
  await settle()
  return said
}

const events = (node: DataNode): readonly string[] =>
  node.notices.flatMap((notice) => (notice.type === 'link-event' ? [`${notice.event} ${notice.code}`] : notice.type === 'link-serves' ? ['serves'] : []))

describe('[L37] a link beside another', () => {
  it('carries pages of the same history and nothing else, and nobody outside hears of it', async () => {
    const { alice, bob, want, stream } = await startWorld()
    const first = await join(alice, bob, false)
    const heard = events(bob)
    const beside = await join(alice, bob, true)
    await want(5_000)
    expect(bob.state(stream)).toMatchObject({ rows: PAGES * PAGE_ROWS, problem: null })
    for (const said of [first, beside]) expect(said.filter((type) => type === 'packet').length).toBeGreaterThan(0)
    expect(beside).not.toContain('live')
    expect(events(bob).filter((event) => event !== 'serves')).toEqual(heard.filter((event) => event !== 'serves'))
    expect(bob.log().filter((line) => /one more connection/.test(line))).toHaveLength(1)
  })

  it('ends quietly when it has nothing more to carry; the first stays', async () => {
    const { alice, bob, want, stream } = await startWorld()
    await join(alice, bob, false)
    const beside = await join(alice, bob, true)
    await want(40_000)
    expect(beside.at(-1)).toBe('bye')
    expect(events(bob).filter((event) => event !== 'serves')).toEqual(['ready ready'])
    expect(bob.state(stream)?.rows).toBe(PAGES * PAGE_ROWS)
  })

  it('that lies is the end of the first too, told as a cut', async () => {
    const { alice, bob, want } = await startWorld()
    await join(alice, bob, false)
    // A frame that no peer may send, once the link is proved.
    await join(alice, bob, true, (pipe) => ({
      ...pipe,
      send: (bytes) => {
        const frame = decodeFrame(bytes)
        if (frame.ok && frame.value.type === 'packet') pipe.send(encodeFrame({ type: 'watch', request: 1 }))
        else pipe.send(bytes)
      },
    }))
    await want(5_000)
    expect(events(bob).filter((event) => event !== 'serves')).toEqual(['ready ready', expect.stringMatching(/^cut /)])
  })
})

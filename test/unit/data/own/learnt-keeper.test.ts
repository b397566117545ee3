import { describe, expect, it } from 'vitest'
import { equalBytes } from '../../../../src/base/bytes.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { MAX_LEARNT_BYTES, MAX_PACKET_BYTES } from '../../../../src/protocol/limits.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../../src/protocol/frame.ts'
import type { HistoryStore } from '../../../../src/ports/history-store.ts'
import { attachLocal, must, startDataNode } from '../../../support/data-node.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, idOf } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { createSmallWorld } from '../../../support/small-world.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const bytesOf = (size: number, first = 0) => Uint8Array.from({ length: size }, (_, i) => (first + i * 7) & 0xff)

const start = async () => {
  const world = createSmallWorld()
  const alice = await world.publisher('abc')
  const other = identityOf(createNodeKey(), 'theirs')
  await must(alice.client.subscribe(other))
  const engine = createDataClient(attachLocal(alice.server, 'engine'), { clock: world.clock })
  return { ...world, alice, engine, theirs: idOf(other) }
}

describe('[D40] what the engine keeps', () => {
  it('comes back as it was, over a restart, whatever its size', async () => {
    const { alice, engine, stream, theirs, clock } = await start()
    for (const size of [1, MAX_PACKET_BYTES, MAX_PACKET_BYTES + 1, 450_000]) {
      await must(engine.keepLearnt(stream, bytesOf(size)))
      expect(equalBytes((await must(engine.learnt(stream))) ?? bytesOf(0), bytesOf(size))).toBe(true)
    }
    await must(engine.keepLearnt(theirs, bytesOf(9, 1)))
    const again = createDataClient(attachLocal(alice.server, 'engine'), { clock })
    expect([(await must(again.learnt(stream)))?.length, await must(again.learnt(theirs))]).toEqual([450_000, bytesOf(9, 1)])
  })

  it('of two streams at once is not mixed up', async () => {
    const { engine, stream, theirs } = await start()
    await Promise.all([engine.keepLearnt(stream, bytesOf(200_000, 1)), engine.keepLearnt(theirs, bytesOf(200_000, 2))].map(must))
    const [one, two] = await Promise.all([engine.learnt(stream), engine.learnt(theirs)].map(must))
    expect(equalBytes(one ?? bytesOf(0), bytesOf(200_000, 1)) && equalBytes(two ?? bytesOf(0), bytesOf(200_000, 2))).toBe(true)
  })

  it('is nothing where nothing was kept, and nothing any more once it is dropped, or its stream forgotten', async () => {
    const { alice, engine, stream, theirs } = await start()
    expect(await must(engine.learnt(stream))).toBeNull()
    for (const one of [stream, theirs]) await must(engine.keepLearnt(one, bytesOf(100)))
    await must(engine.keepLearnt(stream, null))
    expect(await must(engine.learnt(stream))).toBeNull()
    await must(alice.client.forget(theirs))
    expect(await must(engine.learnt(theirs))).toBeNull()
    expect(await engine.keepLearnt(theirs, bytesOf(100))).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
    expect(await must(engine.learnt(theirs))).toBeNull()
  })
})

it('[D40] what is on its way to disk when its stream is forgotten does not stay there', async () => {
  const store = createMemoryStore()
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const clock = createVirtualClock()
  const slow: HistoryStore = { ...store, changeLearnt: async (...given) => (await held, store.changeLearnt(...given)) }
  const node = await startDataNode({ name: 'alice', clock, store: slow })
  const identity = identityOf(createNodeKey(), 'theirs')
  await must(node.client.subscribe(identity))
  const engine = createDataClient(attachLocal(node.server, 'engine'), { clock })
  const kept = engine.keepLearnt(idOf(identity), bytesOf(100))
  await settle()
  await must(node.client.forget(idOf(identity)))
  release()
  await kept
  expect(store.sync.learnt(idOf(identity))).toBeNull()
})

describe('[D40] parts', () => {
  const speak = async () => {
    const { alice, engine, stream, theirs } = await start()
    const pipe = attachLocal(alice.server, 'engine')
    const heard: Frame[] = []
    pipe.onFrame((bytes) => {
      const frame = decodeFrame(bytes)
      if (frame.ok) heard.push(frame.value)
    })
    const keep = async (part: number, parts: number, of = stream): Promise<string> => {
      pipe.send(encodeFrame({ type: 'learnt-keep', request: 1, stream: of, part, parts, bytes: bytesOf(10, part) }))
      await settle()
      const last = heard.at(-1)
      return last?.type === 'refused' ? last.code : (last?.type ?? 'nothing')
    }
    return { keep, engine, stream, theirs }
  }

  it('come in order, of one stream at a time; else nothing of them is kept', async () => {
    const { keep, engine, stream, theirs } = await speak()
    expect([await keep(0, 3), await keep(2, 3), await keep(1, 3)]).toEqual(['done', 'bad-parts', 'bad-parts'])
    expect([await keep(0, 2), await keep(1, 2, theirs), await keep(1, 2)]).toEqual(['done', 'bad-parts', 'bad-parts'])
    expect(await keep(1, 1)).toBe('bad-parts')
    expect([await must(engine.learnt(stream)), await must(engine.learnt(theirs))]).toEqual([null, null])
    expect([await keep(0, 2), await keep(0, 2), await keep(1, 2)]).toEqual(['done', 'done', 'done'])
    expect(await must(engine.learnt(stream))).toHaveLength(20)
  })

  it('are no more than the bound allows', async () => {
    const { keep } = await speak()
    const most = Math.ceil(MAX_LEARNT_BYTES / MAX_PACKET_BYTES)
    expect([await keep(0, most), await keep(0, most + 1)]).toEqual(['done', 'bad-parts'])
  })
})

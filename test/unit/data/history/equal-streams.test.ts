import { describe, expect, it } from 'vitest'
import type { ObservationRow } from '../../../../src/domain/row.ts'
import { streamIdOf, type StreamIdentity } from '../../../../src/domain/stream.ts'
import { microsOfMillis } from '../../../../src/domain/time.ts'
import { startDataNode, type DataNode } from '../../../support/data-node.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, sha256 } from '../../../support/node-key.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const rows: readonly ObservationRow[] = Array.from({ length: 50 }, (_, i) => ({
  form: 'observation',
  time: microsOfMillis(i * 1000),
  value: String(i),
}))

const key = createNodeKey()
const named = (stream: string): StreamIdentity => ({ source: 'test', author: key.publicKey, stream, target: '' })

const publish = async ({ client }: DataNode, identity: StreamIdentity): Promise<void> => {
  const opened = await client.openDraft(identity)
  if (!opened.ok) throw new Error(opened.error.message)
  await client.addToDraft(opened.value.draft, rows)
  const committed = await client.commitDraft(opened.value.draft)
  if (!committed.ok) throw new Error(committed.error.message)
}

describe('streams with equal rows share their pages', () => {
  it('and one that grows does not take the page of the other away', async () => {
    const store = createMemoryStore()
    const clock = createVirtualClock()
    const node = await startDataNode({ name: 'alice', clock, key, store })
    const [one, two] = [named('one'), named('two')]
    await publish(node, one)
    await publish(node, two)
    await node.client.append(streamIdOf(one, sha256), microsOfMillis(99_000), '99')
    await node.client.append(streamIdOf(one, sha256), microsOfMillis(100_000), '100')
    // A node of the same store that has nothing in its cache.
    const again = await startDataNode({ name: 'alice again', clock, key, store })
    const read = await again.client.rows(streamIdOf(two, sha256), 0, 100)
    expect(read).toMatchObject({ ok: true, value: { total: 50 } })
    expect(await again.client.append(streamIdOf(two, sha256), microsOfMillis(99_000), '7')).toMatchObject({ ok: true, value: { row: 50 } })
  })

  it('and the page that nobody names any more goes with the commit', async () => {
    const store = createMemoryStore()
    const node = await startDataNode({ name: 'alice', clock: createVirtualClock(), key, store })
    await publish(node, named('one'))
    for (let i = 0; i < 5; i++) await node.client.append(streamIdOf(named('one'), sha256), microsOfMillis(99_000 + i), '99')
    expect(await store.collect()).toEqual({ ok: true, value: 0 })
  })
})

describe('an import that comes to nothing', () => {
  it('leaves no stream behind', async () => {
    const store = createMemoryStore()
    const node = await startDataNode({ name: 'alice', clock: createVirtualClock(), key, store })
    const opened = await node.client.openDraft(named('ghost'))
    if (!opened.ok) throw new Error(opened.error.message)
    await node.client.dropDraft(opened.value.draft)
    expect(node.state(streamIdOf(named('ghost'), sha256))).toBeUndefined()
    expect(await store.records()).toEqual({ ok: true, value: [] })
  })

  it('of two that begin one stream only the first is kept', async () => {
    const node = await startDataNode({ name: 'alice', clock: createVirtualClock(), key })
    const drafts = await Promise.all([node.client.openDraft(named('twice')), node.client.openDraft(named('twice'))])
    const ends = []
    for (const opened of drafts) {
      if (!opened.ok) throw new Error(opened.error.message)
      await node.client.addToDraft(opened.value.draft, rows)
      ends.push(await node.client.commitDraft(opened.value.draft))
    }
    expect(ends).toMatchObject([{ ok: true }, { ok: false, error: { code: 'changed-meanwhile' } }])
  })
})

import { describe, expect, it } from 'vitest'
import { PAGE_ROWS } from '../../../../src/domain/page.ts'
import { predictionStreamOf, streamIdOf } from '../../../../src/domain/stream.ts'
import type { Row } from '../../../../src/domain/row.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import type { HistoryStore } from '../../../../src/ports/history-store.ts'
import { attachLocal, must, startDataNode, type DataNode } from '../../../support/data-node.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { createRows, historyOf } from '../../../support/history.ts'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, sha256 } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const ROWS = createRows(createSeededRandom(5), 2 * PAGE_ROWS + 10)

const row = (value: string): Row => ({ form: 'observation', time: 1 as Micros, value })

const startAlice = async (store: MemoryStore = createMemoryStore(), around: (store: HistoryStore) => HistoryStore = (same) => same) => {
  const key = createNodeKey()
  const clock = createVirtualClock()
  const alice = await startDataNode({ name: 'alice', clock, key, store: around(store) })
  const identity = identityOf(key)
  return { alice, store, clock, identity, stream: streamIdOf(identity, sha256) }
}

const pagesIn = (store: MemoryStore, hashes: Parameters<HistoryStore['has']>[0]): number =>
  store.sync.has(hashes).filter((there) => there).length

const refusal = (code: string) => ({ ok: false, error: { code } })

const readBack = async ({ client }: DataNode, stream: Parameters<DataNode['client']['rows']>[0], from: number, count: number) =>
  (await must(client.rows(stream, from, count))).rows

describe('[D10] a draft', () => {
  it('stages pages as they fill and makes all rows history at once', async () => {
    const { alice, store, identity, stream } = await startAlice()
    const truth = historyOf(identity, ROWS, PAGE_ROWS)
    const { draft, rows } = await must(alice.client.openDraft(identity))
    expect(rows).toBe(0)
    await must(alice.client.addToDraft(draft, ROWS.slice(0, PAGE_ROWS - 1)))
    expect(pagesIn(store, truth.pageHashes)).toBe(0)
    await must(alice.client.addToDraft(draft, ROWS.slice(PAGE_ROWS - 1, PAGE_ROWS)))
    expect(pagesIn(store, truth.pageHashes)).toBe(1)
    await must(alice.client.addToDraft(draft, ROWS.slice(PAGE_ROWS)))
    expect(pagesIn(store, truth.pageHashes)).toBe(2)
    expect(alice.state(stream)?.rows ?? 0).toBe(0)
    await must(alice.client.commitDraft(draft))
    expect(pagesIn(store, truth.pageHashes)).toBe(3)
    expect(store.sync.records()).toMatchObject([{ head: { head: { rows: ROWS.length, root: truth.root } }, hashes: truth.hashes }])
    expect(alice.state(stream)).toMatchObject({ rows: ROWS.length, own: true, targetRows: ROWS.length, phase: 'idle', problem: null })
    expect(alice.notices.filter(({ type }) => type === 'live-row')).toHaveLength(1)
  })

  it('goes on where the stream ends', async () => {
    const { alice, identity, stream } = await startAlice()
    for (const part of [ROWS.slice(0, PAGE_ROWS + 3), ROWS.slice(PAGE_ROWS + 3)]) {
      const { draft } = await must(alice.client.openDraft(identity))
      await must(alice.client.addToDraft(draft, part))
      await must(alice.client.commitDraft(draft))
    }
    expect(await readBack(alice, stream, PAGE_ROWS, 10)).toEqual(ROWS.slice(PAGE_ROWS, PAGE_ROWS + 10))
    expect(alice.state(stream)?.head?.head.root).toEqual(historyOf(identity, ROWS, PAGE_ROWS).root)
  })

  it('that is dropped is nothing, and cannot be gone on with', async () => {
    const { alice, store, identity, stream } = await startAlice()
    const { draft } = await must(alice.client.openDraft(identity))
    await must(alice.client.addToDraft(draft, ROWS))
    await must(alice.client.dropDraft(draft))
    expect(await alice.client.addToDraft(draft, ROWS.slice(0, 1))).toMatchObject(refusal('unknown-draft'))
    expect(await alice.client.commitDraft(draft)).toMatchObject(refusal('unknown-draft'))
    expect(alice.state(stream)?.rows ?? 0).toBe(0)
    expect(await must(store.collect())).toBe(2)
  })

  it('is committed once', async () => {
    const { alice, identity, stream } = await startAlice()
    const { draft } = await must(alice.client.openDraft(identity))
    await must(alice.client.addToDraft(draft, ROWS.slice(0, 3)))
    const both = await Promise.all([alice.client.commitDraft(draft), alice.client.commitDraft(draft)])
    expect(both.map(({ ok }) => ok)).toEqual([true, false])
    expect(alice.state(stream)?.rows).toBe(3)
  })

  it('of which the commit was asked for at once has all the rows said before', async () => {
    const { alice, identity, stream } = await startAlice()
    const { draft } = await must(alice.client.openDraft(identity))
    const added = [ROWS.slice(0, 800), ROWS.slice(800, 1_600), ROWS.slice(1_600, 1_700)].map((part) => alice.client.addToDraft(draft, part))
    await must(alice.client.commitDraft(draft))
    expect((await Promise.all(added)).every(({ ok }) => ok)).toBe(true)
    expect(alice.state(stream)?.head?.head.root).toEqual(historyOf(identity, ROWS, PAGE_ROWS, 1_700).root)
  })

  it('without a row is refused', async () => {
    const { alice, identity } = await startAlice()
    const { draft } = await must(alice.client.openDraft(identity))
    expect(await alice.client.commitDraft(draft)).toMatchObject(refusal('no-rows'))
  })

  it('is for own streams only', async () => {
    const { alice } = await startAlice()
    expect(await alice.client.openDraft(identityOf(createNodeKey()))).toMatchObject(refusal('not-own'))
  })

  it('takes rows of the form of its stream only', async () => {
    const { alice, identity, stream } = await startAlice()
    const { draft } = await must(alice.client.openDraft(predictionStreamOf(identity.author, stream)))
    expect(await alice.client.addToDraft(draft, [row('1')])).toMatchObject(refusal('bad-rows'))
  })

  it('whose stream got another row meanwhile is refused', async () => {
    const { alice, identity, stream } = await startAlice()
    const [first, second] = [await must(alice.client.openDraft(identity)), await must(alice.client.openDraft(identity))]
    for (const { draft } of [first, second]) await must(alice.client.addToDraft(draft, [row('1')]))
    await must(alice.client.commitDraft(second.draft))
    expect(await alice.client.commitDraft(first.draft)).toMatchObject(refusal('changed-meanwhile'))
    expect(alice.state(stream)?.rows).toBe(1)
  })

  it('of which a page could not be kept can never be committed', async () => {
    const { alice, store, identity, stream } = await startAlice()
    const { draft } = await must(alice.client.openDraft(identity))
    store.refuseWrites({ code: 'disk-full', message: 'full' })
    expect(await alice.client.addToDraft(draft, ROWS)).toMatchObject(refusal('disk-full'))
    store.refuseWrites(null)
    expect(await alice.client.commitDraft(draft)).toMatchObject(refusal('unknown-draft'))
    expect(alice.state(stream)?.rows ?? 0).toBe(0)
  })

  it('is one of at most sixteen, and those of a port that closed are no longer counted', async () => {
    const { alice, clock, identity } = await startAlice()
    const other = createDataClient(attachLocal(alice.server, 'neuron'), { clock })
    for (let open = 0; open < 16; open++) await must(other.openDraft(identity))
    expect(await alice.client.openDraft(identity)).toMatchObject(refusal('busy'))
    other.close()
    await settle()
    await must(alice.client.openDraft(identity))
  })

  it('that was being opened when its port closed is not counted either', async () => {
    const { alice, clock, identity } = await startAlice()
    for (let port = 0; port < 16; port++) {
      const other = createDataClient(attachLocal(alice.server, 'neuron'), { clock })
      const answer = other.openDraft(identity)
      other.close()
      expect((await answer).ok).toBe(false)
      await settle()
    }
    await must(alice.client.openDraft(identity))
  })
})

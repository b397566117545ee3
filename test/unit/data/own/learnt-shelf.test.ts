import { describe, expect, it } from 'vitest'
import type { StreamId } from '../../../../src/domain/stream.ts'
import { createLearntShelf } from '../../../../src/data/own/learnt-shelf.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { attachLocal, must, startDataNode } from '../../../support/data-node.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, idOf } from '../../../support/node-key.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const KEY = createNodeKey()
const idOfName = (name: string): StreamId => idOf(identityOf(KEY, name))

/** A shelf with room for a hundred bytes; streams go by their names. */
const shelfOver = (store: MemoryStore, budget = 100) => {
  const told: string[] = []
  const shelf = createLearntShelf({ store, budget, log: ({ message }) => void told.push(message) })
  return {
    told,
    keep: (name: string, size: number) => shelf.keep(idOfName(name), new Uint8Array(size)),
    drop: (name: string) => shelf.drop(idOfName(name)),
    forget: async (name: string) => {
      await store.remove(idOfName(name))
      shelf.forgotten(idOfName(name))
    },
  }
}

/** What is there, by name, in the order in which it was written. */
const kept = (store: MemoryStore): string => {
  const nameOf = new Map(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [idOfName(name), name]))
  const inOrder = [...store.sync.learntKept()].sort((one, other) => one.turn - other.turn)
  return inOrder.map(({ stream, bytes }) => `${nameOf.get(stream) ?? '?'} ${bytes}`).join(', ')
}

describe('[D55] what was learnt of all streams', () => {
  it('takes no more than the budget: what was written longest ago goes first', async () => {
    const store = createMemoryStore()
    const { keep, told } = shelfOver(store)
    for (const name of 'abc') await must(keep(name, 30))
    expect(kept(store)).toBe('a 30, b 30, c 30')
    await must(keep('a', 40))
    expect(kept(store)).toBe('b 30, c 30, a 40')
    expect(told).toEqual([])
    await must(keep('d', 50))
    expect(kept(store)).toBe('a 40, d 50')
    await must(keep('e', 20))
    expect(kept(store)).toBe('d 50, e 20')
    expect(told).toHaveLength(1)
  })

  it('never makes room by what is written now, however large it is', async () => {
    const store = createMemoryStore()
    const { keep } = shelfOver(store)
    await must(keep('a', 60))
    await must(keep('b', 40))
    await must(keep('a', 100))
    expect(kept(store)).toBe('a 100')
    await must(keep('a', 120))
    expect(kept(store)).toBe('a 120')
  })

  it('goes on after a restart as if there had been none', async () => {
    const store = createMemoryStore()
    const first = shelfOver(store)
    for (const name of 'abc') await must(first.keep(name, 30))
    await must(first.keep('a', 30))
    const second = shelfOver(store)
    await must(second.keep('d', 30))
    expect(kept(store)).toBe('c 30, a 30, d 30')
    await must(shelfOver(store).keep('e', 30))
    expect(kept(store)).toBe('a 30, d 30, e 30')
  })

  it('is less by what is dropped and by what is forgotten', async () => {
    const store = createMemoryStore()
    const { keep, drop, forget } = shelfOver(store)
    for (const name of 'abc') await must(keep(name, 30))
    await must(drop('a'))
    await must(keep('d', 30))
    expect(kept(store)).toBe('b 30, c 30, d 30')
    await forget('c')
    await must(keep('e', 30))
    expect(kept(store)).toBe('b 30, d 30, e 30')
  })

  it('is as it was when a write fails', async () => {
    const store = createMemoryStore()
    const { keep } = shelfOver(store)
    for (const name of 'abc') await must(keep(name, 30))
    store.refuseWrites({ code: 'disk-full', message: 'The disk of this test is full.' })
    for (let times = 0; times < 3; times++) expect(await keep('d', 40)).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    store.refuseWrites(null)
    await must(keep('e', 10))
    expect(kept(store)).toBe('a 30, b 30, c 30, e 10')
  })

  it('is counted once where several are written at the same time', async () => {
    const store = createMemoryStore()
    const { keep } = shelfOver(store)
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => keep(name, 30)))
    expect(kept(store)).toBe('d 30, e 30, f 30')
  })

  it('is one shelf for all ports of the data process, and a forgotten stream frees its place', async () => {
    const store = createMemoryStore()
    const node = await startDataNode({ name: 'alice', clock: createVirtualClock(), store })
    const engines = [1, 2].map(() => createDataClient(attachLocal(node.server, 'engine'), { clock: createVirtualClock() }))
    for (const [at, name] of ['a', 'b'].entries()) {
      await must(node.client.subscribe(identityOf(KEY, name)))
      for (const engine of engines) await must(engine.keepLearnt(idOfName(name), new Uint8Array(10 + at)))
    }
    expect(store.sync.learntKept().map(({ turn }) => turn)).toEqual([2, 4])
    await must(node.client.forget(idOfName('a')))
    expect(kept(store)).toBe('b 11')
  })
})

import { describe, expect, it } from 'vitest'
import { createPageWrites } from '../../../../src/data/downloads/page-writes.ts'
import type { StoredPage } from '../../../../src/ports/history-store.ts'

const page = (number: number, size = 100): StoredPage => ({ hash: Uint8Array.of(number), bytes: new Uint8Array(size) })

/** A disk that writes when it is told to; `written` are the numbers of each write. */
const createDisk = () => {
  const written: number[][] = []
  const ends: (() => void)[] = []
  const heard: unknown[] = []
  const writes = createPageWrites(
    (pages) => {
      written.push(pages.map(({ hash }) => hash[0] ?? -1))
      return new Promise<void>((resolve) => ends.push(resolve))
    },
    (work) => {
      work.catch((thrown: unknown) => heard.push(thrown))
    },
  )
  return {
    writes,
    written,
    heard,
    finish: async () => {
      ends.shift()?.()
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    },
  }
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)

describe('[T45] verified pages on their way to disk', () => {
  it('are written 32 at a time', async () => {
    const { writes, written } = createDisk()
    for (const number of numbers(0, 31)) await writes.add(page(number))
    expect(written).toEqual([])
    await writes.add(page(31))
    expect(written).toEqual([numbers(0, 32)])
  })

  it('are fewer at a time when they are large', async () => {
    const { writes, written } = createDisk()
    for (const number of numbers(0, 4)) await writes.add(page(number, 300 * 1024))
    expect(written).toEqual([[0, 1, 2, 3]])
  })

  it('wait in memory for one write at most: who brings the last of the next waits for the first', async () => {
    const { writes, written, finish } = createDisk()
    for (const number of numbers(0, 63)) await writes.add(page(number))
    let may = false
    const last = writes.add(page(63)).then(() => (may = true))
    await Promise.resolve()
    expect([may, written.length]).toEqual([false, 1])
    await finish()
    await last
    expect([may, written]).toEqual([true, [numbers(0, 32), numbers(32, 64)]])
  })

  it('are written however few they are when they are asked for, one write after the other', async () => {
    const { writes, written, finish } = createDisk()
    await writes.add(page(0))
    writes.flush()
    await writes.add(page(1))
    writes.flush()
    expect(written).toEqual([[0]])
    await finish()
    writes.flush()
    expect(written).toEqual([[0], [1]])
  })

  it('are all there when they have settled', async () => {
    const { writes, written, finish } = createDisk()
    for (const number of numbers(0, 40)) await writes.add(page(number))
    let isSettled = false
    const settled = writes.settled().then(() => (isSettled = true))
    await finish()
    expect([isSettled, written]).toEqual([false, [numbers(0, 32), numbers(32, 40)]])
    await finish()
    await settled
  })

  it('that cannot even be tried are heard of, and who waits for them too', async () => {
    const heard: unknown[] = []
    const broken = createPageWrites(
      () => Promise.reject(new Error('broken')),
      (work) => {
        work.catch((thrown: unknown) => heard.push(thrown))
      },
    )
    await broken.add(page(0))
    await expect(broken.settled()).rejects.toThrow('broken')
    expect(heard).toHaveLength(1)
  })
})

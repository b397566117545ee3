import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { createReadAhead } from '../../../../src/data/reading/read-ahead.ts'
import { MAX_PAGES_AHEAD, type WantedPage } from '../../../../src/transfer/upload.ts'

const wanted = (page: number, request = 1): WantedPage => ({ request, stream: 'a'.repeat(64) as never, root: new Uint8Array(32), rows: 99, page, encodings: [1] })

/** Pages come as one byte, their number; each reading is noted. */
const createSource = (load: (page: number) => Promise<Bytes | null> = (page) => Promise.resolve(new Uint8Array([page]))) => {
  const loaded: string[] = []
  const next = createReadAhead((one) => {
    loaded.push(`${one.request}/${one.page}`)
    return load(one.page)
  })
  const ask = (page: number, ahead: readonly number[], request = 1) => next({ type: 'load-page', ...wanted(page, request), ahead: ahead.map((one) => wanted(one, request)) })
  return { loaded, ask, from: (page: number, count = MAX_PAGES_AHEAD) => ask(page, Array.from({ length: count }, (_, i) => page + 1 + i)) }
}

describe('reading ahead', () => {
  it('[T11] loads each page once, and several at a time', async () => {
    const { loaded, from } = createSource()
    const sizes: number[] = []
    for (let page = 0; page < 30; page++) {
      expect(await from(page)).toEqual(new Uint8Array([page]))
      sizes.push(loaded.length)
    }
    expect(new Set(loaded).size).toBe(loaded.length)
    // 0 and the sixteen behind it; then eight whenever eight have been taken.
    expect(sizes.slice(0, 18)).toEqual([...Array<number>(8).fill(17), ...Array<number>(8).fill(25), 33, 33])
    for (const [page, size] of sizes.entries()) expect(size - page - 1).toBeLessThanOrEqual(MAX_PAGES_AHEAD)
  })

  it('[T11] forgets what is no longer ahead, and loads it anew when it is asked for', async () => {
    const { loaded, ask } = createSource()
    await ask(0, [1, 2, 3])
    await ask(7, [8], 2)
    await ask(1, [])
    expect(loaded).toEqual(['1/0', '1/1', '1/2', '1/3', '2/7', '2/8', '1/1'])
  })

  it('tells of a page that cannot be read only who asks for it', async () => {
    const { ask } = createSource((page) => (page === 2 ? Promise.reject(new Error('the disk broke')) : Promise.resolve(null)))
    expect(await ask(1, [2, 3])).toBeNull()
    await expect(ask(2, [3])).rejects.toThrow('the disk broke')
    expect(await ask(3, [])).toBeNull()
  })
})

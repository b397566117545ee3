import { describe, expect, it } from 'vitest'
import { keepShared, MAX_SHARED_BYTES, takeShared } from '../../../src/runtime/shared-files.ts'
import { SHARE_FIELD } from '../../../src/runtime/share-target.ts'

/** As much of the browser's cache as is asked for. */
const createFakeCache = () => {
  const kept = new Map<string, Response>()
  return {
    kept,
    put: async (url: unknown, response: Response) => void kept.set(url as string, response),
    match: async (url: unknown) => kept.get(url as string),
    delete: async (url: unknown) => kept.delete(url as string),
  }
}

const formOf = (value: File | string): FormData => {
  const form = new FormData()
  form.set(SHARE_FIELD, value)
  return form
}

describe('a file that another app shares', () => {
  it('waits until it is taken, once, with its name and every byte', async () => {
    const cache = createFakeCache()
    expect(await takeShared(cache)).toBeNull()
    expect(await keepShared(cache, formOf(new File(['\ufeff1,2\r\n'], 'Größe, 雨.csv')))).toBe(true)
    const taken = await takeShared(cache)
    expect(taken?.name).toBe('Größe, 雨.csv')
    expect(new Uint8Array(await (taken ?? new Blob()).arrayBuffer())).toEqual(new TextEncoder().encode('\ufeff1,2\r\n'))
    expect(await takeShared(cache)).toBeNull()
  })

  it('takes the place of the one before: what nobody takes does not pile up', async () => {
    const cache = createFakeCache()
    for (const name of ['one.csv', 'two.csv']) await keepShared(cache, formOf(new File(['1'], name)))
    expect(cache.kept.size).toBe(1)
    expect((await takeShared(cache))?.name).toBe('two.csv')
  })

  it('is not kept when it is no file, or is too large', async () => {
    const cache = createFakeCache()
    expect(await keepShared(cache, formOf('text'))).toBe(false)
    expect(await keepShared(cache, new FormData())).toBe(false)
    const large = Object.defineProperty(new File([], 'large.csv'), 'size', { value: MAX_SHARED_BYTES + 1 })
    expect(await keepShared(cache, { get: () => large } as unknown as FormData)).toBe(false)
    expect(cache.kept.size).toBe(0)
  })
})

import { describe, expect, it } from 'vitest'
import { MAX_SHARED_BYTES, receiveShared, takeShared } from '../../../src/runtime/shared-files.ts'
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

const requestOf = (value: File | string): Pick<Request, 'formData'> => ({
  formData: async () => {
    const form = new FormData()
    form.set(SHARE_FIELD, value)
    return form
  },
})

describe('a file that another app shares', () => {
  it('waits until it is taken, once, with its name and every byte', async () => {
    const cache = createFakeCache()
    expect(await takeShared(cache)).toBeNull()
    await receiveShared(cache, requestOf(new File(['\ufeff1,2\r\n'], 'Größe, 雨.csv')))
    const taken = await takeShared(cache)
    expect(taken).toMatchObject({ name: 'Größe, 雨.csv' })
    expect(new Uint8Array(await (taken instanceof File ? taken : new Blob()).arrayBuffer())).toEqual(new TextEncoder().encode('\ufeff1,2\r\n'))
    expect(await takeShared(cache)).toBeNull()
  })

  it('takes the place of the one before: what nobody takes does not pile up', async () => {
    const cache = createFakeCache()
    for (const name of ['one.csv', 'two.csv']) await receiveShared(cache, requestOf(new File(['1'], name)))
    expect(cache.kept.size).toBe(1)
    expect(await takeShared(cache)).toMatchObject({ name: 'two.csv' })
  })

  it('is not kept when there is none, or it is too large, or the disk is full: word of that is, once', async () => {
    const large = Object.defineProperty(new File([], 'large.csv'), 'size', { value: MAX_SHARED_BYTES + 1 })
    const requests = [
      requestOf('text'),
      { formData: async () => new FormData() },
      { formData: async () => ({ get: () => large }) as unknown as FormData },
      { formData: () => Promise.reject(new Error('too much')) },
    ]
    for (const request of requests) {
      const cache = createFakeCache()
      await receiveShared(cache, requestOf(new File(['1'], 'before.csv')))
      await receiveShared(cache, request)
      expect([await takeShared(cache), await takeShared(cache)]).toEqual(['refused', null])
    }
    const full = createFakeCache()
    const put = async (url: unknown, response: Response): Promise<void> => {
      if ((await response.clone().blob()).size > 0) throw new Error('QuotaExceededError')
      await full.put(url, response)
    }
    await receiveShared({ ...full, put }, requestOf(new File(['1'], 'one.csv')))
    expect(await takeShared(full)).toBe('refused')
  })
})

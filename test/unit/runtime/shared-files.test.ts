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

/** A file that says it has so many bytes. */
const sized = (bytes: number): File => Object.defineProperty(new File(['1'], 'large.csv'), 'size', { value: bytes })

describe('a file that another app shares', () => {
  it('waits until it is taken, once, with its name and every byte', async () => {
    const cache = createFakeCache()
    expect(await takeShared(cache)).toBeNull()
    await receiveShared(cache, requestOf(new File(['\ufeff1,2\r\n'], 'Größe, 雨.csv')))
    const taken = await takeShared(cache)
    expect(taken).toMatchObject({ ok: true, value: { name: 'Größe, 雨.csv' } })
    expect(new Uint8Array(await (taken?.ok === true ? taken.value : new Blob()).arrayBuffer())).toEqual(new TextEncoder().encode('\ufeff1,2\r\n'))
    expect(await takeShared(cache)).toBeNull()
  })

  it('takes the place of the one before: what nobody takes does not pile up', async () => {
    const cache = createFakeCache()
    for (const name of ['one.csv', 'two.csv']) await receiveShared(cache, requestOf(new File(['1'], name)))
    expect(cache.kept.size).toBe(1)
    expect(await takeShared(cache)).toMatchObject({ ok: true, value: { name: 'two.csv' } })
  })

  it.each<readonly [code: string, request: Pick<Request, 'formData'>]>([
    ['no-file', requestOf('text')],
    ['no-file', requestOf(new File([], ''))],
    ['no-file', { formData: async () => new FormData() }],
    ['no-file', { formData: () => Promise.reject(new Error('half a body')) }],
    ['not-csv', requestOf(new File(['1'], 'roof.png', { type: 'image/png' }))],
    ['too-large', { formData: async () => ({ get: () => sized(MAX_SHARED_BYTES + 1) }) as unknown as FormData }],
  ])('is not kept when it cannot be: word of that is (%s), once, in the place of the one before', async (code, request) => {
    const cache = createFakeCache()
    await receiveShared(cache, requestOf(new File(['1'], 'before.csv')))
    await receiveShared(cache, request)
    expect(await takeShared(cache)).toMatchObject({ ok: false, error: { code } })
    expect(await takeShared(cache)).toBeNull()
  })

  it('may be as large as is said, and is a CSV by its name or by its type', async () => {
    const files = [sized(MAX_SHARED_BYTES), new File(['1'], 'ROOF.CSV', { type: 'application/vnd.ms-excel' }), new File(['1'], 'notes', { type: 'text/plain' }), new File([], 'empty.csv')]
    for (const file of files) {
      const cache = createFakeCache()
      await receiveShared(cache, { formData: async () => ({ get: () => file }) as unknown as FormData })
      expect(await takeShared(cache)).toMatchObject({ ok: true, value: { name: file.name } })
    }
  })

  it('is refused where there is no room for it', async () => {
    const full = createFakeCache()
    const put = async (url: unknown, response: Response): Promise<void> => {
      if ((await response.clone().blob()).size > 0) throw new Error('QuotaExceededError')
      await full.put(url, response)
    }
    await receiveShared({ ...full, put }, requestOf(new File(['1'], 'one.csv')))
    expect(await takeShared(full)).toMatchObject({ ok: false, error: { code: 'no-room' } })
  })

  it('that a version before this one refused is told of without its reason', async () => {
    const cache = createFakeCache()
    await cache.put('/shared-file', new Response(null, { headers: { 'x-refused': 'yes' } }))
    expect(await takeShared(cache)).toMatchObject({ ok: false, error: { code: 'no-file' } })
  })
})

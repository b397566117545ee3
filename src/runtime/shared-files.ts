import { SHARE_FIELD } from './share-target.ts'

// A file that another app shares with this one arrives at the service worker, in a request of the system. It is kept there until the
// page takes it: it may have to start first.

export const SHARED_CACHE = 'zazen-shared'

/** The one file that waits: a newer one takes its place, so that what nobody takes does not pile up. */
const SHARED_URL = '/shared-file'

/** Larger ones are refused: they would be kept twice on a phone's disk. */
export const MAX_SHARED_BYTES = 256 * 1024 * 1024

const NAME_HEADER = 'x-file-name'
const REFUSED_HEADER = 'x-refused'

/**
 * Keeps the file of a share request. Of one without a file, with one that is too large, or on a full disk it keeps word of that in its
 * place: whoever shared it waits for something to happen.
 */
export const receiveShared = async (cache: Pick<Cache, 'put'>, request: Pick<Request, 'formData'>): Promise<void> => {
  const isKept = await request.formData().then((form) => keep(cache, form)).catch(() => false)
  if (!isKept) await cache.put(SHARED_URL, new Response(null, { headers: { [REFUSED_HEADER]: 'yes' } }))
}

const keep = async (cache: Pick<Cache, 'put'>, form: FormData): Promise<boolean> => {
  const file = form.get(SHARE_FIELD)
  if (!(file instanceof File) || file.size > MAX_SHARED_BYTES) return false
  await cache.put(SHARED_URL, new Response(file, { headers: { [NAME_HEADER]: encodeURIComponent(file.name) } }))
  return true
}

/** The file that waits, or that one was refused, once; null: none. */
export const takeShared = async (cache: Pick<Cache, 'match' | 'delete'>): Promise<File | 'refused' | null> => {
  const kept = await cache.match(SHARED_URL)
  if (kept === undefined || !(await cache.delete(SHARED_URL))) return null
  if (kept.headers.has(REFUSED_HEADER)) return 'refused'
  return new File([await kept.blob()], decodeURIComponent(kept.headers.get(NAME_HEADER) ?? 'shared.csv'), { type: 'text/csv' })
}

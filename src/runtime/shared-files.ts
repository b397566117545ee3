import { fail, ok, type Result } from '../base/result.ts'
import { SHARE_FIELD } from './share-target.ts'

// A file that another app shares with this one arrives at the service worker, in a request of the system. It is kept there until the
// page takes it: it may have to start first.

export const SHARED_CACHE = 'zazen-shared'

/** The one file that waits: a newer one takes its place, so that what nobody takes does not pile up. */
const SHARED_URL = '/shared-file'

/** Larger ones are refused: they would be kept twice on a phone's disk. The words below name it. */
export const MAX_SHARED_BYTES = 256 * 1024 * 1024

/** Some systems call a CSV a spreadsheet or nothing at all, so that its name is enough; and any text may be one. */
const CSV_NAME = /\.(?:csv|tsv|txt)$/i

const NAME_HEADER = 'x-file-name'
const REFUSED_HEADER = 'x-refused'

/** Why none was kept, and what to do. */
const REFUSALS = {
  'no-file': fail('no-file', 'No file came with it that can be read. Choose it on this page instead.'),
  'too-large': fail('too-large', 'It is larger than 256 MB. Choose it on this page instead.'),
  'not-csv': fail('not-csv', 'By its name and its type it is no CSV. Save it as one where it comes from; if it is one, choose it on this page.'),
  'no-room': fail('no-room', 'There is no room for it here. Free disk space, or choose it on this page instead.'),
} as const

type Refusal = keyof typeof REFUSALS

/**
 * Keeps the file of a share request. Of one that cannot be kept it keeps word in its place: whoever shared it waits for something to
 * happen.
 */
export const receiveShared = async (cache: Pick<Cache, 'put'>, request: Pick<Request, 'formData'>): Promise<void> => {
  const file = await request.formData().then((form) => form.get(SHARE_FIELD), () => null)
  const refusal = file instanceof File ? await judgeAndKeep(cache, file) : 'no-file'
  if (refusal !== null) await cache.put(SHARED_URL, new Response(null, { headers: { [REFUSED_HEADER]: refusal } }))
}

const judgeAndKeep = async (cache: Pick<Cache, 'put'>, file: File): Promise<Refusal | null> => {
  // A form in which nothing was chosen sends a file without name and bytes.
  if (file.name === '' && file.size === 0) return 'no-file'
  if (file.size > MAX_SHARED_BYTES) return 'too-large'
  if (!CSV_NAME.test(file.name) && !file.type.startsWith('text/')) return 'not-csv'
  const response = new Response(file, { headers: { [NAME_HEADER]: encodeURIComponent(file.name) } })
  return cache.put(SHARED_URL, response).then(() => null, () => 'no-room')
}

/** The file that waits, or why there is none, once; null: nothing was shared. */
export const takeShared = async (cache: Pick<Cache, 'match' | 'delete'>): Promise<Result<File> | null> => {
  const kept = await cache.match(SHARED_URL)
  if (kept === undefined || !(await cache.delete(SHARED_URL))) return null
  const refusal = kept.headers.get(REFUSED_HEADER)
  // A version before this one said only that it was refused.
  if (refusal !== null) return isRefusal(refusal) ? REFUSALS[refusal] : REFUSALS['no-file']
  return ok(new File([await kept.blob()], decodeURIComponent(kept.headers.get(NAME_HEADER) ?? 'shared.csv'), { type: 'text/csv' }))
}

const isRefusal = (text: string): text is Refusal => Object.hasOwn(REFUSALS, text)

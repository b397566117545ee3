import * as v from 'valibot'
import { fail, ok, type Result } from '../base/result.ts'
import type { Sample } from './neuron-commands.ts'

export interface BundledSample extends Omit<Sample, 'id'> {
  readonly file: string
  readonly stream: string
  readonly target: string
}

/** The samples that ship with the app; they are files of our own server, and judged like any other. */
const indexSchema = v.pipe(
  v.array(
    v.object({
      key: v.pipe(v.string(), v.maxLength(64)),
      title: v.string(),
      description: v.string(),
      rows: v.pipe(v.number(), v.safeInteger()),
      source: v.string(),
      license: v.string(),
      url: v.string(),
      file: v.pipe(v.string(), v.regex(/^[a-z0-9-]+\.csv$/)),
      stream: v.string(),
      target: v.string(),
    }),
  ),
  v.maxLength(100),
)

export interface Samples {
  list(): Promise<Result<readonly BundledSample[]>>
  csv(sample: BundledSample): Promise<Result<Blob>>
}

/** Fetches a file below the app's `samples/` folder. */
export type GetSample = (file: string) => Promise<Response>

export const createSamples = (get: GetSample): Samples => {
  const read = async <T>(file: string, take: (response: Response) => Promise<T>): Promise<Result<T>> => {
    try {
      const response = await get(file)
      return response.ok ? ok(await take(response)) : fail('no-sample', `The server has no samples/${file} (${response.status}).`)
    } catch {
      // fetch throws one thing only: the network did not answer.
      return fail('offline', 'The samples come from the server, which cannot be reached now.')
    }
  }
  return {
    list: async () => {
      const index = await read('index.json', (response) => response.json())
      if (!index.ok) return index
      const judged = v.safeParse(indexSchema, index.value)
      return judged.success ? ok(judged.output) : fail('malformed', 'The list of samples cannot be read.')
    },
    csv: (sample) => read(sample.file, (response) => response.blob()),
  }
}

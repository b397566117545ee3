import { JetStreamApiError } from '@nats-io/jetstream'
import type { KvEntry, KvStatus, KvWatchEntry } from '@nats-io/kv'
import type { Bucket } from '../../signaling/registry-store/nats.ts'

/** A key-value bucket of a NATS cluster that can be away, or have a watch that is deaf, whenever a test wants. */
export interface FakeBucket extends Bucket {
  /** Nothing is answered: what is asked fails at once. */
  isAway: boolean
  /** Changes are carried out though their answers are lost. */
  losesAnswers: boolean
  /** Changes are carried out only before the next one, and their answers are lost. */
  isSlow: boolean
  /** What is changed or opened is answered when `release` is called. */
  holdsAnswers: boolean
  release(): void
  /** A watch that is opened brings nothing, and nobody is told. */
  stallsWatches: boolean
  /** The watches that are open hear nothing more, and nobody is told. */
  deafen(): void
  /** The watches that are open end. */
  endWatches(): void
  /** It is deleted and made anew, empty. */
  renew(): void
  /** It is set back to what it was at this revision, as a backup does; when it was made stays. */
  restore(revision: number): void
  /** How often it was watched, from which revision. */
  readonly watchedFrom: readonly number[]
  readonly texts: ReadonlyMap<string, string>
  /** Keys of which it knows anything, be it that they are gone. */
  readonly keys: readonly string[]
  /** Changes that came with an older revision than the key has. */
  readonly refused: number
}

interface Ear {
  isDeaf: boolean
  hear(entry: KvWatchEntry): void
  stop(): void
}

export const createFakeBucket = (): FakeBucket => {
  const entries = new Map<string, KvEntry>()
  const said: KvEntry[] = []
  const ears = new Set<Ear>()
  const watchedFrom: number[] = []
  let last = 0
  let made = 1
  let refused = 0
  const late: (() => unknown)[] = []
  const held: (() => void)[] = []
  const answer = <T>(value: T): Promise<T> => (bucket.isAway ? Promise.reject(new Error('timeout')) : Promise.resolve(value))
  const answerLater = <T>(value: T): Promise<T> =>
    bucket.holdsAnswers ? new Promise((resolve) => held.push(() => resolve(value))) : answer(value)
  const keep = (key: string, operation: 'PUT' | 'DEL', text: string): number => {
    const entry = { key, operation, revision: ++last, string: () => text } as unknown as KvEntry
    entries.set(key, entry)
    said.push(entry)
    for (const ear of ears) if (!ear.isDeaf) ear.hear({ ...entry, delta: 0 } as KvWatchEntry)
    return last
  }
  const bucket = {
    isAway: false,
    losesAnswers: false,
    isSlow: false,
    holdsAnswers: false,
    stallsWatches: false,
    watchedFrom,
    release: () => {
      bucket.holdsAnswers = false
      for (const answerNow of held.splice(0)) answerNow()
    },
    renew: () => {
      bucket.endWatches()
      entries.clear()
      said.length = 0
      last = 0
      made++
    },
    restore: (revision: number) => {
      bucket.endWatches()
      entries.clear()
      said.splice(revision)
      for (const entry of said) entries.set(entry.key, entry)
      last = revision
    },
    get texts() {
      return new Map([...entries].flatMap(([key, entry]) => (entry.operation === 'PUT' ? [[key, entry.string()] as const] : [])))
    },
    get keys() {
      return [...entries.keys()]
    },
    get refused() {
      return refused
    },
    deafen: () => {
      for (const ear of ears) ear.isDeaf = true
    },
    endWatches: () => {
      for (const ear of [...ears]) ear.stop()
    },
    status: () => answer({ values: entries.size, streamInfo: { created: `${made}`, state: { last_seq: last } } } as KvStatus),
    get: (key: string) => answer(entries.get(key) ?? null),
    put: (key: string, data: unknown, options: { readonly previousSeq?: number } = {}) => {
      if (bucket.isAway) return answer(0)
      for (const carryOut of late.splice(0)) carryOut()
      const carryOut = (): number | null =>
        options.previousSeq === (entries.get(key)?.revision ?? 0) ? keep(key, 'PUT', String(data)) : null
      if (bucket.isSlow) late.push(carryOut)
      const revision = bucket.isSlow ? 0 : carryOut()
      if (revision === null) {
        refused++
        return Promise.reject(conflict())
      }
      return bucket.losesAnswers || bucket.isSlow ? Promise.reject(new Error('timeout')) : answerLater(revision)
    },
    delete: (key: string, { previousSeq }: { readonly previousSeq?: number } = {}) => {
      if (previousSeq !== undefined && previousSeq !== (entries.get(key)?.revision ?? 0)) return Promise.reject(conflict())
      return answer(undefined).then(() => void keep(key, 'DEL', ''))
    },
    forget: (revision: number) => {
      const [key] = [...entries].find(([, entry]) => entry.revision === revision) ?? []
      if (bucket.isAway || key === undefined) return bucket.isAway ? answer(false) : Promise.reject(noSuchMessage())
      entries.delete(key)
      return answer(true)
    },
    watch: ({ resumeFromRevision = 1 }: { readonly resumeFromRevision?: number } = {}) => {
      if (bucket.isAway) return answer(null)
      watchedFrom.push(resumeFromRevision)
      const old = bucket.stallsWatches ? [] : [...entries.values()].filter(({ revision }) => revision >= resumeFromRevision)
      return answerLater(listen(ears, old))
    },
  }
  return bucket as unknown as FakeBucket
}

const conflict = (): Error => new JetStreamApiError({ code: 400, err_code: 10_071, description: 'wrong last sequence' })

const noSuchMessage = (): Error => new JetStreamApiError({ code: 500, err_code: 10_057, description: 'no message found' })

/** As an iterator that ends when it is stopped, old entries first. */
const listen = (ears: Set<Ear>, old: readonly KvEntry[]) => {
  const waiting = old.map((entry, index) => ({ ...entry, delta: old.length - 1 - index }) as KvWatchEntry)
  let wake = (): void => undefined
  let isStopped = false
  const ear: Ear = {
    isDeaf: false,
    hear: (entry) => {
      waiting.push(entry)
      wake()
    },
    stop: () => {
      isStopped = true
      ears.delete(ear)
      wake()
    },
  }
  ears.add(ear)
  return {
    stop: ear.stop,
    async *[Symbol.asyncIterator]() {
      while (!isStopped || waiting.length > 0) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

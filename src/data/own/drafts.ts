import { fail, ok, type Failure, type Result } from '../../base/result.ts'
import type { SignedHead } from '../../domain/head.ts'
import type { Row } from '../../domain/row.ts'
import type { StreamIdentity } from '../../domain/stream.ts'
import type { HistoryStore } from '../../ports/history-store.ts'
import type { PageBuilder } from '../history/page-builder.ts'
import { createSerial, type Serial } from '../pace/serial.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import type { Entry } from '../streams/entry.ts'

/** Rows on their way to become an own history: pages are staged as they fill, one commit makes them history. */
export interface Drafts {
  open(identity: StreamIdentity): Promise<Result<{ readonly draft: number; readonly rows: number }>>
  add(draft: number, rows: readonly Row[]): Promise<Result<null>>
  commit(draft: number): Promise<Result<SignedHead>>
  drop(draft: number): void
  /** None is under way: no page is on disk that no record names yet. */
  isIdle(): boolean
}

/** Drafts open at a time: each keeps a page of rows and the hashes of those it filled. */
const MAX_DRAFTS = 16

interface Draft {
  readonly entry: Entry
  readonly builder: PageBuilder
  readonly from: number
  /** Rows are added in the order in which they came, and all of them before the commit. */
  readonly inTurn: Serial
  /** How the writing of the pages filled so far ends: the next are made while these are on their way to disk. */
  written: Promise<Result<null>>
}

export const createDrafts = ({
  catalogue,
  store,
}: {
  readonly catalogue: Catalogue
  readonly store: HistoryStore
}): Drafts => {
  const drafts = new Map<number, Draft>()
  /** No longer open, but their pages are not named on record yet. */
  let committing = 0
  let next = 1
  const unknown = (draft: number): Result<never, Failure<'unknown-draft'>> =>
    fail('unknown-draft', `Draft ${draft} is not open; begin again.`)
  return {
    open: async (identity) => {
      if (drafts.size >= MAX_DRAFTS) return fail('busy', 'Too many imports at a time; wait for one to end.')
      const entry = catalogue.prepare(identity)
      if (!entry.own) return fail('not-own', 'Only its publisher can add rows to a stream.')
      const builder = await entry.history.builder()
      if (!builder.ok) {
        await catalogue.noteDamage(entry, builder.error)
        return builder
      }
      const draft = next++
      drafts.set(draft, { entry, builder: builder.value, from: builder.value.rows, inTurn: createSerial(), written: Promise.resolve(ok(null)) })
      return ok({ draft, rows: builder.value.rows })
    },
    add: async (number, rows) => {
      const draft = drafts.get(number)
      if (draft === undefined) return unknown(number)
      if (rows.some((row) => row.form !== draft.builder.form))
        return fail('bad-rows', 'These rows are not of the form of the stream.')
      await draft.inTurn(async () => {
        const filled = await draft.builder.push(rows)
        if (filled.length > 0) draft.written = bothOf(draft.written, store.stage(filled))
      })
      const written = await draft.written
      // Its rows are counted but not on disk: it can never be committed.
      if (!written.ok) drafts.delete(number)
      return written
    },
    commit: async (number) => {
      const draft = drafts.get(number)
      if (draft === undefined) return unknown(number)
      return draft.inTurn(async () => {
        const written = await draft.written
        if (!written.ok) return written
        if (!drafts.delete(number)) return unknown(number)
        if (draft.builder.rows === draft.from) return fail('no-rows', 'There is no row to add.')
        // Kept before it is signed: of two imports that begin one stream only the first may.
        if (!catalogue.keep(draft.entry)) return fail('changed-meanwhile', 'The stream was begun by another import. Try again.')
        committing++
        return draft.entry.history.extend(draft.builder, draft.from).finally(() => {
          committing--
        })
      })
    },
    drop: (number) => {
      drafts.delete(number)
    },
    isIdle: () => drafts.size === 0 && committing === 0,
  }
}

/** Both are on their way; the first failure counts. */
const bothOf = async (one: Promise<Result<null>>, other: Promise<Result<null>>): Promise<Result<null>> => {
  const [first, second] = await Promise.all([one, other])
  return first.ok ? second : first
}

import type { IDBPTransaction, StoreNames } from 'idb'
import type { Database, ZazenDatabase } from './database.ts'

/**
 * One process at a time may write to a profile's database: the last one that has claimed it (SPEC [D56]). Its number stands in the
 * database, and every write compares it in its own transaction; so a tab whose lock was stolen, frozen in between or not, writes
 * nothing after its successor has begun.
 */
export interface Fence {
  readonly generation: number
  /** One transaction over these stores, all or nothing. Throws what went wrong; `SupersededError` where another has claimed the database since. */
  write(stores: readonly Store[], writesOf: (transaction: WriteTransaction) => readonly (() => Promise<unknown>)[], options?: IDBTransactionOptions): Promise<void>
}

type Store = StoreNames<ZazenDatabase>

export type WriteTransaction = IDBPTransaction<ZazenDatabase, Store[], 'readwrite'>

export class SupersededError extends Error {
  override readonly name = 'SupersededError'
  constructor() {
    super('Another tab has become the node of this profile. Nothing is written by this one any more.')
  }
}

/** A tab that opens, by a name of its own choice, or (not `first`) one that starts its data process anew. */
export interface Claim {
  readonly tab: string
  readonly first: boolean
}

/**
 * Takes the database for this process; `onSuperseded` is told once, when a write finds that another has taken it since. A tab that starts its data process anew is not `first`: it goes on only where no other tab has
 * taken the database meanwhile.
 */
export const claimFence = async (database: Database, { tab, first }: Claim, onSuperseded: () => void): Promise<Fence> => {
  const transaction = database.transaction('fence', 'readwrite', { durability: 'strict' })
  const held = await transaction.store.get(KEY)
  if (!first && held?.tab !== tab) throw new SupersededError()
  const generation = (held?.generation ?? 0) + 1
  await Promise.all([transaction.store.put({ generation, tab }, KEY), transaction.done])
  return createFence(database, generation, onSuperseded)
}

const KEY = 'holder'

const createFence = (database: Database, generation: number, onSuperseded: () => void): Fence => {
  let isOver = false
  const end = (): void => {
    if (!isOver) onSuperseded()
    isOver = true
  }
  return {
    generation,
    write: async (stores, writesOf, options) => {
      const transaction = database.transaction([...stores, 'fence'], 'readwrite', options)
      // Asked for first and not waited for: its answer comes before the transaction can end, and costs no turn.
      const check = async (): Promise<void> => {
        const held = await transaction.objectStore('fence').get(KEY)
        if (held?.generation === generation) return
        transaction.abort()
        throw new SupersededError()
      }
      try {
        await allOrNothing(transaction, [check, ...writesOf(transaction)])
      } catch (thrown) {
        if (thrown instanceof SupersededError) end()
        throw thrown
      }
    },
  }
}

interface Atomic {
  readonly done: Promise<void>
  readonly error: DOMException | null
  abort(): void
}

/** A write that cannot even be asked for (what it would store has no clone) takes back those asked for before it. */
const allOrNothing = async (transaction: Atomic, writes: readonly (() => Promise<unknown>)[]): Promise<void> => {
  const asked: Promise<unknown>[] = [transaction.done]
  let refused: { readonly thrown: unknown } | null = null
  try {
    for (const write of writes) asked.push(write())
  } catch (thrown) {
    refused = { thrown }
    transaction.abort()
  }
  const ends = await Promise.allSettled(asked)
  const reasons = ends.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []))
  const superseded = reasons.find((reason) => reason instanceof SupersededError)
  if (superseded !== undefined) throw superseded
  if (refused !== null) throw refused.thrown
  // Most requests of an aborted transaction say only that it was aborted: the one that failed knows why, or else the transaction.
  if (reasons.length > 0) throw transaction.error ?? reasons.find((reason) => !isAbort(reason)) ?? reasons[0]
}

const isAbort = (reason: unknown): boolean => reason instanceof DOMException && reason.name === 'AbortError'

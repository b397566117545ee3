import type { Mutable } from '../base/mutable.ts'
import type { Late } from '../ports/late.ts'

export const createLate = <T>(fetch: () => Promise<T>): Late<T> => {
  let coming: Promise<T> | null = null
  const bring = async (): Promise<T> => {
    try {
      const fetched = await fetch()
      late.now = fetched
      return fetched
    } finally {
      coming = null
    }
  }
  const late: Mutable<Late<T>> = {
    now: null,
    load: () => (late.now === null ? (coming ??= bring()) : Promise.resolve(late.now)),
  }
  return late
}

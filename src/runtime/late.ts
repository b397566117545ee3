import type { Late } from '../ports/late.ts'

export const createLate = <T>(fetch: () => Promise<T>): Late<T> => {
  let now: T | null = null
  let coming: Promise<T> | null = null
  const bring = async (): Promise<T> => {
    try {
      now = await fetch()
      return now
    } finally {
      coming = null
    }
  }
  return {
    get now() {
      return now
    },
    load: () => (now === null ? (coming ??= bring()) : Promise.resolve(now)),
  }
}

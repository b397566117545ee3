import type { Late } from '../../src/ports/late.ts'

/** What is fetched late elsewhere, there from the beginning. */
export const atHand = <T>(it: T): Late<T> => ({ now: it, load: () => Promise.resolve(it) })

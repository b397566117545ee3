import { expect } from 'vitest'

/** Stands for any text with `part` in it, in what is expected. */
export const saying = (part: string | RegExp): unknown =>
  typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part)

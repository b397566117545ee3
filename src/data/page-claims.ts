import { toHex, type Bytes } from '../base/bytes.ts'

/**
 * Who still needs a last, partial page. Pages are kept under their hash alone, so streams with equal rows share them, and
 * one stream's growth must not delete what another's record names. Counted in memory and before anything is written:
 * a claim too many only leaves a page to be collected at the next start.
 */
export interface PageClaims {
  claim(hash: Bytes): void
  /** Gives one claim up; answers whether nobody else has one: then the page may be deleted. */
  release(hash: Bytes): boolean
}

export const createPageClaims = (): PageClaims => {
  const claims = new Map<string, number>()
  return {
    claim: (hash) => {
      const key = toHex(hash)
      claims.set(key, (claims.get(key) ?? 0) + 1)
    },
    release: (hash) => {
      const key = toHex(hash)
      const left = (claims.get(key) ?? 0) - 1
      if (left > 0) claims.set(key, left)
      else claims.delete(key)
      return left <= 0
    },
  }
}

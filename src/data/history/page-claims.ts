import { toHex, type Bytes } from '../../base/bytes.ts'
import { hashInList, pagesInList } from '../../domain/page-list.ts'

/**
 * Who still needs a last, partial page. Pages are kept under their hash alone, so streams with equal rows share them, and
 * one stream's growth must not delete what another's record names. Counted in memory and before anything is written:
 * a claim too many only leaves a page to be collected at the next start.
 */
export interface PageClaims {
  claim(hash: Bytes): void
  /** The last page of a list, where there is one. */
  claimLast(list: Bytes | undefined): void
  /** Gives one claim up; answers whether nobody else has one: then the page may be deleted. */
  release(hash: Bytes): boolean
}

export const createPageClaims = (): PageClaims => {
  const claims = new Map<string, number>()
  const claim = (hash: Bytes): void => {
    const key = toHex(hash)
    claims.set(key, (claims.get(key) ?? 0) + 1)
  }
  return {
    claim,
    claimLast: (list) => {
      if (list !== undefined && list.length > 0) claim(hashInList(list, pagesInList(list) - 1))
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

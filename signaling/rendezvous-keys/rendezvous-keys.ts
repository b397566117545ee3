import type { Failure, Result } from '../../src/base/result.ts'
import type { PublicKey } from '../../src/domain/stream.ts'

/** A server of the cluster, by the name it gave itself at its start: 16 hex digits. */
export type ServerName = string

/**
 * Which server is home to a rendezvous: the one at which the first caller of its key is. There the two are matched; the
 * server of the second caller passes on what that one says. The book decides, once for each key, who is second.
 */
export interface RendezvousKeys {
  /** `home`: this caller is the first, or the first and second are both here. `isThere` tells whether a server is still there. */
  claim(key: string, caller: Caller, isThere: (server: ServerName) => boolean): Promise<Result<{ readonly home: ServerName }, ClaimFailure>>
  /** A first caller gave up: the key may be used again. */
  release(key: string, server: ServerName): Promise<void>
}

export interface Caller {
  readonly node: PublicKey
  readonly server: ServerName
}

export type ClaimFailure = Failure<'same-node' | 'taken' | 'used' | 'not-kept'>

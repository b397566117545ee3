import type { PublicKey } from '../src/domain/stream.ts'
import type { ServerMessage } from '../src/protocol/signaling.ts'

/** What a handler wants said, and to whom: handlers decide, the switchboard sends. */
export interface Outgoing {
  readonly to: readonly PublicKey[]
  readonly message: ServerMessage
}

import * as v from 'valibot'
import { fail, ok, type Result } from '../base/result.ts'
import { isPublicKey, type PublicKey } from '../domain/stream.ts'
import { formatTime, microsOfMillis, parseTime } from '../domain/time.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { LogDep } from '../ports/log.ts'
import { decodeJson, publicKey, shortText } from '../protocol/json.ts'
import { MAX_BANNED_PEERS } from '../protocol/limits.ts'
import { orReject } from './rejection.ts'
import type { WorkerCommands } from './neuron-commands.ts'

// Peers that a person has banned. The page keeps the list over a reload; it is judged when it is read, because whatever runs at the
// app's address can write there.

/** A peer that was disconnected is refused for so long, milliseconds: else the other side would be back within two seconds. */
export const DISCONNECTED_MS = 300_000

export interface Ban {
  readonly id: PublicKey
  /** ISO 8601. */
  readonly since: string
}

/** With whom a person wants no link (SPEC [W24]). */
export interface Bans {
  readonly all: readonly Ban[]
  readonly commands: Pick<WorkerCommands, 'disconnectPeer' | 'banPeer' | 'liftBan'>
}

export interface BansDeps extends ClockDep, LogDep {
  readonly self: PublicKey
  /** Of an earlier life. */
  readonly kept: readonly Ban[]
  readonly refuse: (peer: PublicKey, forMs: number | null) => void
  readonly admit: (peer: PublicKey) => void
  readonly changed: () => void
}

export const createBans = ({ clock, log, self, kept, refuse, admit, changed }: BansDeps): Bans => {
  const banned = new Map(kept.map((one) => [one.id, one]))
  const judge = (id: unknown): Result<PublicKey> => {
    if (typeof id !== 'string' || !isPublicKey(id)) return fail('no-peer', 'The id of a peer is 64 hex digits.')
    return id === self ? fail('no-peer', 'This node is no peer of its own.') : ok(id)
  }
  const ban = (peer: PublicKey): Result<readonly Ban[]> => {
    if (banned.has(peer)) return ok([...banned.values()])
    if (banned.size >= MAX_BANNED_PEERS) return fail('too-many-bans', `At most ${MAX_BANNED_PEERS} peers can be banned: lift another ban first.`)
    banned.set(peer, { id: peer, since: formatTime(microsOfMillis(clock.now())) })
    refuse(peer, null)
    log({ peer, message: 'banned on this node: no link with it from now on, in either direction' })
    changed()
    return ok([...banned.values()])
  }
  return {
    get all() {
      return [...banned.values()]
    },
    commands: {
      disconnectPeer: async (id) => {
        const peer = orReject(judge(id))
        refuse(peer, DISCONNECTED_MS)
        log({ peer, message: `disconnected on this node: no link with it for ${DISCONNECTED_MS / 60_000} minutes` })
      },
      banPeer: async (id) => orReject(ban(orReject(judge(id)))),
      liftBan: async (id) => {
        const peer = orReject(judge(id))
        if (banned.delete(peer)) {
          admit(peer)
          log({ peer, message: 'its ban was lifted on this node' })
          changed()
        }
        return [...banned.values()]
      },
    },
  }
}

const keptSchema = v.pipe(
  v.array(
    v.strictObject({
      id: publicKey,
      since: v.pipe(shortText(40), v.check((text) => parseTime(text).ok)),
    }),
  ),
  v.maxLength(MAX_BANNED_PEERS),
)

/** Nothing where nothing was kept. What cannot be read bans nobody: that is a failure, for a person to hear. */
export const readBans = (text: string | null): Result<readonly Ban[]> => (text === null ? ok([]) : decodeJson(keptSchema, text))

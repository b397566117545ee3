import type { Mutable } from '../base/mutable.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { LogDep } from '../ports/log.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { StreamState } from '../protocol/local.ts'
import type { ServerState, SignalingClient } from '../pubsub/signaling-client.ts'
import type { Directory } from './directory.ts'
import type { Listed } from './stream-views.ts'

/** The identity came from a backup. `fresh`: what it signed elsewhere is not known here yet; `settled`: it is. */
export type Restored = 'fresh' | 'settled' | null

export interface Recovery {
  /** Nothing may be signed before the server has told what was signed elsewhere. */
  readonly isOpen: boolean
  /** Whether this node may sign for its own streams now. */
  maySign(): Result<null>
  /** It waits for a server alone, that none has reached yet: a person who knows that no other copy of this identity runs may vouch for it. */
  isUnconfirmed(): boolean
  vouch(): Result<null>
  /** Whether to check in only where no other holder of the key is: until it has once (SPEC [S100]). */
  readonly yields: boolean
  onServer(state: ServerState): void
  /** The whole directory was read: own streams that it lists are taken up, and their newest heads become what is fetched. */
  settle(): Promise<void>
}

export interface RecoveryDeps extends LogDep {
  readonly restored: Restored
  readonly self: PublicKey
  readonly data: DataClient
  readonly server: Pick<SignalingClient, 'request' | 'state'>
  readonly directory: Directory
  readonly states: ReadonlyMap<StreamId, StreamState>
  readonly changed: () => void
}

/**
 * A restored identity has signed elsewhere, and what it signs before it knows that contradicts it. So it first looks at the server
 * for its own newest heads. Its predictions are asked about like those of any identity, before the first one is signed (SPEC [D51]),
 * and what nobody gives back of them is given up in time ([D54]). While another holder of the key is checked in it takes no place and signs nothing ([S100]); of two that
 * have checked in only the later one may sign.
 */
export const createRecovery = (deps: RecoveryDeps): Recovery => {
  const { restored, self, data, server, directory, states, log } = deps
  /** Of a restored identity: whether another holder of the key is there, as a server or a person has told since this start. */
  let other: 'unknown' | 'there' | 'not-seen' = restored === null ? 'not-seen' : 'unknown'
  const takeUp = async ({ id, identity, head }: Listed): Promise<Result<null>> => {
    const kept = await data.subscribe(identity)
    if (!kept.ok) return kept
    const told = await data.deliverHead(head)
    return told.ok || states.get(id) !== undefined ? ok(null) : told
  }
  const recovery: Mutable<Recovery> = {
    isOpen: restored === 'fresh',
    yields: restored !== null,
    maySign: () => {
      if (server.state.is === 'replaced') return fail('replaced', REPLACED)
      if (other === 'there') return fail('held', HELD)
      if (recovery.isOpen) return fail('recover-first', UNKNOWN)
      return other === 'unknown' ? fail('unconfirmed', UNCONFIRMED) : ok(null)
    },
    isUnconfirmed: () => other === 'unknown' && !recovery.isOpen,
    vouch: () => {
      if (other === 'there') return fail('held', HELD)
      if (recovery.isOpen) return fail('recover-first', UNKNOWN)
      if (other === 'unknown') log({ level: 'warn', message: 'a person says that no other copy of this restored identity runs: it signs before any server has told' })
      other = 'not-seen'
      deps.changed()
      return ok(null)
    },
    onServer: (state) => {
      if (state.is === 'checked-in') {
        recovery.yields = false
        other = 'not-seen'
      } else if (state.is === 'waiting' && state.isHeld) other = 'there'
    },
    settle: async () => {
      if (restored === null) return
      const mine = [...directory.all()].filter(({ id, identity }) => identity.author === self && !states.has(id))
      for (const listed of mine) {
        const taken = await takeUp(listed)
        if (!taken.ok) {
          log({ level: 'error', stream: listed.id, message: `could not be taken up again: ${taken.error.message}` })
          return
        }
        log({ stream: listed.id, message: 'published by this identity before it was restored: its rows are fetched' })
      }
      if (recovery.isOpen) log({ message: `this identity was restored: the server lists ${mine.length} of its streams` })
      recovery.isOpen = false
      deps.changed()
    },
  }
  return recovery
}

const REPLACED =
  'This identity has checked in from another place since. Two copies of one node must not both sign: end one of them, then reload this page.'
const HELD =
  'This identity was restored from a backup, and another copy of it is checked in at the server. Two copies of one node must not both sign: end the other one; this goes on by itself then.'
const UNCONFIRMED =
  'This identity was restored from a backup. Before it signs anything the server must tell whether another copy of it is there; this goes on by itself as soon as the server is reached. If you know that no other copy runs, say so in the settings.'
const UNKNOWN =
  'This identity was restored from a backup. Before it signs anything the server must tell what it has signed before; this goes on by itself as soon as the server is reached.'

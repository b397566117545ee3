import { fail, ok, type Result } from '../base/result.ts'
import { followedBy, type PublicKey, type StreamId } from '../domain/stream.ts'
import type { LogDep } from '../ports/log.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { StreamState } from '../protocol/local.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'
import type { Directory } from './directory.ts'
import type { Listed } from './stream-views.ts'

/** The identity came from a backup. `fresh`: what it signed elsewhere is not known here yet; `settled`: it is. */
export type Restored = 'fresh' | 'settled' | null

export interface Recovery {
  /** Nothing may be signed before the server has told what was signed elsewhere. */
  readonly isOpen: boolean
  /** Whether this node may sign for its own streams now. */
  readonly maySign: Result<null>
  /** The whole directory was read: own streams that it lists are taken up, and their newest heads become what is fetched. */
  settle(): Promise<void>
  /** Before a stream is predicted here: what this key has predicted of it elsewhere goes on in a new epoch. */
  beforePredicting(follows: StreamId): Promise<Result<null>>
  /** Own predictions that are nowhere any more would forbid new ones for ever. */
  onState(state: StreamState): void
}

export interface RecoveryDeps extends LogDep {
  readonly restored: Restored
  readonly self: PublicKey
  readonly data: DataClient
  readonly server: Pick<SignalingClient, 'request' | 'state'>
  readonly directory: Directory
  readonly predictionsOf: (follows: StreamId) => StreamId
  readonly states: ReadonlyMap<StreamId, StreamState>
  readonly changed: () => void
}

/**
 * A restored identity has signed elsewhere, and what it signs before it knows that contradicts it. So it first looks at the server
 * for its own newest heads. And of two holders of one key only the one that checked in last may sign.
 */
export const createRecovery = (deps: RecoveryDeps): Recovery => {
  const { restored, self, data, server, directory, states, log } = deps
  const begun = new Set<StreamId>()
  let isOpen = restored === 'fresh'
  const takeUp = async ({ id, identity, head }: Listed): Promise<Result<null>> => {
    const kept = await data.subscribe(identity)
    if (!kept.ok) return kept
    const told = await data.deliverHead(head)
    return told.ok || states.get(id) !== undefined ? ok(null) : told
  }
  const predictedElsewhere = async (follows: StreamId): Promise<Result<null>> => {
    const search = deps.predictionsOf(follows)
    if (states.has(search)) return ok(null)
    const answer = await server.request({ type: 'directory', after: null, search, follows })
    if (!answer.ok) return answer
    if (answer.value.type === 'entries') for (const entry of answer.value.entries) await directory.take(entry)
    const listed = directory.get(search)
    return listed === undefined ? ok(null) : takeUp(listed)
  }
  return {
    get isOpen() {
      return isOpen
    },
    get maySign() {
      if (server.state.is === 'replaced') return fail('replaced', REPLACED)
      return isOpen ? fail('recover-first', UNKNOWN) : ok(null)
    },
    settle: async () => {
      if (restored === null) return
      const mine = [...directory.all()].filter(({ id, identity }) => identity.author === self && !states.has(id))
      const followed = [...states.values()].filter(({ own, subscribed, identity }) => subscribed && !own && followedBy(identity) === null)
      for (const listed of mine) {
        const taken = await takeUp(listed)
        if (!taken.ok) {
          log({ level: 'error', stream: listed.id, message: `could not be taken up again: ${taken.error.message}` })
          return
        }
        log({ stream: listed.id, message: 'published by this identity before it was restored: its rows are fetched' })
      }
      for (const { stream } of followed) if (!(await predictedElsewhere(stream)).ok) return
      if (isOpen) log({ message: `this identity was restored: the server lists ${mine.length} of its streams` })
      isOpen = false
      deps.changed()
    },
    beforePredicting: async (follows) => (restored === null ? ok(null) : predictedElsewhere(follows)),
    onState: ({ stream, own, identity, phase, rows }) => {
      if (restored === null || !own || followedBy(identity) === null || phase !== 'wanted' || rows > 0 || begun.has(stream)) return
      begun.add(stream)
      void data.beginEpoch(stream).then((answer) => {
        if (!answer.ok) log({ level: 'warn', stream, message: answer.error.message })
      })
    },
  }
}

const REPLACED =
  'This identity has checked in from another place since. Two copies of one node must not both sign: end one of them, then reload this page.'
const UNKNOWN =
  'This identity was restored from a backup. Before it signs anything the server must tell what it has signed before; this goes on by itself as soon as the server is reached.'

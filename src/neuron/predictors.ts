import { fail, ok, type Result } from '../base/result.ts'
import { followedBy, isStreamId, type PublicKey, type StreamId } from '../domain/stream.ts'
import { MAX_DIRECTORY_ENTRIES } from '../protocol/limits.ts'
import type { StreamState } from '../protocol/local.ts'
import type { DirectoryEntry } from '../protocol/signaling.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'
import type { Directory } from './directory.ts'
import type { PredictorView } from './snapshot.ts'

/** Predictors in one answer: as many as a person looks through. */
const MAX_PREDICTORS = 50

/** Questions for them: a server that lists one at a time, or without end, is not asked on. */
const MAX_QUESTIONS = Math.ceil(MAX_PREDICTORS / MAX_DIRECTORY_ENTRIES)

export interface PredictorsDeps {
  readonly server: Pick<SignalingClient, 'request'>
  readonly directory: Pick<Directory, 'get' | 'take'>
  /** This node: its own predictions are none of others. */
  readonly self: PublicKey
  readonly stateOf: (stream: StreamId) => StreamState | undefined
}

/**
 * Who else predicts a stream, as the server lists it; what does not verify is left out. The directory keeps what is answered, so that it
 * can be subscribed to; the server tells of what is new there from then on (SPEC [S24], [S26]).
 */
export const readPredictors = async (id: string, deps: PredictorsDeps): Promise<Result<readonly PredictorView[]>> => {
  if (!isStreamId(id)) return fail('unknown-stream', 'The directory does not list that stream.')
  const found = new Map<StreamId, PredictorView>()
  let after: StreamId | null = null
  for (let questions = 0; questions < MAX_QUESTIONS; questions++) {
    const answer: Awaited<ReturnType<SignalingClient['request']>> = await deps.server.request({ type: 'directory', after, search: '', follows: id })
    if (!answer.ok) return answer
    if (answer.value.type !== 'entries') break
    for (const entry of answer.value.entries) {
      const view = await take(entry, id, deps)
      if (view !== null) found.set(entry.id, view)
    }
    after = answer.value.next
    if (after === null) break
  }
  return ok([...found.values()].slice(0, MAX_PREDICTORS))
}

const take = async (entry: DirectoryEntry, follows: StreamId, { directory, self, stateOf }: PredictorsDeps): Promise<PredictorView | null> => {
  await directory.take(entry)
  const listed = directory.get(entry.id)
  if (listed === undefined || followedBy(listed.identity) !== follows || listed.identity.author === self) return null
  const { id, identity, head, online } = listed
  return { id, author: identity.author, rows: head.head.rows, online, subscribed: stateOf(id)?.subscribed === true }
}

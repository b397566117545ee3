import type { Sha256 } from '../domain/hash.ts'
import { contradicts, isNewer } from '../domain/head.ts'
import { followedBy, type StreamId, type StreamIdentity } from '../domain/stream.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { Verify } from '../ports/identity.ts'
import type { LogDep } from '../ports/log.ts'
import type { StreamState } from '../protocol/local.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'
import { createDirectory, type Directory } from './directory.ts'
import type { Snapshot } from './snapshot.ts'
import { isObservation, type Listed } from './stream-views.ts'

/** What the server lists, and what follows from it: heads that are news go to the data process, publishers that come and go to the peering. */
export interface ListedStreams {
  readonly directory: Directory
  /** Asks the server what it lists of a stream. */
  lookUp(stream: StreamId, identity: StreamIdentity): Promise<Listed | undefined>
  /** The data process judges a head that the server knows, and fetches what it leads to, or finds the fork. */
  tell(listed: Listed): Promise<void>
  /** Those that are not kept here, as a snapshot tells of them. O(kept). */
  others(): Snapshot['listed']
}

export interface ListedStreamsDeps extends LogDep {
  readonly sha256: Sha256
  readonly verify: Verify
  readonly server: Pick<SignalingClient, 'request'>
  readonly data: Pick<DataClient, 'deliverHead'>
  readonly states: ReadonlyMap<StreamId, StreamState>
  /** The publisher of the stream has come to the server. */
  readonly arrived: (listed: Listed) => void
  readonly departed: (listed: Listed) => void
  readonly changed: () => void
}

export const createListedStreams = (deps: ListedStreamsDeps): ListedStreams => {
  const { data, log, server, states } = deps
  let edition = 0
  const onListed = (listed: Listed, before: Listed | undefined): void => {
    edition++
    deps.changed()
    if (listed.online && before?.online === false) deps.arrived(listed)
    if (!listed.online && before?.online === true) deps.departed(listed)
    const state = states.get(listed.id)
    if (state === undefined || (!state.subscribed && !state.own)) return
    // Of two heads that cannot both be true the data process makes evidence, also where neither is further.
    const [mine, theirs] = [state.head?.head, listed.head.head]
    if (mine === undefined || isNewer(theirs, mine) || contradicts(theirs, mine)) void tell(listed)
  }
  const directory = createDirectory({ ...deps, changed: onListed })
  const tell = async (listed: Listed): Promise<void> => {
    const told = await data.deliverHead(listed.head)
    if (!told.ok) log({ level: 'warn', stream: listed.id, message: told.error.message })
  }
  return {
    directory,
    lookUp: async (stream, identity) => {
      const answer = await server.request({ type: 'directory', after: null, search: stream, follows: followedBy(identity) })
      if (answer.ok && answer.value.type === 'entries') for (const entry of answer.value.entries) await directory.take(entry)
      return directory.get(stream)
    },
    tell,
    others: () => {
      let kept = 0
      for (const { stream, identity } of states.values()) if (isObservation(identity) && directory.get(stream) !== undefined) kept++
      return { count: Math.max(0, directory.size - kept), edition }
    },
  }
}

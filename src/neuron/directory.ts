import { decode } from '../base/codec.ts'
import { fromHex } from '../base/bytes.ts'
import type { Sha256 } from '../domain/hash.ts'
import { headBytes, isNewer, signedHeadCodec } from '../domain/head.ts'
import { checkIdentity, streamIdOf, type StreamId } from '../domain/stream.ts'
import type { Verify } from '../ports/identity.ts'
import type { LogDep } from '../ports/log.ts'
import type { DirectoryEntry } from '../protocol/signaling.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'
import { isObservation, type Listed } from './stream-views.ts'

/** Entries kept: a server that lists without end costs us a bounded table. */
const MAX_LISTED = 10_000

/** Prediction streams besides, as many as were asked about last: they are listed by the crowd and must not keep observations out. */
const MAX_LISTED_PREDICTIONS = 1_000

/** What the server lists, as far as it verifies: the server can withhold, never forge. */
export interface Directory {
  get(stream: StreamId): Listed | undefined
  all(): IterableIterator<Listed>
  /** Observations among them. */
  readonly size: number
  /** Judges an entry and keeps it. */
  take(entry: DirectoryEntry): Promise<void>
  /** Reads the whole directory, page by page; answers whether it came to its end. */
  refresh(server: Pick<SignalingClient, 'request'>): Promise<boolean>
}

export interface DirectoryDeps extends LogDep {
  readonly sha256: Sha256
  readonly verify: Verify
  readonly changed: (listed: Listed, before: Listed | undefined) => void
}

export const createDirectory = ({ sha256, verify, log, changed }: DirectoryDeps): Directory => {
  const entries = new Map<StreamId, Listed>()
  /** Those that are prediction streams, the one known longest first. */
  const predictions = new Set<StreamId>()
  const judge = async (entry: DirectoryEntry): Promise<Listed | null> => {
    const { id, identity, subscribers, predictors, online } = entry
    const head = decode(signedHeadCodec, fromHex(entry.head), 'listed head')
    if (!head.ok || !checkIdentity(identity).ok || streamIdOf(identity, sha256) !== id) return null
    if (head.value.head.stream !== id) return null
    const good = await verify(identity.author, headBytes(head.value.head), head.value.signature)
    return good ? { id, identity, head: head.value, subscribers, predictors, online } : null
  }
  const makeRoom = ({ id, identity }: Listed): boolean => {
    if (isObservation(identity)) return entries.size - predictions.size < MAX_LISTED
    for (const oldest of predictions) {
      if (predictions.size < MAX_LISTED_PREDICTIONS) break
      predictions.delete(oldest)
      entries.delete(oldest)
    }
    predictions.add(id)
    return true
  }
  const take = async (entry: DirectoryEntry): Promise<void> => {
    const listed = await judge(entry)
    if (listed === null) {
      log({ level: 'warn', direction: 'in', message: `The server listed a stream that does not verify: ${entry.id.slice(0, 8)}…` })
      return
    }
    const known = entries.get(listed.id)
    if (known === undefined && !makeRoom(listed)) return
    // A replayed older head must not take away what we know already.
    const head = known !== undefined && isNewer(known.head.head, listed.head.head) ? known.head : listed.head
    const kept = { ...listed, head }
    entries.set(listed.id, kept)
    changed(kept, known)
  }
  return {
    get: (stream) => entries.get(stream),
    all: () => entries.values(),
    get size() {
      return entries.size - predictions.size
    },
    take,
    refresh: async (server) => {
      let after: StreamId | null = null
      for (let pages = 0; pages < MAX_LISTED; pages++) {
        const answer = await server.request({ type: 'directory', after, search: '', follows: null })
        if (!answer.ok) {
          if (answer.error.code !== 'disconnected') log({ level: 'warn', message: `directory: ${answer.error.message}` })
          return false
        }
        if (answer.value.type !== 'entries') return false
        for (const entry of answer.value.entries) await take(entry)
        after = answer.value.next
        if (after === null) return true
      }
      return false
    },
  }
}

import type { Snapshot, StreamView } from '../neuron/snapshot.ts'
import { formatDuration, plural } from './format.ts'
import { hrefOf } from './router.ts'
import { helpFor, lostRowsOf, lostWords } from './standing.ts'
import { isNearlyFull, type StorageState } from './storage-state.ts'
import { keptStreams } from './verdict.ts'

// What a person should know of, and what to do about it. Pure.

export interface Attention {
  /** The same matter has the same key for as long as it lasts. */
  readonly key: string
  /** `bad`: something does not work. `advice`: something may not work one day. */
  readonly kind: 'bad' | 'advice'
  /** A stream's name where it is about one: text of strangers. */
  readonly about: string | null
  readonly what: string
  readonly help: string
  readonly href: string | null
}

/** What the page knows of itself beside the snapshot. */
export interface Surroundings {
  readonly storage: StorageState | null
  readonly isBackedUp: boolean
}

/** Worst first; at most one for each stream. */
export const attentionOf = (snapshot: Snapshot, { storage, isBackedUp }: Surroundings): readonly Attention[] => {
  const kept = keptStreams(snapshot)
  return [...ofStartup(snapshot), ...ofServer(snapshot), ...kept.flatMap(ofStream), ...ofStorage(storage), ...ofBackup(kept, isBackedUp), ...ofCopies(kept)]
}

const bad = (key: string, what: string, help: string, href: string | null = null): Attention => ({ key, kind: 'bad', about: null, what, help, href })
const advice = (key: string, what: string, help: string, href: string | null = null): Attention => ({ key, kind: 'advice', about: null, what, help, href })

const SETTINGS = hrefOf({ page: 'settings' })

/** The server is told of below, with what happens next. */
const ofStartup = ({ startup }: Snapshot): readonly Attention[] =>
  startup
    .filter(({ state, name }) => state === 'failed' && name !== 'server')
    .map(({ name, title, error }) => bad(`startup/${name}`, `“${title}” failed.`, error ?? 'Reload the page. If it fails again, the log says why.', hrefOf({ page: 'log' })))

const ofServer = ({ server, recovering }: Snapshot): readonly Attention[] => {
  const waiting = recovering
    ? [bad('recovering', 'This identity was restored and signs nothing yet.', 'The server is asked what it signed before. This goes on by itself.', SETTINGS)]
    : []
  if (server.state === 'replaced')
    return [bad('replaced', 'This node’s identity has checked in from another place.', 'Only one place may sign. End the node there, then reload this page, or close this one.', SETTINGS), ...waiting]
  if (server.state !== 'waiting') return waiting
  const next = server.retryInSeconds === null ? '' : ` It is tried again in ${formatDuration(server.retryInSeconds)}.`
  return [bad('server', 'The server is not reached.', `Streams kept here go on, and known peers are still found.${next} Check the network, or name another server in the settings.`, SETTINGS), ...waiting]
}

const ofStream = (stream: StreamView): readonly Attention[] => {
  const told = (what: string, help: string): readonly Attention[] => [
    { key: `stream/${stream.id}/${stream.problem?.code ?? 'lost'}`, kind: 'bad', about: stream.name, what, help, href: hrefOf({ page: 'stream', id: stream.id }) },
  ]
  if (stream.forked && stream.own) return told('This node’s key signed two histories of it.', 'Open it and begin a new epoch.')
  if (stream.forked) return told('Its publisher signed two histories; nothing of it is believed.', 'It goes on by itself with its publisher’s next epoch.')
  const lost = lostRowsOf(stream)
  if (lost?.arriving === true) return told('Lost rows are coming back.', 'There is nothing you need to do.')
  if (lost !== null) return told(`This node signed ${lostWords(lost)} that cannot be found here.`, 'Open it: wait for a peer that has them, or go on without.')
  if (stream.problem !== null) return told(stream.problem.message, helpFor(stream))
  return []
}

const ofStorage = (storage: StorageState | null): readonly Attention[] =>
  storage !== null && isNearlyFull(storage)
    ? [bad('storage', 'The room that the browser gives this app is nearly used up.', 'Forget streams that you no longer need, or free disk space.', SETTINGS)]
    : []

const ofBackup = (kept: readonly StreamView[], isBackedUp: boolean): readonly Attention[] => {
  const own = kept.filter((stream) => stream.own && stream.rows > 0).length
  if (own === 0 || isBackedUp) return []
  return [advice('backup', 'There is no backup of this node’s key.', `If this browser’s data are lost, nobody can ever add to ${own === 1 ? 'your stream' : `your ${plural(own, 'stream')}`} again.`, SETTINGS)]
}

/** Not known (no server) is not none. */
const ofCopies = (kept: readonly StreamView[]): readonly Attention[] => {
  const alone = kept.filter((stream) => stream.own && stream.rows > 0 && stream.subscribers === 0).length
  if (alone === 0) return []
  const what = alone === 1 ? 'One of your streams is kept nowhere else.' : `${plural(alone, 'stream')} of yours are kept nowhere else.`
  const help = alone === 1
    ? 'Nobody subscribes to it now. Save it as CSV in the settings, or share its link.'
    : 'Nobody subscribes to them now. Save them as CSV in the settings, or share their links.'
  return [advice('copies', what, help, SETTINGS)]
}

import { msg, str } from '@lit/localize'
import type { BudgetGb } from '../neuron/household.ts'
import type { Snapshot, StartupStep, StreamView } from '../neuron/snapshot.ts'
import { formatDuration, isOne, plural } from './format.ts'
import { hrefOf } from './router.ts'
import { helpFor, lostRowsOf, lostWords } from './standing.ts'
import { isNearlyFull, type StorageState } from './storage-state.ts'
import { keptStreams } from './verdict.ts'
import { stepWords } from './words/steps.ts'
import { failureWords, toldWords } from './words/tell.ts'

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
  /** What a person allows to be used, where more is; null: all is well. */
  readonly overBudget: BudgetGb | null
  readonly isBackedUp: boolean
}

/** Worst first; at most one for each stream. */
export const attentionOf = (snapshot: Snapshot, { storage, overBudget, isBackedUp }: Surroundings): readonly Attention[] => {
  const kept = keptStreams(snapshot)
  return [...ofStartup(snapshot), ...ofServer(snapshot), ...kept.flatMap(ofStream), ...ofStorage(storage), ...ofBudget(overBudget), ...ofBackup(kept, isBackedUp), ...ofCopies(kept)]
}

const bad = (key: string, what: string, help: string, href: string | null = null): Attention => ({ key, kind: 'bad', about: null, what, help, href })
const advice = (key: string, what: string, help: string, href: string | null = null): Attention => ({ key, kind: 'advice', about: null, what, help, href })

const SETTINGS = hrefOf({ page: 'settings' })

/** The server is told of below, with what happens next. */
const ofStartup = ({ startup }: Snapshot): readonly Attention[] =>
  startup
    .filter(({ state, name }) => state === 'failed' && name !== 'server')
    .map((step) => bad(`startup/${step.name}`, msg(str`“${stepWords(step)}” failed.`), startupHelp(step), hrefOf({ page: 'log' })))

const startupHelp = ({ error }: StartupStep): string =>
  error === null ? msg('Reload the page. If it fails again, the log says why.') : toldWords(error)

const ofServer = ({ server, recovering, unconfirmed }: Snapshot): readonly Attention[] => {
  const waiting = recovering
    ? [bad('recovering', msg('This identity was restored and signs nothing yet.'), msg('The server is asked what it signed before. This goes on by itself.'), SETTINGS)]
    : []
  if (server.state === 'replaced')
    return [bad('replaced', msg('This node’s identity has checked in from another place.'), msg('Only one place may sign. End the node there, then reload this page, or close this one.'), SETTINGS), ...waiting]
  if (server.state !== 'waiting') return waiting
  const untold = unconfirmed
    ? [bad('unconfirmed', msg('This identity was restored, and signs nothing before the server is reached.'), msg('The server tells whether another copy of this node runs. If you know that none does, say so in the settings.'), SETTINGS)]
    : []
  const next = server.retryInSeconds === null ? '' : ` ${msg(str`It is tried again in ${formatDuration(server.retryInSeconds)}.`)}`
  return [bad('server', msg('The server is not reached.'), `${msg('Streams kept here go on, and known peers are still found.')}${next} ${msg('Check the network, or name another server in the settings.')}`, SETTINGS), ...waiting, ...untold]
}

const ofStream = (stream: StreamView): readonly Attention[] => {
  const told = (what: string, help: string): readonly Attention[] => [
    { key: `stream/${stream.id}/${stream.problem?.code ?? 'lost'}`, kind: 'bad', about: stream.name, what, help, href: hrefOf({ page: 'stream', id: stream.id }) },
  ]
  if (stream.forked && stream.own) return told(msg('This node’s key signed two histories of it.'), msg('Open it and begin it anew.'))
  if (stream.forked) return told(msg('Its publisher signed two histories; nothing of it is believed.'), msg('It goes on by itself when its publisher begins it anew.'))
  const lost = lostRowsOf(stream)
  if (lost?.arriving === true) return told(msg('Lost rows are coming back.'), msg('There is nothing you need to do.'))
  if (lost !== null) return told(msg(str`This node signed ${lostWords(lost)} that cannot be found here.`), msg('Open it: wait for a peer that has them, or go on without.'))
  if (stream.problem !== null) return told(failureWords(stream.problem), helpFor(stream))
  return []
}

const ofStorage = (storage: StorageState | null): readonly Attention[] =>
  storage !== null && isNearlyFull(storage)
    ? [bad('storage', msg('The room that the browser gives this app is nearly used up.'), msg('Forget streams that you no longer need, or free disk space.'), SETTINGS)]
    : []

const ofBudget = (budget: BudgetGb | null): readonly Attention[] =>
  budget !== null
    ? [bad('budget', msg(str`More than ${budget} GB of the disk are used, as much as you allow.`), msg('Downloads rest and nothing new is imported. Forget streams that you no longer need, or allow more in the settings.'), SETTINGS)]
    : []

const ofBackup = (kept: readonly StreamView[], isBackedUp: boolean): readonly Attention[] => {
  const own = kept.filter((stream) => stream.own && stream.rows > 0).length
  if (own === 0 || isBackedUp) return []
  const loss = isOne(own)
    ? msg('If this browser’s data are lost, nobody can ever add to your stream again.')
    : msg(str`If this browser’s data are lost, nobody can ever add to your ${plural(own, 'stream')} again.`)
  return [advice('backup', msg('There is no backup of this node’s key.'), loss, SETTINGS)]
}

/** Not known (no server) is not none. */
const ofCopies = (kept: readonly StreamView[]): readonly Attention[] => {
  const alone = kept.filter((stream) => stream.own && stream.rows > 0 && stream.subscribers === 0).length
  if (alone === 0) return []
  const what = isOne(alone) ? msg('One of your streams is kept nowhere else.') : msg(str`${plural(alone, 'stream')} of yours are kept nowhere else.`)
  const help = isOne(alone)
    ? msg('Nobody subscribes to it now. Save it as CSV in the settings, or share its link.')
    : msg('Nobody subscribes to them now. Save them as CSV in the settings, or share their links.')
  return [advice('copies', what, help, SETTINGS)]
}

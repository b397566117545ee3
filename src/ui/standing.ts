import { msg, str } from '@lit/localize'
import type { CheckReport, LooseRowView, LooseView, StreamView } from '../neuron/snapshot.ts'
import { formatCount, isOne, plural } from './format.ts'

// How a stream stands, in words: what is missing of it, what is believed of it, what is the matter and what helps. Pure.

/** Rows of an own stream that were signed and are not here. */
export interface LostRows {
  readonly here: number
  readonly signed: number
  /** A peer serves them: they are on their way. */
  readonly arriving: boolean
}

/** Problems of what is on disk: the same history is fetched again, and nothing that was signed is missing. */
const MENDED: ReadonlySet<string> = new Set(['damaged-page', 'damaged-list', 'forged-head', 'diverged'])

/** Its download rests, because as much of the disk is used as a person allows. */
export const OVER_BUDGET = 'over-budget'

/** Null: nothing is missing. An own stream has nothing to fetch unless its publisher lost what it had signed. */
export const lostRowsOf = ({ own, forked, transfer, rows, problem }: StreamView): LostRows | null => {
  if (!own || forked || transfer === null) return null
  if (transfer.rowsTotal <= rows && problem !== null && MENDED.has(problem.code)) return null
  return { here: rows, signed: transfer.rowsTotal, arriving: transfer.phase === 'fetching' }
}

/** "20 rows"; of a later epoch that is no longer than what is here, no number can be told. */
export const lostWords = ({ here, signed }: LostRows): string => (signed > here ? plural(signed - here, 'row') : msg('the newer rows'))

/** Problems of what is on disk that may take its only copy with them. */
const DAMAGE: ReadonlySet<string> = new Set(['damaged-page', 'damaged-list', 'forged-head'])

/** An own stream is damaged here, and no peer mends it now: where nobody can, its publisher has to go on without. */
export const isUnmended = (stream: StreamView): boolean =>
  stream.own && !stream.forked && lostRowsOf(stream) === null && DAMAGE.has(stream.problem?.code ?? '') && stream.transfer?.phase !== 'fetching'

/** An own stream may grow: its publisher contradicts nothing that it signed before. */
export const mayAdd = (stream: StreamView): boolean => stream.own && !stream.forked && lostRowsOf(stream) === null

/** Something is the matter that a person should know of. */
export const isTroubled = (stream: StreamView): boolean => stream.forked || stream.problem !== null || lostRowsOf(stream) !== null

/** What makes rows of a stream appear of which none is here. */
export const emptyWords = ({ subscribed, keyless, knownRows }: StreamView): string => {
  if (keyless)
    return subscribed
      ? msg('Nobody signs this stream, so there is no history to fetch: peers are asked for its rows one by one.')
      : msg('Subscribe to ask other tabs for its rows one by one. Nobody signs them, so they are only ever what peers say.')
  return subscribed
    ? msg('Subscribed. The history arrives as soon as a peer serves it.')
    : msg(str`Subscribe to fetch ${plural(knownRows, 'row')} from other tabs, check every one of them and predict the next.`)
}

/** By the code of a stream's problem. */
const help = (): Readonly<Record<string, string>> => {
  const fetched = msg('It is fetched again as soon as a peer serves it. There is nothing you need to do.')
  const refused = msg('Nothing of it is taken. The stream goes on when its publisher begins it anew; tell them, if you can.')
  return {
    'damaged-page': fetched,
    'damaged-list': fetched,
    'forged-head': fetched,
    diverged: msg('Peers are asked for what tells which of them is true. There is nothing you need to do.'),
    'wrong-origin': refused,
    'wrong-continuation': refused,
    [OVER_BUDGET]: msg('What has come is kept. Until it goes on, the stream gets no new rows and is not predicted. It goes on by itself when there is room: forget streams that you no longer need, or allow more in the settings.'),
    'store-failed': msg('Free some disk space and reload the page. If it happens again, the log says what failed.'),
  }
}

/** What happens next or what to do about a stream's problem, where its own message does not say so; empty where nothing is known to help. */
export const helpFor = (stream: StreamView): string =>
  isUnmended(stream)
    ? msg('It is fetched again as soon as a peer serves it. If nobody has it any more, open the stream and go on without it.')
    : (help()[stream.problem?.code ?? ''] ?? '')

/** What a look at every page has found. */
export const checkWords = ({ good, bad }: CheckReport, { own }: Pick<StreamView, 'own'>): string => {
  const all = plural(good + bad, 'page')
  if (bad === 0) return isOne(good) ? msg('The one page was read: it is as it was signed.') : msg(str`All ${all} were read: every one is as it was signed.`)
  const some = formatCount(bad)
  const found = isOne(bad)
    ? msg(str`${some} of ${all} is not as it was signed and is fetched again from peers.`)
    : msg(str`${some} of ${all} are not as they were signed and are fetched again from peers.`)
  return `${found} ${own ? msg('What nobody has any more is told of at the top of this page.') : msg('There is nothing you need to do.')}`
}

/** What rows without a signature are believed on. */
export const looseWords = ({ rows, provisional }: LooseView): string => {
  const [agreed, all] = [rows - provisional, plural(rows, 'row')]
  if (agreed === 0) return msg(str`${all}, believed on the word of one peer.`)
  if (provisional > 0) return msg(str`${all}: most of those asked agree on ${formatCount(agreed)}, ${formatCount(provisional)} on the word of one peer.`)
  return isOne(rows) ? msg(str`${all}; most of those asked agree on it.`) : msg(str`${all}; most of those asked agree on each.`)
}

export const markWords = (mark: LooseRowView['mark']): string => {
  switch (mark) {
    case 'provisional':
      return msg('one peer’s word')
    case 'quorum':
      return msg('most agree')
    case 'signed':
      return msg('said to be signed, not checked')
  }
}

import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { err, fail, ok, type Failure, type Result } from '../../base/result.ts'
import { epochOfEvidence } from '../../domain/evidence.ts'
import { contradicts, isNewer, type Head, type SignedHead } from '../../domain/head.ts'
import type { HistoryRecord } from '../../ports/history-store.ts'
import type { History } from '../history/history.ts'

/** A stream this node keeps. */
export interface Entry {
  readonly history: History
  readonly own: boolean
  /** The newest head known whose signature verified; the history may still be behind it. */
  target: SignedHead | null
  /** A page of the history was found damaged: the same head is fetched again, as far as pages are missing. */
  damaged: boolean
  /** How often one was found: a download that began before has not looked for it. */
  damages: number
  problem: Failure | null
  /** The publisher signed two histories of this epoch: nothing of it, or of an earlier one, is believed or served. */
  fork: Fork | null
  /** An epoch whose head was found to lie about its rows: heads of it, and of earlier ones, are not learnt again. −1: none. */
  falseEpoch: number
  /** Own streams: epochs up to this one were given up with all their rows, and the next row begins a later one. −1: none. */
  givenUp: number
}

export interface Fork {
  readonly epoch: number
  /** Null: what is on record of it proves nothing any more; told to peers, it would be our lie. */
  readonly evidence: Bytes | null
}

/** Its new rows are asked of every peer. */
export const isFollowed = ({ own, history }: Entry): boolean => history.record.subscribed && !own

/** What is on record of a fork. It was judged before it was kept: damaged since, it still stands for one. Of an epoch that is past it is over. */
export const forkOf = ({ fork, head }: HistoryRecord, isProof: boolean): Fork | null => {
  if (fork === null) return null
  const current = head?.head.epoch ?? 0
  const epoch = epochOfEvidence(fork) ?? current
  return epoch < current ? null : { epoch, evidence: isProof ? fork : null }
}

/** What people are told of a fork. */
export const forkedFailure = ({ own, fork }: Pick<Entry, 'own' | 'fork'>): Failure<'forked'> => {
  const which = `of epoch ${fork?.epoch ?? 0}`
  const message = own
    ? `This node's key signed two different histories ${which}: a restored backup, or a copy of this node. Begin a new epoch to go on.`
    : `Its publisher signed two different histories ${which}: nothing of it is believed until a new epoch begins.`
  return { code: 'forked', message }
}

/** What people are told is wrong with the stream. A fork outweighs it all: it ends only with the epoch. */
export const noteProblem = (entry: Entry, problem: Failure | null): void => {
  entry.problem = entry.fork === null ? problem && { code: problem.code, message: problem.message } : forkedFailure(entry)
}

/** The newest epoch of which nothing is believed; −1: none. */
export const barredEpoch = ({ fork, falseEpoch, givenUp }: Entry): number => Math.max(fork?.epoch ?? -1, falseEpoch, givenUp)

/** Why a head is not taken, whatever it says; null when it may be. */
export const barred = (entry: Entry, { epoch }: Head): Failure<'forked' | 'wrong-origin' | 'given-up'> | null => {
  if (epoch <= entry.givenUp) return { code: 'given-up', message: `Epoch ${epoch} was given up: the next row begins a later one.` }
  if (entry.fork !== null && epoch <= entry.fork.epoch) return forkedFailure(entry)
  if (epoch > entry.falseEpoch) return null
  return { code: 'wrong-origin', message: `What its publisher signed of epoch ${epoch} is not what it says.` }
}

export const isBehind = (entry: Entry): boolean =>
  entry.target !== null &&
  entry.target.head.epoch > barredEpoch(entry) &&
  (entry.damaged || entry.history.record.head === null || isNewer(entry.target.head, entry.history.record.head.head))

const counts = new Intl.NumberFormat('en')

/** A publisher that lacks rows which it has signed, or whose key signed two histories, signs nothing more in that epoch. */
export const mayExtend = (entry: Entry): Result<null, Failure<'recover-first' | 'forked'>> => {
  if (entry.fork !== null) return err(forkedFailure(entry))
  const mine = entry.history.record.head
  const { target } = entry
  if (target === null || (mine !== null && !isNewer(target.head, mine.head))) return ok(null)
  const { epoch, rows } = target.head
  const has = counts.format(mine?.head.rows ?? 0)
  return fail(
    'recover-first',
    `This node has signed ${counts.format(rows)} rows of this stream (epoch ${epoch}) and has ${has}: the rest is fetched from ` +
      'peers first. If nobody has it any more, begin a new epoch.',
  )
}

export const isAhead = ({ target }: Entry, head: Head): boolean => target === null || isNewer(head, target.head)

/** This node has signed a head: the aim, unless one further on by the same key was heard of while it was signed. */
export const aimAtOwn = (entry: Entry, signed: SignedHead): void => {
  if (isAhead(entry, signed.head)) entry.target = signed
}

/** A known head that this one cannot stand beside. */
export const contradicted = ({ target, history }: Entry, head: Head): SignedHead | null =>
  [target, history.record.head].find((known) => known !== null && contradicts(known.head, head)) ?? null

/** Worth a signature check: further than what is known, or against it. */
export const isNews = (entry: Entry, head: Head): boolean =>
  barred(entry, head) === null && (isAhead(entry, head) || contradicted(entry, head) !== null)

/** An epoch that keeps rows of ours begins where they do; one that does not say so is a lie. Of a forked epoch there may be two beginnings. */
export const movesOrigin = ({ history, fork }: Entry, { epoch, continues, origin }: Head): boolean => {
  const mine = history.record.head?.head
  if (mine === undefined || epoch <= mine.epoch || continues === null || (fork?.epoch ?? -1) >= continues.epoch) return false
  return continues.epoch === mine.epoch && continues.rows > 0 && !equalBytes(origin, mine.origin)
}

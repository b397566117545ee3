import type { Failure } from '../../base/result.ts'
import { isNewer, sameHistory, type SignedHead } from '../../domain/head.ts'
import { pagesOf } from '../../domain/page.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { LogDep } from '../../ports/log.ts'
import type { HistoryDeps } from '../history/history.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { barredEpoch, noteProblem, type Entry } from '../streams/entry.ts'
import type { Forks } from '../streams/forks.ts'
import { aimOf, canServe, concerns, isCurious, longestBeyond, wants } from './aims.ts'
import type { createPursuit } from './pursuit.ts'
import type { AnswerFrame, QuestionLink, Questions } from './questions.ts'
import { ASK_AGAIN_MS, createSources } from './sources.ts'
import type { Stage, StageView } from './stage.ts'
import type { ForkFound } from './succession.ts'

export interface DownloadView extends StageView {
  readonly phase: 'idle' | 'wanted' | 'fetching'
}

/** Sees to it that every wanted stream reaches its newest head: when to begin, with whom, and what after. */
export interface Downloads {
  /** The target of a stream may have moved: starts, goes on or stays. */
  consider(stream: StreamId): void
  /** The stream is no longer wanted: what runs for it ends, its senders are told. */
  cancel(stream: StreamId): void
  /** The history has come to this head without a download: what runs for it ends. */
  reached(entry: Entry, target: SignedHead): void
  /** This link's peer has brought news of the stream: it may serve it now. */
  heardOf(link: number, stream: StreamId): void
  /** What this link's peer does hints that it serves the stream (it says a row), or no more (it follows no more). */
  hint(link: number, stream: StreamId, serves: boolean): void
  /** Asks this link's peer what it has of the stream. */
  ask(link: number, stream: StreamId): void
  /** Some linked peer serves more of the stream than is here, or more of the same epoch than so many rows. */
  servedBeyond(entry: Entry, rows: number): boolean
  /** Asks every link's peer for its newest head of the stream, however lately it was asked. */
  askPeers(stream: StreamId): void
  linkReady(link: QuestionLink): void
  linkGone(link: number): void
  /** Settles when the next frame may come: what this one caused, or at least the one before it, is judged and on disk, but for a few pages on their way there ([T47]). */
  answer(link: number, frame: AnswerFrame): Promise<void>
  view(entry: Entry): DownloadView
  tick(): void
}

/** A stopped download is tried again after this long, milliseconds: a full disk may have been cleared. */
const RETRY_AFTER_FAILURE_MS = 30_000

/**
 * A download to which nobody has brought anything for so long gives way to another head that somebody serves, milliseconds: a peer
 * that names the newest head and then gives none of it must not keep what others have from us. Longer than a silence is suffered.
 */
const STALLED_MS = 12_000

interface Running {
  readonly stream: StreamId
  readonly target: SignedHead
  readonly stage: Stage
  /** What had come when it was last looked at, and since when no more has. */
  come: number
  comeAt: number
}

export interface DownloadsDeps extends HistoryDeps, LogDep {
  readonly catalogue: Catalogue
  readonly createPursuit: typeof createPursuit
  readonly questions: Questions
  readonly condemn: Forks['condemn']
  readonly changed: (stream: StreamId) => void
  readonly progressed: (stream: StreamId) => void
  readonly served: (link: number, stream: StreamId, serving: boolean) => void
  readonly judged: (link: number, good: boolean) => void
  readonly claimed?: (link: number, stream: StreamId, has: boolean) => void
  readonly answeredIn?: (link: number, ms: number) => void
  /** A download has become the history. */
  readonly promoted: (stream: StreamId) => Promise<void>
}

export const createDownloads = (deps: DownloadsDeps): Downloads => {
  const { catalogue, clock, log, questions, changed, condemn } = deps
  const { pageRows } = deps.shape
  const running = new Map<StreamId, Running>()
  const heldUntil = new Map<StreamId, number>()
  let askAgainAt = 0

  // Nothing awaits these: what goes wrong in them is a broken invariant, and it must be heard.
  const detach = (work: Promise<void>): void => {
    work.catch((thrown: unknown) => {
      log({ level: 'error', message: `A download broke: ${String(thrown)}` })
    })
  }
  const join = (run: Running, link: number): void => {
    run.stage.join(link)
    changed(run.stream)
  }
  const confirmed = (link: number, stream: StreamId): void => {
    const run = running.get(stream)
    if (run === undefined) consider(stream)
    else if (sources.of(stream).some((source) => source.link === link && canServe(source.head, run.target))) join(run, link)
  }
  const sources = createSources({ ...deps, confirmed })

  const start = (entry: Entry, target: SignedHead): void => {
    const { stream } = entry.history.record
    const damages = entry.damages
    log({ direction: 'in', stream, message: fetchingWords(entry, target) })
    const stage = deps.createPursuit({ entry, target }, { ...deps, detach }, (failure) => {
      // It may have been cancelled and begun anew while its last commit was on the way.
      if (running.get(stream)?.stage === stage) running.delete(stream)
      if (failure === null) done(entry, target, entry.damages === damages)
      else if (isForkFound(failure)) detach(condemn(entry, failure.proven))
      else if (isFalse(failure)) disbelieve(entry, target, failure)
      else stop(entry, failure)
    })
    const run: Running = { stream, target, stage, come: 0, comeAt: clock.now() }
    running.set(stream, run)
    for (const { link, head } of sources.of(stream)) if (canServe(head, target)) join(run, link)
    changed(stream)
  }
  const done = (entry: Entry, target: SignedHead, isWhole: boolean): void => {
    const { stream, head } = entry.history.record
    // Evidence had its turn before this was promoted: it is not the history.
    if (head === null || isNewer(target.head, head.head)) {
      changed(stream)
      return
    }
    if (isWhole) entry.damaged = false
    // By its epoch: evidence that came while this was promoted may not be on record yet.
    if (entry.fork !== null && head.head.epoch > entry.fork.epoch) entry.fork = null
    if (isWhole) {
      noteProblem(entry, null)
      log({ direction: 'in', stream, message: `history complete: ${target.head.rows} rows, verified and kept` })
    }
    changed(stream)
    // First the rows that waited for this end: what they lead up to need not be fetched.
    detach(deps.promoted(stream).finally(() => {
      consider(stream)
    }))
    if (isNewer(head.head, target.head)) detach(lookBehind(entry, target))
  }
  /** What was fetched is shorter than what is here: the rows behind it may be damaged all the same. */
  const lookBehind = async (entry: Entry, { head: { rows } }: SignedHead): Promise<void> => {
    const { history } = entry
    for (let page = Math.floor(rows / pageRows); page < pagesOf(history.rows, pageRows); page++) {
      const read = await history.pageBytes(page, history.rows)
      if (read.ok) continue
      heldUntil.set(history.record.stream, clock.now() + RETRY_AFTER_FAILURE_MS)
      await catalogue.noteDamage(entry, read.error)
      return
    }
  }
  const stop = (entry: Entry, failure: Failure): void => {
    const { stream } = entry.history.record
    heldUntil.set(stream, clock.now() + RETRY_AFTER_FAILURE_MS)
    noteProblem(entry, failure)
    log({ level: 'error', stream, message: `the download stopped: ${failure.message}` })
    changed(stream)
  }
  /** Its publisher signed what does not hold together: no peer has that stream, and it is not sought again. */
  const disbelieve = (entry: Entry, target: SignedHead, failure: Failure): void => {
    const { stream, head } = entry.history.record
    entry.falseEpoch = target.head.epoch
    // A later epoch may have been heard of meanwhile.
    const isLater = entry.target !== null && entry.target.head.epoch > target.head.epoch
    if (!isLater) entry.target = head
    entry.problem = failure
    log({ level: 'error', stream, message: failure.message })
    const forget = async (): Promise<void> => {
      const forgotten = await entry.history.change({ download: null, ...(isLater ? {} : { toldOf: null }) })
      if (!forgotten.ok) log({ level: 'error', stream, message: forgotten.error.message })
    }
    detach(forget())
    changed(stream)
  }
  const consider = (stream: StreamId): void => {
    const entry = catalogue.get(stream)
    if (entry === undefined || !wants(entry) || entry.target === null) return
    const run = running.get(stream)
    const { target } = entry
    const way = run === undefined ? null : wayAround(run, entry, target)
    if (run !== undefined && way === null) return
    if (run !== undefined) {
      running.delete(stream)
      run.stage.cancel()
    }
    if ((heldUntil.get(stream) ?? 0) > clock.now()) return
    const served = sources.of(stream)
    const enough = served.filter(({ head }) => !isNewer(target.head, head.head))
    const aim = way ?? aimOf(entry, target, served)
    if (aim !== null) start(entry, aim)
    sources.askAll(stream, enough.map(({ link }) => link))
  }
  /** What to fetch instead: nobody serves what it fetches, or who says so gives nothing, and somebody serves something else. */
  const wayAround = (run: Running, entry: Entry, target: SignedHead): SignedHead | null => {
    const hasPeers = run.stage.view().peers > 0
    if (hasPeers && !isStalled(run)) return null
    const served = sources.of(run.stream)
    const aim = aimOf(entry, target, served)
    const other = aim !== null && !sameHistory(aim.head, run.target.head) ? aim : null
    return isStalled(run) ? (longestBeyond(entry, served, run.target) ?? other) : other
  }
  const isStalled = ({ comeAt }: Running): boolean => clock.now() - comeAt >= STALLED_MS
  const askSourceless = (stream: StreamId): void => {
    const run = running.get(stream)
    if (run !== undefined && run.stage.view().peers > 0 && !isStalled(run)) return
    consider(stream)
    sources.askAll(stream)
  }

  return {
    consider,
    cancel: (stream) => {
      const entry = catalogue.get(stream)
      const run = running.get(stream)
      if (run === undefined || (entry !== undefined && wants(entry))) return
      running.delete(stream)
      run.stage.cancel()
      log({ direction: 'in', stream, message: 'no longer fetched' })
    },
    reached: (entry, target) => {
      const { stream } = entry.history.record
      running.get(stream)?.stage.cancel()
      running.delete(stream)
      done(entry, target, true)
    },
    heardOf: sources.heardOf,
    hint: sources.hint,
    ask: sources.ask,
    servedBeyond: (entry, rows) => {
      const { stream, head: mine } = entry.history.record
      const isMore = ({ head }: SignedHead): boolean => head.epoch > barredEpoch(entry) && head.epoch === mine?.head.epoch && head.rows > rows
      const served = sources.of(stream)
      return longestBeyond(entry, served) !== null || served.some(({ head }) => isMore(head))
    },
    askPeers: sources.askAfresh,
    linkReady: (link) => {
      questions.linkReady(link)
      sources.linkReady(link.number)
      // Also of streams that seem complete: what was published while this node had no link is known to peers alone when no
      // server tells. One question of 40 bytes a stream and link.
      for (const entry of catalogue.all()) if (concerns(entry)) sources.ask(link.number, entry.history.record.stream)
    },
    linkGone: (link) => {
      questions.linkGone(link)
      sources.linkGone(link)
      for (const run of running.values()) {
        run.stage.leave(link)
        changed(run.stream)
      }
    },
    answer: questions.answer,
    view: (entry) => {
      const run = running.get(entry.history.record.stream)
      if (run === undefined)
        return { phase: wants(entry) ? 'wanted' : 'idle', pagesDone: 0, pagesTotal: 0, bytesReceived: 0, peers: 0 }
      const { pagesDone, pagesTotal, bytesReceived, peers } = run.stage.view()
      return { phase: peers > 0 ? 'fetching' : 'wanted', pagesDone, pagesTotal, bytesReceived, peers }
    },
    tick: () => {
      sources.tick()
      for (const run of running.values()) {
        run.stage.tick()
        const { pagesDone, bytesReceived } = run.stage.view()
        if (pagesDone + bytesReceived === run.come) continue
        run.come = pagesDone + bytesReceived
        run.comeAt = clock.now()
      }
      for (const [stream, until] of heldUntil) {
        if (until > clock.now()) continue
        heldUntil.delete(stream)
        consider(stream)
      }
      if (askAgainAt > clock.now()) return
      askAgainAt = clock.now() + ASK_AGAIN_MS
      for (const entry of catalogue.all()) if (isCurious(entry)) askSourceless(entry.history.record.stream)
    },
  }
}

const isForkFound = (failure: Failure): failure is ForkFound => failure.code === 'forked' && 'proven' in failure

const isFalse = ({ code }: Failure): boolean => code === 'wrong-origin' || code === 'wrong-continuation'

const counts = new Intl.NumberFormat('en')

/** How much is missing: a history that grows by four rows is not fetched whole. */
const fetchingWords = ({ damaged, history }: Entry, { head: { rows } }: SignedHead): string => {
  const all = `${counts.format(rows)} ${rows === 1 ? 'row' : 'rows'}`
  if (damaged) return `fetching the damaged pages of ${all} from peers`
  const missing = rows - history.rows
  return history.rows > 0 && missing > 0 ? `fetching ${counts.format(missing)} of ${all} from peers` : `fetching ${all} from peers`
}

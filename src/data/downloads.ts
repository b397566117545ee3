import { equalBytes, type Bytes } from '../base/bytes.ts'
import { ok, type Failure, type Result } from '../base/result.ts'
import { unreachable } from '../base/unreachable.ts'
import { isNewer, sameHistory, type SignedHead } from '../domain/head.ts'
import { verifyRun } from '../domain/merkle.ts'
import { PAGE_ROWS, pagesOf, rowsInPage } from '../domain/page.ts'
import { joinPageList } from '../domain/page-list.ts'
import type { StreamId } from '../domain/stream.ts'
import type { LogDep } from '../ports/log.ts'
import type { StoredPage, StoreFailure } from '../ports/history-store.ts'
import type { LinkEnd } from '../ports/peer-link.ts'
import type { FrameOf, PeerFrame } from '../protocol/frame.ts'
import { createDownload, type Download, type DownloadEffect, type DownloadEvent } from '../transfer/download.ts'
import { judgePage } from '../transfer/judge.ts'
import { openParcel } from '../transfer/parcel.ts'
import { isBehind, type Catalogue, type Entry } from './catalogue.ts'
import type { HistoryDeps } from './history.ts'

export type AnswerFrame = FrameOf<'status' | 'hashes' | 'packet' | 'completed' | 'unavailable' | 'refused'>

/** One ready link, as the downloads see it. */
export interface DownloadLink {
  readonly number: number
  send(frame: PeerFrame): void
  end(end: LinkEnd): void
}

export interface DownloadView {
  readonly phase: 'idle' | 'wanted' | 'fetching'
  readonly pagesDone: number
  readonly pagesTotal: number
  readonly bytesReceived: number
  readonly peers: number
}

/** The one driver of the download machines: it runs their effects against links, hashes and the store. */
export interface Downloads {
  /** The target of a stream may have moved: starts, goes on or stays. */
  consider(stream: StreamId): void
  /** The stream is no longer wanted: what runs for it ends, its senders are told. */
  cancel(stream: StreamId): void
  /** This link's peer has brought news of the stream: it may serve it now. */
  heardOf(link: number, stream: StreamId): void
  linkReady(link: DownloadLink): void
  linkGone(link: number): void
  /** Settles when what the frame caused is judged and on disk, but for a few pages on their way there: until then its sender gets no more credit. */
  answer(link: number, frame: AnswerFrame): Promise<void>
  view(entry: Entry): DownloadView
  tick(): void
}

/** A stopped download is tried again after this long, milliseconds: a full disk may have been cleared. */
const RETRY_AFTER_FAILURE_MS = 30_000

/**
 * While a stream has no source a link is asked again what it serves after this, then after twice as long each time, up to
 * the longest, milliseconds: a peer may have got it since, but thousands of streams must not be asked of everyone at once.
 */
const ASK_AGAIN_MS = 3_000
const LONGEST_ASK_AGAIN_MS = 60_000

/**
 * Verified pages of a download that may be on their way to disk while the next are judged: to wait for each leaves link and
 * processor idle half of the time (measured), and without a bound a slow disk would fill the memory.
 */
const MAX_WRITES_BEHIND = 8

interface Running {
  readonly stream: StreamId
  readonly target: SignedHead
  readonly machine: Download
  /** Page hashes as far as verified, in order of runs; joined they are the record's page list. */
  readonly runs: Map<number, readonly Bytes[]>
  /** Verified pages on their way to disk. */
  readonly writes: Set<Promise<void>>
  resumed: number
}

/** What a number of ours on a link's wire stands for. */
type Question = { readonly about: 'status'; readonly stream: StreamId } | { readonly about: 'transfer'; readonly running: Running; readonly request: number }

/** A stream's status was asked of a link: until when it is not asked again while the stream's target is the same. */
interface AskedStatus {
  readonly target: SignedHead | null
  readonly until: number
  readonly restMs: number
}

interface LinkState {
  readonly link: DownloadLink
  readonly questions: Map<number, Question>
  /** The machines number their questions apart; the wire needs numbers of its own. */
  readonly numbers: Map<Running, Map<number, number>>
  /** The newest head that the peer has said it serves, per stream. */
  readonly serves: Map<StreamId, SignedHead>
  /** Streams whose status was asked and not yet answered: a mute peer is asked once. */
  readonly asked: Set<StreamId>
  /** How long each stream rests at this link; forgotten when its peer has news of it. */
  readonly rests: Map<StreamId, AskedStatus>
  next: number
}

export interface DownloadsDeps extends HistoryDeps, LogDep {
  readonly catalogue: Catalogue
  readonly changed: (stream: StreamId) => void
  readonly progressed: (stream: StreamId) => void
}

export const createDownloads = (deps: DownloadsDeps): Downloads => {
  const { catalogue, clock, store, sha256, digest, log, changed, progressed } = deps
  const links = new Map<number, LinkState>()
  const running = new Map<StreamId, Running>()
  const heldUntil = new Map<StreamId, number>()
  let askAgainAt = 0

  const ask = (state: LinkState, question: Question): number => {
    const number = state.next++
    state.questions.set(number, question)
    return number
  }
  const askStatus = (state: LinkState, stream: StreamId): void => {
    if (state.asked.has(stream)) return
    const target = catalogue.get(stream)?.target ?? null
    const known = state.rests.get(stream)
    const last = known?.target === target ? known : undefined
    if (last !== undefined && clock.now() < last.until) return
    const restMs = Math.min(LONGEST_ASK_AGAIN_MS, last === undefined ? ASK_AGAIN_MS : last.restMs * 2)
    state.rests.set(stream, { target, until: clock.now() + restMs, restMs })
    state.asked.add(stream)
    const request = ask(state, { about: 'status', stream })
    state.link.send({ type: 'status-request', request, stream })
  }
  const wireNumber = (state: LinkState, run: Running, request: number): number => {
    const numbers = state.numbers.get(run) ?? new Map<number, number>()
    state.numbers.set(run, numbers)
    const known = numbers.get(request)
    if (known !== undefined) return known
    const fresh = ask(state, { about: 'transfer', running: run, request })
    numbers.set(request, fresh)
    return fresh
  }
  const canServe = (state: LinkState, run: Running): boolean => {
    const head = state.serves.get(run.stream)?.head
    const wanted = run.target.head
    return head !== undefined && head.epoch === wanted.epoch && head.rows >= wanted.rows
  }

  const step = async (run: Running, event: DownloadEvent): Promise<void> => {
    if (running.get(run.stream) !== run) return
    const effects = run.machine.step(event)
    await Promise.all(effects.map((effect) => perform(run, effect)))
  }
  const perform = async (run: Running, effect: DownloadEffect): Promise<void> => {
    switch (effect.type) {
      case 'send': {
        const state = links.get(effect.peer)
        if (state === undefined) return
        state.link.send({ ...effect.frame, request: wireNumber(state, run, effect.frame.request) })
        return
      }
      case 'judge-run':
        await judgeRun(run, effect)
        return
      case 'judge-page':
        await judgeOnePage(run, effect)
        return
      case 'promote':
        await promote(run, effect.hashes)
        return
      case 'cut':
        links.get(effect.peer)?.link.end({ code: effect.code, message: effect.message, cut: true })
        return
      case 'failed':
        stop(run, effect.failure)
        return
      default:
        unreachable(effect)
    }
  }

  const judgeRun = async (run: Running, effect: Extract<DownloadEffect, { type: 'judge-run' }>): Promise<void> => {
    const { peer, from, hashes, proof } = effect
    const { root, rows } = run.target.head
    const leaves = pagesOf(rows, PAGE_ROWS)
    const good = verifyRun(hashes, { from, leaves, root, proof }, sha256)
    const have = good ? await keepRun(run, from, hashes) : ok([])
    if (!have.ok) {
      await step(run, { type: 'store-failed', failure: have.error })
      return
    }
    run.resumed += have.value.filter((there) => there).length
    if (good && run.resumed > 0) log({ stream: run.stream, message: `resumed: ${run.resumed} of ${leaves} pages were already here` })
    await step(run, { type: 'run-judged', peer, from, good, hashes, have: have.value, now: clock.now() })
  }
  /** Names the pages of a verified run on record, then tells which are here already: from then on nobody deletes them. */
  const keepRun = async (run: Running, from: number, hashes: readonly Bytes[]): Promise<Result<readonly boolean[], StoreFailure>> => {
    run.runs.set(from, hashes)
    const kept = await catalogue.get(run.stream)?.history.change({ download: { head: run.target, hashes: listed(run) } })
    return kept?.ok === false ? kept : store.has(hashes)
  }
  const judgeOnePage = async (run: Running, effect: Extract<DownloadEffect, { type: 'judge-page' }>): Promise<void> => {
    const { peer, page, parcel, hash } = effect
    const entry = catalogue.get(run.stream)
    if (entry === undefined) return
    const expected = { hash, form: entry.history.form, number: page, rows: rowsInPage(page, run.target.head.rows, PAGE_ROWS) }
    const opened = openParcel(parcel, expected)
    const judged = opened.ok ? judgePage(opened.value, await digest(opened.value), expected) : opened
    if (opened.ok && judged.ok) {
      keep(run, { hash, bytes: opened.value })
      // The sender's credit waits here: what storage owes is bounded.
      if (run.writes.size > MAX_WRITES_BEHIND) await Promise.race(run.writes)
    }
    progressed(run.stream)
    const reason = judged.ok ? '' : judged.error.message
    await step(run, { type: 'page-judged', peer, page, verdict: judged.ok ? 'good' : 'bad', reason, now: clock.now() })
  }
  const keep = (run: Running, page: StoredPage): void => {
    const write = async (): Promise<void> => {
      const staged = await store.stage([page])
      run.writes.delete(written)
      if (!staged.ok) await step(run, { type: 'store-failed', failure: staged.error })
    }
    const written = write()
    run.writes.add(written)
    detach(written)
  }
  const promote = async (run: Running, hashes: Bytes): Promise<void> => {
    await Promise.all(run.writes)
    const entry = catalogue.get(run.stream)
    // A page that could not be written has ended the download meanwhile.
    if (entry === undefined || running.get(run.stream) !== run) return
    const adopted = await entry.history.adopt(run.target, hashes)
    if (!adopted.ok) {
      await step(run, { type: 'store-failed', failure: adopted.error })
      return
    }
    entry.damaged = false
    entry.problem = null
    await step(run, { type: 'promoted' })
    end(run)
    log({ direction: 'in', stream: run.stream, message: `history complete: ${run.target.head.rows} rows, verified and kept` })
    changed(run.stream)
    consider(run.stream)
  }
  const stop = (run: Running, failure: Failure): void => {
    end(run)
    heldUntil.set(run.stream, clock.now() + RETRY_AFTER_FAILURE_MS)
    const entry = catalogue.get(run.stream)
    if (entry !== undefined) entry.problem = failure
    log({ level: 'error', stream: run.stream, message: `the download stopped: ${failure.message}` })
    changed(run.stream)
  }
  const end = (run: Running): void => {
    // It may have been cancelled and begun anew while its last commit was on the way.
    if (running.get(run.stream) === run) running.delete(run.stream)
    for (const state of links.values()) {
      state.numbers.delete(run)
      for (const [number, question] of state.questions)
        if (question.about === 'transfer' && question.running === run) state.questions.delete(number)
    }
  }
  const start = (entry: Entry, target: SignedHead): void => {
    const { stream } = entry.history.record
    const run: Running = { stream, target, machine: createDownload(target.head, { form: entry.history.form }), runs: new Map(), writes: new Set(), resumed: 0 }
    running.set(stream, run)
    log({ direction: 'in', stream, message: fetchingWords(entry, target) })
    for (const state of links.values()) if (canServe(state, run)) join(run, state)
    changed(stream)
  }
  const join = (run: Running, state: LinkState): void => {
    detach(step(run, { type: 'peer', peer: state.link.number, now: clock.now() }))
    changed(run.stream)
  }
  // Nothing awaits these: what goes wrong in them is a broken invariant, and it must be heard.
  const detach = (work: Promise<void>): void => {
    work.catch((thrown: unknown) => {
      log({ level: 'error', message: `A download broke: ${String(thrown)}` })
    })
  }
  const wants = (entry: Entry): boolean => (entry.history.record.subscribed || entry.own) && isBehind(entry)
  /** Behind, or without any head yet: then a peer may know one, also when no server does. */
  const isCurious = (entry: Entry): boolean => wants(entry) || (entry.history.record.subscribed && entry.target === null)

  const consider = (stream: StreamId): void => {
    const entry = catalogue.get(stream)
    if (entry === undefined || !wants(entry) || entry.target === null || running.has(stream)) return
    if ((heldUntil.get(stream) ?? 0) > clock.now()) return
    const { target } = entry
    const enough = [...links.values()].filter((state) => {
      const head = state.serves.get(stream)?.head
      return head !== undefined && !isNewer(target.head, head)
    })
    if (enough.length > 0) start(entry, target)
    for (const state of links.values()) if (!enough.includes(state)) askStatus(state, stream)
  }

  const askSourceless = (stream: StreamId): void => {
    if ((running.get(stream)?.machine.view().peers ?? 0) > 0) return
    consider(stream)
    for (const state of links.values()) askStatus(state, stream)
  }

  const onStatus = async (state: LinkState, stream: StreamId, frame: FrameOf<'status'>): Promise<void> => {
    if (!frame.serving || frame.head === null) return
    const learnt = await catalogue.learn(frame.head)
    if (!learnt.ok) {
      if (learnt.error.code === 'forged-head') state.link.end({ ...learnt.error, cut: true })
      return
    }
    const target = catalogue.get(stream)?.target
    if (frame.head.head.stream !== stream || target === null || target === undefined) return
    // What it says it serves was judged by `learn` when newer; when not, it counts only if it is the head we verified.
    if (!learnt.value && !sameHistory(frame.head.head, target.head) && !(await isAuthors(frame.head, stream))) return
    const known = state.serves.get(stream)
    if (known === undefined || !sameHistory(known.head, frame.head.head)) state.rests.delete(stream)
    state.serves.set(stream, frame.head)
    const run = running.get(stream)
    if (run === undefined) consider(stream)
    else if (canServe(state, run)) join(run, state)
  }
  const isAuthors = async (signed: SignedHead, stream: StreamId): Promise<boolean> => {
    const entry = catalogue.get(stream)
    if (entry === undefined) return false
    const mine = entry.history.record.head
    return mine !== null && equalBytes(mine.head.root, signed.head.root)
  }

  return {
    consider,
    cancel: (stream) => {
      const entry = catalogue.get(stream)
      const run = running.get(stream)
      if (run === undefined || (entry !== undefined && wants(entry))) return
      detach(step(run, { type: 'unwanted' }))
      end(run)
      log({ direction: 'in', stream, message: 'no longer fetched' })
    },
    heardOf: (number, stream) => {
      links.get(number)?.rests.delete(stream)
    },
    linkReady: (link) => {
      const state: LinkState = { link, questions: new Map(), numbers: new Map(), serves: new Map(), asked: new Set(), rests: new Map(), next: 1 }
      links.set(link.number, state)
      for (const entry of catalogue.all()) if (isCurious(entry)) askStatus(state, entry.history.record.stream)
    },
    linkGone: (number) => {
      links.delete(number)
      for (const run of running.values()) {
        detach(step(run, { type: 'peer-gone', peer: number, now: clock.now() }))
        changed(run.stream)
      }
    },
    answer: async (number, frame) => {
      const state = links.get(number)
      if (state === undefined) return
      const question = state.questions.get(frame.request)
      if (question === undefined) {
        if (frame.request >= state.next)
          state.link.end({ code: 'protocol', message: 'An answer to a question that was never asked.', cut: true })
        // T14: our `complete` was lost, or the download ended while this was on its way.
        else if (frame.type === 'completed') state.link.send({ type: 'complete', request: frame.request })
        return
      }
      if (question.about === 'status') {
        state.questions.delete(frame.request)
        state.asked.delete(question.stream)
        if (frame.type === 'status') await onStatus(state, question.stream, frame)
        return
      }
      if (frame.type === 'status') {
        state.link.end({ code: 'protocol', message: 'A status where pages were asked for.', cut: true })
        return
      }
      const event = { ...frame, request: question.request }
      await step(question.running, { type: 'frame', peer: number, frame: event, now: clock.now() })
      progressed(question.running.stream)
    },
    view: (entry) => {
      const run = running.get(entry.history.record.stream)
      if (run === undefined)
        return { phase: wants(entry) ? 'wanted' : 'idle', pagesDone: 0, pagesTotal: 0, bytesReceived: 0, peers: 0 }
      const { pagesDone, pagesTotal, bytesReceived, peers } = run.machine.view()
      return { phase: peers > 0 ? 'fetching' : 'wanted', pagesDone, pagesTotal, bytesReceived, peers }
    },
    tick: () => {
      for (const run of running.values()) detach(step(run, { type: 'tick', now: clock.now() }))
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

const counts = new Intl.NumberFormat('en')

/** How much is missing: a history that grows by four rows is not fetched whole. */
const fetchingWords = ({ damaged, history }: Entry, { head: { rows } }: SignedHead): string => {
  const all = `${counts.format(rows)} ${rows === 1 ? 'row' : 'rows'}`
  if (damaged) return `fetching the damaged pages of ${all} from peers`
  const missing = rows - history.rows
  return history.rows > 0 && missing > 0 ? `fetching ${counts.format(missing)} of ${all} from peers` : `fetching ${all} from peers`
}

/** The verified page list as far as it goes without a hole. */
const listed = (run: Running): Bytes => {
  const hashes: Bytes[] = []
  for (const from of [...run.runs.keys()].sort((a, b) => a - b)) hashes.push(...(run.runs.get(from) ?? []))
  return joinPageList(hashes)
}

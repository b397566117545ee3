import { unreachable } from '../base/unreachable.ts'
import type { Agreement, createAgreement } from '../consensus/agreement.ts'
import type { AgreementConfig, AgreementEffect, AgreementEvent, Rest } from '../consensus/agreement-events.ts'
import type { LooseView } from '../consensus/loose-ledger.ts'
import { isKeyless, type PublicKey, type StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { Late } from '../ports/late.ts'
import type { LogDep } from '../ports/log.ts'
import type { HistoryShape } from '../domain/shape.ts'
import type { Catalogue } from './catalogue.ts'
import type { Entry } from './entry.ts'
import { checkLoose } from './loose-check.ts'
import type { LooseRows } from './loose-rows.ts'
import type { Asker, AnswerFrame, Questions } from './questions.ts'

/**
 * The one driver of the walks (M18): decides which streams are walked, runs the machines' effects against links and the store, and
 * lets go of what they found when the signed history comes.
 */
export interface Agreements {
  linkReady(link: number, peer: PublicKey): void
  linkGone(link: number): void
  /** A peer has said whether it has rows of the stream, signed or not. */
  claimed(link: number, stream: StreamId, has: boolean): void
  /** Rows of the stream were imported. */
  imported(stream: StreamId): void
  /** The stream has its signed history: what was believed without it goes, and what was not true is said. */
  settle(entry: Entry): Promise<void>
  /** Nothing of the stream is kept any more. */
  stop(stream: StreamId): Promise<void>
  isWalking(stream: StreamId): boolean
  tick(): void
}

/** A signed stream is walked when nobody has served its history for so long, or when it takes longer than that to come, milliseconds. */
export const SOURCELESS_MS = 5_000
export const SLOW_MS = 15_000

/** Walks under way at a time: each asks every peer ten questions a second, and a peer's patience for one node has a bound (T27). */
export const MAX_WALKS = 8

/** Rows that a walk may find before it gives way to one that waits. */
const TURN_ROWS = 100

const CONSIDER_EVERY_MS = 1_000

/** The code for walks is asked for again after this long, milliseconds: what is wanted is considered every second. */
const LOAD_AGAIN_MS = 30_000

interface Running {
  readonly entry: Entry
  readonly stream: StreamId
  readonly walk: Agreement
  readonly asker: Asker
  /** The question that is open at each link. */
  readonly open: Map<number, number>
  rows: number
  /** What was last said of it. */
  told: { readonly edition: number; readonly reason: Rest | null }
  cancelTimer: () => void
  isOver: boolean
}

export interface AgreementsDeps extends ClockDep, LogDep {
  readonly catalogue: Catalogue
  readonly code: Late<{ readonly createAgreement: typeof createAgreement }>
  readonly loose: LooseRows
  readonly questions: Questions
  readonly shape: HistoryShape
  /** Peers that the stream's history is being fetched from. */
  readonly sources: (entry: Entry) => number
  readonly changed: (stream: StreamId) => void
  readonly progressed: (stream: StreamId) => void
  readonly config?: Partial<AgreementConfig>
}

export const createAgreements = (deps: AgreementsDeps): Agreements => {
  const { catalogue, loose, questions, clock, log, changed, progressed } = deps
  const peers = new Map<number, PublicKey>()
  const claims = new Map<StreamId, Set<number>>()
  const walks = new Map<StreamId, Running>()
  const turns = new Set<Running>()
  const waiting = new Set<Running>()
  const waitingSince = new Map<StreamId, number>()
  let considerAt = 0
  let loadAt = 0
  let hasMissed = false

  const detach = (work: Promise<void>): void => {
    work.catch((thrown: unknown) => {
      log({ level: 'error', message: `An agreement broke: ${String(thrown)}` })
    })
  }
  const linkOf = (stream: StreamId, peer: PublicKey): number | undefined =>
    [...(claims.get(stream) ?? [])].find((link) => peers.get(link) === peer)

  const step = async (run: Running, event: AgreementEvent): Promise<void> => {
    if (run.isOver) return
    const effects = run.walk.step(event)
    for (const effect of effects) await perform(run, effect)
    if (run.walk.resting !== null) giveTurn(run)
    setTimer(run)
  }
  const setTimer = (run: Running): void => {
    run.cancelTimer()
    const { waitMs } = run.walk
    if (run.isOver || waitMs === null || waiting.has(run)) return
    run.cancelTimer = clock.after(waitMs, () => {
      wake(run)
    })
  }
  const wake = (run: Running): void => {
    if (run.isOver) return
    if (!turns.has(run) && turns.size >= MAX_WALKS) {
      waiting.add(run)
      return
    }
    turns.add(run)
    detach(step(run, { type: 'tick', now: clock.now() }))
  }
  const giveTurn = (run: Running): void => {
    if (!turns.delete(run)) return
    const [next] = waiting
    if (next === undefined) return
    waiting.delete(next)
    wake(next)
  }
  const perform = async (run: Running, effect: AgreementEffect): Promise<void> => {
    switch (effect.type) {
      case 'ask':
        ask(run, effect)
        return
      case 'save':
        await save(run, effect)
        return
      case 'cut': {
        const link = linkOf(run.stream, effect.peer)
        if (link !== undefined) questions.cut(link, effect.code, effect.message)
        return
      }
      case 'rested':
        sayRest(run, effect.reason)
        return
      default:
        unreachable(effect)
    }
  }
  const ask = ({ stream, asker, open }: Running, { peer, question, before }: Extract<AgreementEffect, { type: 'ask' }>): void => {
    const link = linkOf(stream, peer)
    if (link === undefined) return
    const last = open.get(link)
    if (last !== undefined && last !== question) questions.close(asker, link, last)
    open.set(link, question)
    questions.send(asker, link, { type: 'row-before-request', request: question, stream, ...before })
  }
  const save = async (run: Running, { change }: Extract<AgreementEffect, { type: 'save' }>): Promise<void> => {
    const saved = await loose.change(run.stream, change)
    if (!saved.ok) {
      log({ level: 'error', stream: run.stream, message: saved.error.message })
      await step(run, { type: 'store-failed', now: clock.now() })
      return
    }
    progressed(run.stream)
    await step(run, { type: 'saved', now: clock.now() })
    if (++run.rows % TURN_ROWS !== 0 || waiting.size === 0 || run.isOver) return
    run.cancelTimer()
    waiting.add(run)
    giveTurn(run)
  }
  const sayRest = (run: Running, reason: Rest): void => {
    const { stream } = run
    const count = loose.count(stream)
    // Once for what is new: it looks for newer rows again and again.
    const isNews = count !== null && (count.edition !== run.told.edition || reason !== run.told.reason)
    if (isNews) run.told = { edition: count.edition, reason }
    if (isNews) log({ direction: 'in', stream, message: `${rowsWords(count.rows)} without a signature, ${count.provisional} on one word only; ${restWords(reason)}` })
    changed(stream)
  }

  const fetchCode = (): void => {
    if (clock.now() < loadAt) return
    loadAt = Infinity
    deps.code.load().catch((thrown: unknown) => {
      if (!hasMissed) log({ level: 'error', message: `What finds rows without a signature could not be loaded: reload the page. (${String(thrown)})` })
      hasMissed = true
      loadAt = clock.now() + LOAD_AGAIN_MS
    })
  }
  const start = (entry: Entry): void => {
    const { stream } = entry.history.record
    const code = deps.code.now
    if (code === null) {
      fetchCode()
      return
    }
    const walk = code.createAgreement(loose.viewOf(stream), { ...deps.config, form: entry.history.form })
    const asker: Asker = { answer: (link, frame) => answer(run, link, frame) }
    const run: Running = { entry, stream, walk, asker, open: new Map(), rows: 0, told: { edition: 0, reason: null }, cancelTimer: () => undefined, isOver: false }
    walks.set(stream, run)
    for (const link of claims.get(stream) ?? []) tellOf(run, link)
  }
  const end = (run: Running): void => {
    run.isOver = true
    run.cancelTimer()
    walks.delete(run.stream)
    waiting.delete(run)
    questions.forget(run.asker)
    giveTurn(run)
  }
  const endOf = (stream: StreamId): void => {
    const run = walks.get(stream)
    if (run !== undefined) end(run)
  }
  const drop = async (stream: StreamId): Promise<void> => {
    const dropped = await loose.drop(stream)
    if (!dropped.ok) log({ level: 'error', stream, message: dropped.error.message })
  }
  const compare = async ({ history }: Entry, rows: LooseView): Promise<void> => {
    const checked = await checkLoose(rows, history, deps.shape.pageRows)
    const other = checked.ok ? checked.value.other : 0
    if (other === 0) return
    const { stream } = history.record
    log({ level: 'warn', stream, message: `${other} of ${rowsWords(rows.size)} believed without a signature are not its publisher's: dropped` })
  }
  const answer = async (run: Running, link: number, frame: AnswerFrame): Promise<void> => {
    const peer = peers.get(link)
    if (peer === undefined) return
    const now = clock.now()
    if (frame.type === 'refused') await step(run, { type: 'declined', peer, question: frame.request, now })
    else if (frame.type !== 'row-before' || frame.stream !== run.stream) questions.cut(link, 'protocol', `It answered with ${frame.type} where a row was asked for.`)
    else await step(run, { type: 'answer', peer, question: frame.request, answer: frame.found, now })
  }
  const tellOf = (run: Running, link: number): void => {
    const peer = peers.get(link)
    if (peer !== undefined) detach(step(run, { type: 'peer', peer, now: clock.now() }))
  }
  const unclaim = (link: number, stream: StreamId): void => {
    const peer = peers.get(link)
    const run = walks.get(stream)
    const links = claims.get(stream)
    if (links?.delete(link) !== true) return
    if (links.size === 0) claims.delete(stream)
    if (run === undefined || peer === undefined) return
    run.open.delete(link)
    if (linkOf(stream, peer) === undefined) detach(step(run, { type: 'peer-gone', peer, now: clock.now() }))
  }

  /** Keyless streams always; others while their history is long in coming. Never where there is one: the walk would overrule it. */
  const isWanted = (entry: Entry): boolean => {
    const { record } = entry.history
    if (!record.subscribed || entry.own || record.head !== null || entry.fork !== null) return false
    if (isKeyless(record.identity)) return true
    const since = waitingSince.get(record.stream) ?? clock.now()
    waitingSince.set(record.stream, since)
    return clock.now() - since >= (deps.sources(entry) > 0 ? SLOW_MS : SOURCELESS_MS)
  }
  const consider = (): void => {
    for (const entry of catalogue.all()) {
      const { stream, subscribed } = entry.history.record
      if (!subscribed) waitingSince.delete(stream)
      if (isWanted(entry) && !walks.has(stream)) start(entry)
    }
    for (const run of walks.values()) if (catalogue.get(run.stream) !== run.entry || !isWanted(run.entry)) end(run)
    for (const stream of waitingSince.keys()) if (catalogue.get(stream) === undefined) waitingSince.delete(stream)
  }

  return {
    linkReady: (link, peer) => {
      peers.set(link, peer)
    },
    linkGone: (link) => {
      for (const stream of claims.keys()) unclaim(link, stream)
      peers.delete(link)
    },
    claimed: (link, stream, has) => {
      // It may have gone while its head was judged.
      if (!peers.has(link)) return
      if (!has) {
        unclaim(link, stream)
        return
      }
      const links = claims.get(stream) ?? new Set()
      claims.set(stream, links.add(link))
      const run = walks.get(stream)
      if (run !== undefined) tellOf(run, link)
    },
    imported: (stream) => {
      const run = walks.get(stream)
      if (run !== undefined) detach(step(run, { type: 'changed', now: clock.now() }))
    },
    settle: async (entry) => {
      const { stream } = entry.history.record
      const isWalked = walks.has(stream)
      endOf(stream)
      const rows = loose.of(stream)
      // The last row of a walk may still be on its way to disk.
      if (rows === null && !isWalked) return
      if (rows !== null) await compare(entry, rows)
      await drop(stream)
      changed(stream)
    },
    stop: async (stream) => {
      endOf(stream)
      await drop(stream)
    },
    isWalking: (stream) => {
      const run = walks.get(stream)
      return run !== undefined && run.walk.resting === null
    },
    tick: () => {
      if (clock.now() < considerAt) return
      considerAt = clock.now() + CONSIDER_EVERY_MS
      consider()
    },
  }
}

const rowsWords = (rows: number): string => `${rows} ${rows === 1 ? 'row' : 'rows'}`

const restWords = (reason: Rest): string => {
  switch (reason) {
    case 'beginning':
      return 'that is all'
    case 'word':
      return 'one peer says that this is all'
    case 'silence':
      return 'nobody says what was before'
    case 'split':
      return 'the peers do not agree on what was before'
    case 'full':
      return 'there is no room for older ones'
    case 'store':
      return 'they could not be kept'
    default:
      return unreachable(reason)
  }
}

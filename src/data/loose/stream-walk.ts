import { unreachable } from '../../base/unreachable.ts'
import type { Agreement } from '../../consensus/agreement.ts'
import type { AgreementEffect, AgreementEvent, Rest } from '../../consensus/agreement-events.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { AnswerFrame, Asker, Questions } from '../downloads/questions.ts'
import type { Turns } from '../pace/turns.ts'
import type { Entry } from '../streams/entry.ts'
import type { Claimants } from './claimants.ts'
import { createHeadTrial, type HeadTrialDeps } from './head-trial.ts'
import { rowsWords } from './loose-rows.ts'

/** The walk of one stream (M18): its machine, whose effects are carried out on links and the store. */
export interface StreamWalk {
  readonly entry: Entry
  readonly stream: StreamId
  isResting(): boolean
  /** The peer of this link has rows of the stream. */
  peerCame(link: number): void
  /** It has none any more, or the link is gone. */
  peerLeft(link: number): void
  /** Rows of the stream were imported. */
  imported(): void
  /** Where it rests, what it has found is held against the newest signed head. */
  compare(): void
  wake(): void
  end(): void
}

export interface StreamWalkDeps extends HeadTrialDeps {
  readonly questions: Questions
  readonly claimants: Pick<Claimants, 'peerOf' | 'linkOf'>
  readonly turns: Turns<StreamWalk>
  readonly changed: (stream: StreamId) => void
  readonly progressed: (stream: StreamId) => void
}

/**
 * Questions that a walk may ask before it gives way to one that waits: three seconds of quick peers, a minute and a half of slow ones. Not
 * rows: who answers with what is of no use must not keep the turn.
 */
const TURN_QUESTIONS = 30

export const createStreamWalk = (entry: Entry, machine: Agreement, deps: StreamWalkDeps): StreamWalk => {
  const { loose, questions, claimants, turns, clock, log, changed, progressed } = deps
  const { stream } = entry.history.record
  /** The last question over each link: over when it is answered, or when there is another. */
  const lastOver = new Map<number, number>()
  /** Questions of this turn. */
  let asked = 0
  let newest = 0
  /** Of the rows, when the newest question was put: what comes of it is found in the light of them. */
  let edition = 0
  /** What was last said of it. */
  let told: { readonly edition: number; readonly reason: Rest | null } = { edition: 0, reason: null }
  let cancelTimer: () => void = () => undefined
  let isOver = false

  const trial = createHeadTrial(entry, deps, () => isOver)
  const detach = (work: Promise<void>): void => {
    work.catch((thrown: unknown) => {
      log({ level: 'error', message: `An agreement broke: ${String(thrown)}` })
    })
  }
  const happens = (event: AgreementEvent): void => {
    detach(step(event))
  }
  const step = async (event: AgreementEvent): Promise<void> => {
    if (isOver) return
    const effects = machine.step(event)
    for (const effect of effects) await perform(effect)
    passTurn()
    setTimer()
  }
  /** Who rests needs none; who has asked enough gives way, but never while a question is open: nobody would repeat it. */
  const passTurn = (): void => {
    const isEnough = machine.isCooling() && asked >= TURN_QUESTIONS && turns.isWanted() && !isOver
    if (!isEnough && machine.resting() === null) return
    asked = 0
    if (isEnough) turns.giveWay(self)
    else turns.give(self)
  }
  const setTimer = (): void => {
    cancelTimer()
    const waitMs = machine.waitMs()
    if (isOver || waitMs === null || turns.isWaiting(self)) return
    cancelTimer = clock.after(waitMs, wake)
  }
  const wake = (): void => {
    if (!isOver && turns.take(self)) happens({ type: 'tick', now: clock.now() })
  }

  const perform = async (effect: AgreementEffect): Promise<void> => {
    switch (effect.type) {
      case 'ask':
        ask(effect)
        return
      case 'save':
        await save(effect)
        return
      case 'cut': {
        const link = claimants.linkOf(stream, effect.peer)
        if (link !== undefined) questions.cut(link, effect.code, effect.message)
        return
      }
      case 'rested':
        sayRest(effect.reason)
        return
      default:
        unreachable(effect)
    }
  }
  const ask = ({ peer, question, before }: Extract<AgreementEffect, { type: 'ask' }>): void => {
    if (question !== newest) {
      newest = question
      asked++
      edition = loose.editionOf(stream)
    }
    const link = claimants.linkOf(stream, peer)
    if (link === undefined) return
    const last = lastOver.get(link)
    if (last !== undefined && last !== question) questions.close(asker, link, last)
    lastOver.set(link, question)
    questions.send(asker, link, { type: 'row-before-request', request: question, stream, ...before })
  }
  const save = async ({ change }: Extract<AgreementEffect, { type: 'save' }>): Promise<void> => {
    const saved = await loose.change(stream, change, edition)
    if (!saved.ok) {
      log({ level: 'error', stream, message: saved.error.message })
      await step({ type: 'store-failed', now: clock.now() })
      return
    }
    progressed(stream)
    await step({ type: 'saved', now: clock.now() })
  }
  const sayRest = (reason: Rest): void => {
    const count = loose.count(stream)
    // Once for what is new: it looks for newer rows again and again.
    if (count !== null && (count.edition !== told.edition || reason !== told.reason)) {
      told = { edition: count.edition, reason }
      log({ direction: 'in', stream, message: `${rowsWords(count.rows)} without a signature, ${count.provisional} on one word only; ${restWords(reason)}` })
    }
    changed(stream)
  }
  const answer = async (link: number, frame: AnswerFrame): Promise<void> => {
    // Answered once, it is over: whatever else comes for it counts as useless (T18), though the walk may rest for long.
    questions.close(asker, link, frame.request)
    const peer = claimants.peerOf(link)
    if (peer === undefined) return
    const now = clock.now()
    if (frame.type === 'refused') await step({ type: 'declined', peer, question: frame.request, now })
    else if (frame.type !== 'row-before' || frame.stream !== stream) questions.cut(link, 'protocol', `It answered with ${frame.type} where a row was asked for.`)
    else await step({ type: 'answer', peer, question: frame.request, answer: frame.found, now })
  }
  const asker: Asker = { answer }
  const self: StreamWalk = {
    entry,
    stream,
    isResting: () => machine.resting() !== null,
    peerCame: (link) => {
      const peer = claimants.peerOf(link)
      if (peer !== undefined) happens({ type: 'peer', peer, now: clock.now() })
    },
    peerLeft: (link) => {
      lastOver.delete(link)
      const peer = claimants.peerOf(link)
      if (peer !== undefined && claimants.linkOf(stream, peer) === undefined) happens({ type: 'peer-gone', peer, now: clock.now() })
    },
    imported: () => {
      happens({ type: 'changed', now: clock.now() })
    },
    compare: () => {
      const reason = machine.resting()
      if (reason !== null) detach(trial.hold(reason))
    },
    wake,
    end: () => {
      isOver = true
      cancelTimer()
      questions.forget(asker)
      turns.forget(self)
    },
  }
  return self
}

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

import { unreachable } from '../base/unreachable.ts'
import type { PublicKey } from '../domain/stream.ts'
import { microsOf, type Micros } from '../domain/time.ts'
import {
  AGREEMENT_DEFAULTS,
  MAX_VOTERS_KNOWN,
  type AgreementConfig,
  type AgreementEffect,
  type AgreementEvent,
  type Place,
  type Rest,
} from './agreement-events.ts'
import { onAgreedBeginning, onAgreedRow, onBeginningByWord, onRowByWord } from './findings.ts'
import type { LooseView } from './loose-ledger.ts'
import { isSettled, type LooseRow } from './loose-row.ts'
import { answerKey, isTwoThirds, judge, reachedByMost, type Answer } from './vote.ts'
import { audible, beginRound, coolDown, failRound, goOn, linked, rest, START, turnBack, type Round, type Walk } from './walk.ts'

/**
 * One stream walked row by row, in reverse: SPEC, section C. Everybody who has it is asked for the last row of all, then for
 * the one before, and so on; what one says is kept provisionally, what two thirds say as agreed. No clock, no disk: the driver
 * carries out the effects in their order and answers with events. What is kept is the driver's ledger; the walk only reads it, so
 * that one begun anew after a restart goes on where rows are missing.
 */
export interface Agreement {
  step(event: AgreementEvent): readonly AgreementEffect[]
  /** Milliseconds to the next `tick` that can matter; null: none before another event. */
  waitMs(): number | null
  /** Null while it walks. */
  resting(): Rest | null
  /** Between two questions: none is open, and nothing is on its way to disk. */
  isCooling(): boolean
}

export const createAgreement = (rows: LooseView, config: Partial<AgreementConfig> = {}): Agreement => {
  const walk = createWalk(rows, { ...AGREEMENT_DEFAULTS, ...config })
  let last: number | null = null
  /** Time in which this node did not run is nobody's silence, and a clock that is set back goes on. */
  const watch = (now: number): void => {
    const passed = Math.max(0, now - (last ?? now))
    walk.now += walk.phase.name === 'asking' ? Math.min(passed, walk.settings.answerWaitMs / 2) : passed
    last = now
  }
  return {
    step: (event) => {
      watch(event.now)
      walk.effects = []
      apply(walk, event)
      // Nothing is asked but at a tick: the driver may have it wait for its turn.
      if (event.type === 'tick' || walk.phase.name === 'asking') decide(walk)
      return walk.effects
    },
    waitMs: () => waitMs(walk),
    resting: () => (walk.phase.name === 'resting' ? walk.phase.reason : null),
    isCooling: () => walk.phase.name === 'cooling',
  }
}

const createWalk = (rows: LooseView, settings: AgreementConfig): Walk => ({
  rows,
  settings,
  voters: new Map(),
  known: new Set(),
  phase: { name: 'resting', reason: 'silence', until: null },
  cursor: START,
  failures: 0,
  isRecheck: false,
  hasNewVoter: false,
  hasBrought: false,
  refreshMs: settings.refreshMs,
  lastQuestion: 0,
  now: 0,
  effects: [],
})

const waitMs = ({ phase, settings, now }: Walk): number | null => {
  switch (phase.name) {
    case 'asking':
      return Math.max(0, Math.min(phase.round.repeatedAt + settings.repeatMs, phase.round.since + settings.answerWaitMs) - now)
    case 'cooling':
      return Math.max(0, phase.until - now)
    case 'resting':
      return phase.until === null ? null : Math.max(0, phase.until - now)
    case 'saving':
      return null
    default:
      return unreachable(phase)
  }
}

const apply = (walk: Walk, event: AgreementEvent): void => {
  switch (event.type) {
    case 'peer':
      return onPeer(walk, event.peer)
    case 'peer-gone':
      return onPeerGone(walk, event.peer)
    case 'answer':
      return onAnswer(walk, event)
    case 'declined':
      return onDeclined(walk, event)
    case 'saved':
      return onSaved(walk)
    case 'store-failed':
      return walk.phase.name === 'saving' ? rest(walk, 'store') : undefined
    case 'changed':
      return onChanged(walk)
    case 'tick':
      return
    default:
      return unreachable(event)
  }
}

/** resting → cooling, when it is somebody new, nobody has answered, or nobody was left to look again with: what rests may have an answer now. */
const onPeer = (walk: Walk, peer: PublicKey): void => {
  if (walk.voters.has(peer)) return
  walk.voters.set(peer, { missed: 0, muteUntil: 0 })
  const { phase, known } = walk
  const isNew = !known.has(peer)
  if (known.size >= MAX_VOTERS_KNOWN) known.clear()
  known.add(peer)
  walk.hasNewVoter ||= isNew
  if (phase.name !== 'resting' || (!isNew && phase.until !== null && phase.reason !== 'silence')) return
  turnBack(walk)
  coolDown(walk, walk.settings.coolDownMs)
}

const onPeerGone = (walk: Walk, peer: PublicKey): void => {
  walk.voters.delete(peer)
  // What it has said counts; what it has not is no longer waited for.
  if (walk.phase.name === 'asking' && !walk.phase.round.spoken.has(peer)) walk.phase.round.asked.delete(peer)
}

const onAnswer = (walk: Walk, { peer, question, answer }: Extract<AgreementEvent, { type: 'answer' }>): void => {
  const round = roundOf(walk, peer, question)
  if (round === null) return
  if (answer === null || (answer.row.form === walk.settings.form && isBefore(answer.row.time, answer.number, round.place))) {
    heed(round, peer, answer)
    return
  }
  walk.effects.push({ type: 'cut', peer, code: 'protocol', message: 'It was asked for the row before a place and sent another.' })
  onPeerGone(walk, peer)
}

const heed = (round: Round, peer: PublicKey, answer: Answer): void => {
  round.spoken.set(peer, { answer })
  const key = answerKey(answer)
  const voices = (round.voices.get(key) ?? 0) + 1
  round.voices.set(key, voices)
  round.most = Math.max(round.most, voices)
}

const onDeclined = (walk: Walk, { peer, question }: Extract<AgreementEvent, { type: 'declined' }>): void => {
  roundOf(walk, peer, question)?.spoken.set(peer, null)
}

/** The round of a first answer; late ones, and second ones, are nobody's. */
const roundOf = ({ phase }: Walk, peer: PublicKey, question: number): Round | null => {
  if (phase.name !== 'asking' || phase.round.question !== question) return null
  return phase.round.asked.has(peer) && !phase.round.spoken.has(peer) ? phase.round : null
}

const isBefore = (time: Micros, number: number | null, place: Place): boolean => {
  if (place.row !== null && number !== null) return number === place.row - 1
  return place.time === null || time < place.time
}

/** saving → cooling, or → resting. */
const onSaved = (walk: Walk): void => {
  const { phase } = walk
  if (phase.name !== 'saving') return
  if (phase.rest === null) goOn(walk, phase.next)
  else rest(walk, phase.rest)
}

/** The ledger is another: the way back begins anew, at once or when what is on its way to disk is there. A recheck under way stays one. */
const onChanged = (walk: Walk): void => {
  if (walk.voters.size === 0) return
  if (walk.phase.name === 'saving') {
    walk.phase = { name: 'saving', next: START, rest: null }
    return
  }
  if (walk.phase.name === 'resting') turnBack(walk)
  goOn(walk, START)
}

const decide = (walk: Walk): void => {
  const { phase, now } = walk
  switch (phase.name) {
    case 'asking':
      return isOver(walk, phase.round) ? close(walk, phase.round) : repeat(walk, phase.round)
    case 'cooling':
      return now >= phase.until ? askNext(walk) : undefined
    case 'resting':
      if (phase.until === null || now < phase.until) return
      turnBack(walk)
      return askNext(walk)
    case 'saving':
      return
    default:
      return unreachable(phase)
  }
}

/** Also when what is still to come can change nothing: an answer that two thirds of all who were asked gave has two thirds of those who answer. */
const isOver = (walk: Walk, round: Round): boolean =>
  round.spoken.size >= round.asked.size || isTwoThirds(round.most, round.asked.size) || isWaitedOut(walk, round)

const isWaitedOut = ({ now, settings }: Walk, { since }: Round): boolean => now - since >= settings.answerWaitMs

const repeat = (walk: Walk, round: Round): void => {
  if (walk.now - round.repeatedAt < walk.settings.repeatMs) return
  round.repeatedAt = walk.now
  for (const peer of round.asked) if (!round.spoken.has(peer)) ask(walk, peer, round)
}

const ask = (walk: Walk, peer: PublicKey, { question, place }: Round): void => {
  walk.effects.push({ type: 'ask', peer, question, before: place })
}

/** cooling → asking: everybody who is not mute; or → resting, where nothing is left to ask or nobody to be asked. */
const askNext = (walk: Walk): void => {
  const { rows, settings, now } = walk
  const at = walkBack(walk)
  if (at?.before === 'beginning') return rest(walk, 'beginning')
  if (at !== null && at === rows.oldest && rows.size >= settings.maxRows) return rest(walk, 'full')
  const asked = audible(walk)
  if (asked.length === 0) return rest(walk, 'silence')
  const place = walk.cursor.place ?? { row: at?.number ?? null, time: at?.row.time ?? null }
  const round = beginRound(++walk.lastQuestion, place, at, asked, now)
  walk.phase = { name: 'asking', round }
  for (const peer of asked) ask(walk, peer, round)
}

/** From the cursor over what is known: the row before which something is to be asked. O(rows known). */
const walkBack = (walk: Walk): LooseRow | null => {
  const { rows, cursor, isRecheck } = walk
  let at = cursor.at === null ? null : rows.at(cursor.at)
  if (at === null) {
    // The row is gone: an import has taken its place.
    if (cursor.at !== null) walk.cursor = START
    return null
  }
  for (let older = linked(rows, at); older !== null && (!isRecheck || isSettled(older)); older = linked(rows, at)) at = older
  if (at.row.time !== cursor.at) {
    walk.cursor = { at: at.row.time, place: null }
    walk.failures = 0
  }
  return at
}

/** asking → what follows from what was said. */
const close = (walk: Walk, round: Round): void => {
  noteMute(walk, round)
  const answers = [...round.spoken.values()].flatMap((said) => (said === null ? [] : [said.answer]))
  const verdict = judge(answers)
  switch (verdict.type) {
    case 'silence':
      return failRound(walk, 'silence')
    case 'split':
      return onSplit(walk, round, answers)
    case 'word':
      return verdict.answer === null ? onBeginningByWord(walk, round) : onRowByWord(walk, round, verdict.answer)
    case 'agreed':
      return verdict.answer === null ? onAgreedBeginning(walk, round) : onAgreedRow(walk, round, verdict.answer)
    default:
      return unreachable(verdict)
  }
}

/** A peer that misses round after round is left out for a while: it would cost the whole wait every time. Where it cost none, it may only be slow. */
const noteMute = (walk: Walk, round: Round): void => {
  for (const peer of round.asked) {
    const voter = walk.voters.get(peer)
    if (voter === undefined) continue
    if (round.spoken.has(peer)) voter.missed = 0
    else if (isWaitedOut(walk, round)) voter.missed++
    if (voter.missed < walk.settings.missedRounds) continue
    voter.missed = 0
    voter.muteUntil = walk.now + walk.settings.muteMs
  }
}

/** Ties and splits wait and are asked again; for the last of all, at the last place that two thirds have reached. */
const onSplit = (walk: Walk, { at }: Round, answers: readonly Answer[]): void => {
  const reached = at === null ? reachedByMost(answers) : null
  if (reached !== null) {
    const time = microsOf(reached.time + 1)
    walk.cursor = { at: null, place: time === null ? null : { row: reached.number === null ? null : reached.number + 1, time } }
  }
  failRound(walk, 'split')
}

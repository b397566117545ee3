import { unreachable } from '../base/unreachable.ts'
import type { Need, ScheduleEffect, ScheduleEvent, Wish } from './words.ts'

/**
 * Decides which stream the engine works for next and when it rests (SPEC [D43]–[D45]). Resting pays for working: credit comes at
 * the share of the core that was allowed and is spent by the milliseconds that were worked, but for an advance on the first
 * forecasts. Pure: the time comes in with every event, what is to be done goes out as effects.
 */
export interface Schedule {
  step(event: ScheduleEvent): readonly ScheduleEffect[]
}

/** One slice, milliseconds: a new row never waits longer than that for work that could wait. */
export const SLICE_MS = 30

/** Credit does not grow beyond this, milliseconds of work: after a long rest the share is kept all the same. */
export const MAX_CREDIT_MS = 40

/** Lent once and not paid back, milliseconds of work: whoever has just opened the app waits for first forecasts. One of a long history takes about that. */
const ADVANCE_MS = 400

/** Rounding must not make a full purse look empty for ever. */
const FULL_MS = MAX_CREDIT_MS - 1e-6

const RANK: Readonly<Record<Need, number>> = { news: 0, forecast: 1, training: 2 }

interface State {
  readonly wishes: Map<string, Wish>
  running: { readonly job: string; readonly need: Need } | null
  share: number
  credit: number
  /** What is left of the advance. */
  advance: number
  /** Up to when credit has been given. */
  paidUntil: number | null
  isWaking: boolean
}

export const createSchedule = (): Schedule => {
  const state: State = { wishes: new Map(), running: null, share: 0, credit: MAX_CREDIT_MS, advance: ADVANCE_MS, paidUntil: null, isWaking: false }
  return {
    step: (event) => {
      take(state, event)
      return decide(state, event.now)
    },
  }
}

const take = (state: State, event: ScheduleEvent): void => {
  // A rest that a higher share ends was a rest at that share too: who resumes does not wait for what a pause did not pay.
  pay(state, event.now, event.type === 'share' ? Math.max(state.share, event.share) : state.share)
  switch (event.type) {
    case 'wish':
      wish(state, event.job, event.wish)
      return
    case 'share':
      state.share = event.share
      return
    case 'ended':
      state.credit = Math.min(MAX_CREDIT_MS, state.credit - event.busyMs + lend(state, event.busyMs))
      if (state.running !== null) wish(state, state.running.job, event.wish)
      state.running = null
      return
    case 'woke':
      state.isWaking = false
      return
    default:
      unreachable(event)
  }
}

/** The purse is full at its bound, except while work is under way that will be taken from it. */
const pay = (state: State, now: number, share: number): void => {
  const earned = state.credit + Math.max(0, now - (state.paidUntil ?? now)) * share
  state.credit = state.running === null ? Math.min(MAX_CREDIT_MS, earned) : earned
  state.paidUntil = now
}

/** How much of the work just done is not taken from the purse. */
const lend = (state: State, busyMs: number): number => {
  if (state.running?.need !== 'forecast') return 0
  const lent = Math.min(state.advance, busyMs)
  state.advance -= lent
  return lent
}

const wish = (state: State, job: string, wanted: Wish | null): void => {
  if (wanted === null) state.wishes.delete(job)
  else state.wishes.set(job, wanted)
}

/** After every event: work, or a time to look again, or nothing at all. */
const decide = (state: State, now: number): readonly ScheduleEffect[] => {
  if (state.running !== null || state.share === 0) return rest(state, null)
  const next = neediest(state.wishes, now)
  if (next === null) return rest(state, untilFirst(state.wishes, now))
  const missing = missingFor(next.wish.need, state.credit)
  if (missing > 0) return rest(state, missing / state.share)
  state.running = { job: next.job, need: next.wish.need }
  return [...rest(state, null), { type: 'run', job: next.job, limitMs: SLICE_MS }]
}

/** What could wait begins with a full purse only: a quarter of it is left then for a new row that comes meanwhile. */
const missingFor = (need: Need, credit: number): number => {
  if (need === 'news') return credit > 0 ? 0 : 1e-3 - credit
  return credit >= FULL_MS ? 0 : MAX_CREDIT_MS - credit
}

const rest = (state: State, afterMs: number | null): readonly ScheduleEffect[] => {
  if (afterMs === null && !state.isWaking) return []
  state.isWaking = afterMs !== null
  return [{ type: 'wake', afterMs }]
}

/** Null: nobody wishes for anything. */
const untilFirst = (wishes: ReadonlyMap<string, Wish>, now: number): number | null => {
  let first = Infinity
  for (const { since } of wishes.values()) first = Math.min(first, since)
  return first === Infinity ? null : first - now
}

/** New data first, then the stalest, then the least trained. O(jobs that wish for something). */
const neediest = (wishes: ReadonlyMap<string, Wish>, now: number): { readonly job: string; readonly wish: Wish } | null => {
  let best: { readonly job: string; readonly wish: Wish } | null = null
  for (const [job, wanted] of wishes) if (wanted.since <= now && (best === null || isNeedier(wanted, best.wish))) best = { job, wish: wanted }
  return best
}

const isNeedier = (one: Wish, other: Wish): boolean => {
  const order = RANK[one.need] - RANK[other.need] || one.since - other.since || one.trained - other.trained
  return order < 0
}

import type { PublicKey } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import type { AgreementConfig, AgreementEffect, Place, Rest } from './agreement-events.ts'
import type { LooseView } from './loose-ledger.ts'
import type { LooseChange, LooseRow } from './loose-row.ts'
import type { Answer } from './vote.ts'

// The state of one walk and the few moves that everything else is made of.

export interface Voter {
  /** Rounds in a row in which it said nothing. */
  missed: number
  /** Not asked before this. */
  muteUntil: number
}

export interface Round {
  readonly question: number
  readonly place: Place
  /** The row before which is asked; null: the last of all. */
  readonly at: LooseRow | null
  readonly asked: Set<PublicKey>
  /** Null: it does not know. */
  readonly spoken: Map<PublicKey, { readonly answer: Answer } | null>
  /** How many gave each answer. */
  readonly voices: Map<string, number>
  /** How many gave the answer that most gave. */
  most: number
  readonly since: number
  repeatedAt: number
}

export type Phase =
  | { readonly name: 'asking'; readonly round: Round }
  /** On its way to disk; then the walk goes on at `next`, or rests. */
  | { readonly name: 'saving'; readonly next: Cursor; readonly rest: Rest | null }
  | { readonly name: 'cooling'; readonly until: number }
  | { readonly name: 'resting'; readonly reason: Rest; readonly until: number | null }

/** Where the walk is: at a row that is kept, by its time, or (null) past the last of all. */
export interface Cursor {
  readonly at: Micros | null
  /** Asked for instead of what is before the row. */
  readonly place: Place | null
}

export interface Walk {
  readonly rows: LooseView
  readonly settings: AgreementConfig
  readonly voters: Map<PublicKey, Voter>
  readonly known: Set<PublicKey>
  phase: Phase
  cursor: Cursor
  /** Rounds at the cursor that came to nothing. */
  failures: number
  /** Rows believed on one peer's word are asked about again on this way back. */
  isRecheck: boolean
  /** Somebody new may vote: the next way back is a recheck. */
  hasNewVoter: boolean
  /** This way back has brought something. */
  hasBrought: boolean
  refreshMs: number
  lastQuestion: number
  now: number
  effects: AgreementEffect[]
}

/** Past the last of all: where every way back begins. */
export const START: Cursor = { at: null, place: null }

export const beginRound = (question: number, place: Place, at: LooseRow | null, asked: readonly PublicKey[], now: number): Round =>
  ({ question, place, at, asked: new Set(asked), spoken: new Map(), voices: new Map(), most: 0, since: now, repeatedAt: now })

/** any → cooling: the next question may be asked then. */
export const coolDown = (walk: Walk, ms: number): void => {
  walk.phase = { name: 'cooling', until: walk.now + ms }
}

/** any → cooling: the walk goes on from another place. */
export const goOn = (walk: Walk, cursor: Cursor): void => {
  walk.cursor = cursor
  walk.failures = 0
  coolDown(walk, walk.settings.coolDownMs)
}

/** asking → cooling, longer each time; or → resting: asked often enough. */
export const failRound = (walk: Walk, reason: 'silence' | 'split'): void => {
  if (++walk.failures >= walk.settings.rounds) rest(walk, reason)
  else coolDown(walk, walk.settings.coolDownMs * 3 ** walk.failures)
}

/** any → resting, until there may be newer rows or a new voter. */
export const rest = (walk: Walk, reason: Rest): void => {
  const { refreshMs, longestRefreshMs, coolDownMs } = walk.settings
  walk.refreshMs = walk.hasBrought ? refreshMs : Math.min(longestRefreshMs, walk.refreshMs * 2)
  const pauseMs = mayRecheck(walk) ? coolDownMs : walk.refreshMs
  walk.phase = { name: 'resting', reason, until: walk.voters.size === 0 ? null : walk.now + pauseMs }
  walk.effects.push({ type: 'rested', reason })
}

/** asking → saving. */
export const save = (walk: Walk, change: LooseChange, next: Cursor, ending: Rest | null = null): void => {
  walk.phase = { name: 'saving', next, rest: ending }
  walk.hasBrought = true
  walk.effects.push({ type: 'save', change })
}

/** resting → the next way back begins: from the last of all. */
export const turnBack = (walk: Walk): void => {
  walk.cursor = START
  walk.failures = 0
  walk.hasBrought = false
  walk.isRecheck = mayRecheck(walk)
  if (walk.isRecheck) walk.hasNewVoter = false
}

/** Somebody new may say more of what was believed on one word. */
const mayRecheck = (walk: Walk): boolean => walk.hasNewVoter && walk.rows.provisional > 0 && audible(walk).length > 1

/** Who is asked: everybody who has the stream and is not mute. */
export const audible = ({ voters, now }: Walk): readonly PublicKey[] =>
  [...voters].flatMap(([peer, { muteUntil }]) => (muteUntil <= now ? [peer] : []))

/** The row that is surely before this one, as far as one is kept. */
export const linked = (rows: LooseView, row: LooseRow): LooseRow | null =>
  typeof row.before === 'number' ? rows.at(row.before) : null

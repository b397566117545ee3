import { createSeededRandom } from '../base/random.ts'
import { createArms } from './arms.ts'
import { regressionsOf, type Field } from './field.ts'
import { HISTORY_ROWS, type History } from './history.ts'
import { CONFIGURATION_CELLS, readConfiguration, writeConfiguration, type Configuration } from './place.ts'
import { drawNear, drawWide, FIRST_ROUND } from './proposal.ts'
import { createRace, type Line } from './race.ts'
import { at, clamp, type Stateful } from './state.ts'

/** Young streams belong to common sense. */
const MIN_ROWS = 200
const CANDIDATES = 8
/**
 * Successive halving (Jamieson & Talwalkar 2016): the better half goes on to more rows. The last heat gains on the stream by four rows per
 * row: the row it began at must still be held when a snapshot of its end is restored.
 */
const HEATS = [{ rows: 300, runners: CANDIDATES }, { rows: 1000, runners: 4 }, { rows: HISTORY_ROWS / 2, runners: 2 }]
const LAST_HEAT = HEATS.length

/** Work per new row: one runner that learns one row is a step, about 2 µs. With half as many, what is found comes too late (measured). */
const STEPS = 16

/** Rest after a round, as a share of the rows seen: the longer a stream has been searched, the less is left to find. */
const REST_SHARE = 0.25
const LEAST_REST = 256
const MOST_REST = 4096

/** A challenger has come in: where, whom it has beaten, and how much it erred relative to it on the same rows. */
export interface Entry {
  readonly field: number
  readonly place: number
  /** Index among the regressions of the field. */
  readonly rival: number
  readonly ratio: number
  /** What the challenger has learnt, up to the present row. */
  readonly memory: Stateful
}

/** How the search for better regressions stands. */
export interface SearchStanding {
  readonly rounds: number
  /** Configurations tried. */
  readonly tried: number
  readonly entered: number
  /** In words: what is being tried, or until when it rests. */
  readonly now: string
}

/**
 * Looks for configurations that do better than the incumbents on this very stream: candidates, anywhere or near the known, run in heats over
 * history; the last heat is run against the best incumbent, up to the present row, and who beats it there takes the place of the
 * weakest challenger. The work is counted in steps per row: what is found, and when, depends on the rows alone.
 */
export interface Search extends Stateful {
  /** One slice of work after a new row; `losses` are the fading errors of a field's regressions. */
  push(history: History, periods: readonly number[], losses: (field: number) => readonly number[]): Entry | null
  /** The cycles have changed: what is under way is given up. */
  interrupt(history: History): void
  /** The losses have risen: a rest ends at once. */
  wake(history: History): void
  standing(): SearchStanding
  /** To be called once `state` was filled from outside. */
  restored(history: History, periods: readonly number[]): void
}

// cells of `s`
const HEAT = 0 // 0: resting
const WAKE = 1 // the row count that ends the rest
const ROUND = 2
const ARM = 3 // two of each field: near the known, anywhere
const RUNNERS = 4
const RIVAL = 5
const ENTERED = 6

export function createSearch(fields: readonly Field[], seed: () => number): Search {
  const s = new Float64Array(7)
  const candidates = new Float64Array(CANDIDATES * CONFIGURATION_CELLS)
  const arms = createArms(2 * fields.length)
  const race = createRace(CANDIDATES)
  const cell = (index: number) => at(s, index)
  const fieldIndex = () => cell(ARM) >> 1
  const isLast = () => cell(HEAT) === LAST_HEAT

  function theField(): Field {
    const field = fields[fieldIndex()]
    if (field === undefined) throw new Error('an arm without a field')
    return field
  }

  function theLine(periods: readonly number[]): Line {
    const field = theField()
    const runners = Array.from({ length: cell(RUNNERS) }, (_, i) => readConfiguration(candidates, i))
    const rival = regressionsOf(field)[cell(RIVAL)]
    return { field, periods, runners: isLast() && rival !== undefined ? [...runners, rival] : runners }
  }

  function beginRound(): void {
    s[ROUND] = cell(ROUND) + 1
    s[ARM] = arms.choose()
    propose().forEach((candidate, i) => { writeConfiguration(candidates, i, candidate) })
  }

  function propose(): readonly Configuration[] {
    const field = theField()
    const isFirst = arms.rounds(2 * fieldIndex()) + arms.rounds(2 * fieldIndex() + 1) === 0
    if (isFirst) return FIRST_ROUND
    const random = createSeededRandom(seed() + 0x1_0000_0000 * cell(ROUND))
    const known = regressionsOf(field).filter(({ width }) => width > 0)
    return Array.from({ length: CANDIDATES }, () => {
      const near = cell(ARM) % 2 === 0 ? known[random.below(known.length)] : undefined
      return near === undefined ? drawWide(random) : drawNear(near, random)
    })
  }

  function beginHeat(heat: number, history: History, periods: readonly number[]): void {
    const { rows, runners } = HEATS[heat - 1] ?? { rows: 0, runners: 0 }
    s[HEAT] = heat
    s[RUNNERS] = runners
    race.begin(theLine(periods), Math.min(rows, history.count()), history)
  }

  /** The runners' places in the order of their errors. */
  function order(): readonly number[] {
    return Array.from({ length: cell(RUNNERS) }, (_, i) => i).sort((a, b) => race.error(a) - race.error(b) || a - b)
  }

  function nextHeat(history: History, periods: readonly number[], losses: readonly number[]): void {
    const kept = order().map((i) => readConfiguration(candidates, i))
    kept.forEach((candidate, i) => { writeConfiguration(candidates, i, candidate) })
    s[RIVAL] = best(theField(), losses)
    beginHeat(cell(HEAT) + 1, history, periods)
  }

  function finish(history: History, losses: readonly number[]): Entry | null {
    const [winner = 0] = order()
    const memory = race.memory(winner)
    const ratio = race.error(winner) / race.error(cell(RUNNERS))
    const won = ratio < 1 && memory !== undefined
    arms.hear(cell(ARM), won)
    rest(history, clamp(Math.floor(REST_SHARE * history.count()), LEAST_REST, MOST_REST))
    if (!won) return null
    const field = theField()
    const place = weakest(field, losses, cell(RIVAL))
    field.places[place]?.take(readConfiguration(candidates, winner))
    s[ENTERED] = cell(ENTERED) + 1
    return { field: fieldIndex(), place, rival: cell(RIVAL), ratio, memory }
  }

  function rest(history: History, rows: number): void {
    s[HEAT] = 0
    s[WAKE] = history.count() + rows
    race.clear()
  }

  return {
    state: [s, candidates, ...arms.state, ...race.state],
    push(history, periods, losses) {
      const count = history.count()
      if (cell(HEAT) === 0) {
        if (count < Math.max(MIN_ROWS, cell(WAKE))) return null
        beginRound()
        beginHeat(1, history, periods)
        return null
      }
      const until = isLast() ? count : race.end()
      race.run(history, Math.min(until, race.next() + Math.floor(STEPS / (cell(RUNNERS) + (isLast() ? 1 : 0)))))
      if (race.next() < until) return null
      if (isLast()) return finish(history, losses(fieldIndex()))
      nextHeat(history, periods, losses(fieldIndex()))
      return null
    },
    interrupt: (history) => { rest(history, 0) },
    wake(history) {
      if (cell(HEAT) === 0) rest(history, 0)
    },
    standing: () => ({
      rounds: cell(ROUND),
      tried: CANDIDATES * cell(ROUND),
      entered: cell(ENTERED),
      now: cell(HEAT) > 0
        ? `heat ${String(cell(HEAT))} of ${String(LAST_HEAT)}: ${String(cell(RUNNERS))} candidates for ${theField().name}`
        : `resting until ${String(Math.max(MIN_ROWS, cell(WAKE)))} rows`,
    }),
    restored(history, periods) {
      race.clear()
      if (cell(HEAT) > 0) race.restored(theLine(periods), history)
    },
  }
}

function best({ places, incumbents }: Field, losses: readonly number[]): number {
  const runs = losses.map((loss, i) => (places[i - incumbents.length]?.occupied() === false ? Infinity : loss))
  return runs.indexOf(Math.min(...runs))
}

/** An empty place, or the one that errs most; never that of the rival, who has just shown to be the best of the others. */
function weakest({ places, incumbents }: Field, losses: readonly number[], rival: number): number {
  const held = places.map((place, i) => {
    const index = incumbents.length + i
    return !place.occupied() ? Infinity : index === rival ? -Infinity : losses[index] ?? 0
  })
  return held.indexOf(Math.max(...held))
}

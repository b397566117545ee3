import { clamp, warmRate, type Stateful } from './state.ts'

/** Cycles that are read off the clock, not counted in rows, are written as a negative period: minus their number of slots. */
export const HOURS_OF_DAY = -24
export const HOURS_OF_WEEK = -168
export const DAYS_OF_WEEK = -7

const HOUR = 3_600e6
const DAY = 86_400e6
const MOST_SLOTS = 168

// cells of `s`
const COUNT = 0
const TIME = 1
const GAP = 2
const BASE = 3
const SLOTS = 4
const BEFORE = 5 // time of the row before

/** What a stream does at each hour or day, for rows that come at no fixed pace: seen from a running mean over one turn of the clock. */
export interface Clock extends Stateful {
  /** 0 slots: the clock is not used. */
  clear(slots: number): void
  push(value: number, time: number): void
  /** The usual value at the time of the last row. */
  current(): number
  /** The usual value at the time when the next row is expected: one usual gap later. */
  upcoming(): number
}

export function createClock(): Clock {
  const s = new Float64Array(6)
  const profile = new Float64Array(MOST_SLOTS)
  const visits = new Float64Array(MOST_SLOTS)
  const cell = (index: number) => s[index] ?? 0
  const unit = () => (cell(SLOTS) === 7 ? DAY : HOUR)

  /** Neighbouring hours share a row in proportion; days do not. */
  function at(time: number): readonly [number, number, number] {
    const slots = cell(SLOTS)
    const place = (((time / unit()) % slots) + slots) % slots
    const slot = Math.floor(place) % slots
    return [slot, (slot + 1) % slots, slots === 7 ? 0 : place - Math.floor(place)]
  }

  function usual(time: number): number {
    const [slot, next, share] = at(time)
    return cell(BASE) + (1 - share) * (profile[slot] ?? 0) + share * (profile[next] ?? 0)
  }

  function follow(slot: number, share: number, excess: number): void {
    if (share <= 0) return
    visits[slot] = (visits[slot] ?? 0) + share
    const rate = warmRate(0.15 * clamp(cell(GAP) / unit(), 0.02, 1), visits[slot] ?? 0)
    profile[slot] = (profile[slot] ?? 0) + Math.min(1, rate * share) * (excess - (profile[slot] ?? 0))
  }

  return {
    state: [s, profile, visits],
    clear(slots) {
      for (const array of [s, profile, visits]) array.fill(0)
      s[SLOTS] = slots
    },
    push(value, time) {
      if (cell(SLOTS) === 0) return
      const gap = time - cell(TIME)
      if (cell(COUNT) > 0 && gap > 0) {
        const usualGap = cell(GAP)
        s[GAP] = usualGap === 0 ? gap : gap > usualGap ? usualGap * 1.03 : usualGap / 1.03
      }
      s[COUNT] = cell(COUNT) + 1
      s[BEFORE] = cell(COUNT) === 1 ? time : cell(TIME)
      s[TIME] = time
      s[BASE] = cell(BASE) + warmRate(clamp(cell(GAP) / (unit() * cell(SLOTS)), 0, 1), cell(COUNT)) * (value - cell(BASE))
      const [slot, next, share] = at(time)
      follow(slot, 1 - share, value - cell(BASE))
      follow(next, share, value - cell(BASE))
    },
    current: () => usual(cell(TIME)),
    // A late row does not turn the clock back.
    upcoming: () => usual(Math.max(cell(TIME), cell(BEFORE)) + cell(GAP)),
  }
}

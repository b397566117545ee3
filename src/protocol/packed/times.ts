import { createScale, Runs, type Coder } from './coder.ts'

/** From here on (before 1827, after 2112) times are sent as they are: the difference of any two others is exact. */
const MAX_TIME = 2 ** 52

/**
 * The times of a page. Most follow from the steps before them: regular times cost next to nothing, working days and
 * other alternating steps little. Steps are counted in the largest unit that divides them all.
 */
export const codeTimes = (coder: Coder, times: Float64Array): void => {
  const isFar = !coder.isReading && times.some((time) => Math.abs(time) >= MAX_TIME)
  if (coder.raw(1, isFar ? 1 : 0) === 0) codeSteps(coder, times)
  else for (let row = 0; row < times.length; row++) times[row] = coder.integer(times[row] ?? 0)
}

const codeSteps = (coder: Coder, times: Float64Array): void => {
  if (times.length === 0) return
  let time = coder.integer(times[0] ?? 0)
  times[0] = time
  if (times.length === 1) return
  const unit = codeUnit(coder, coder.isReading ? 0 : unitOf(times))
  const model = new StepModel(coder, times.length)
  for (let row = 1; row < times.length; row++) {
    time += model.code(coder.isReading ? 0 : ((times[row] ?? 0) - time) / unit) * unit
    if (!(Math.abs(time) < MAX_TIME)) coder.isBroken = true
    if (coder.isBroken) return
    times[row] = time
  }
  model.end()
}

const codeUnit = (coder: Coder, unit: number): number => {
  const bits = Math.min(53, coder.raw(6, unit.toString(2).length))
  return coder.raw(bits, unit)
}

const unitOf = (times: Float64Array): number => {
  let unit = 0
  let last = 0
  for (let row = 1; row < times.length && unit !== 1; row++) {
    const step = (times[row] ?? 0) - (times[row - 1] ?? 0)
    // Most steps are as the one before: a division for each costs more than all the rest (measured).
    if (step !== last) unit = commonDivisor(unit, Math.abs(step))
    last = step
  }
  return Math.max(1, unit)
}

const commonDivisor = (a: number, b: number): number => {
  while (b > 0) [a, b] = [b, a % b]
  return a
}

/** Of the tables: a page of few rows has no use for large ones. */
const TABLE_BITS = 8
const SMALL_TABLE_BITS = 4
const FEW_ROWS = 64

/** What a step is that was not the first to be expected. */
const SECOND = 0
const AS_BEFORE = 1
const OTHER = 2

/** Expected is what followed the same six steps the last time, else what followed the same two, else the step before. */
class StepModel {
  private readonly coder: Coder
  private readonly foreseen: Runs
  private readonly choices = createScale()
  private readonly others = createScale(4)
  private readonly shift: number
  private readonly afterSix: Float64Array
  private readonly afterTwo: Float64Array
  private six = 0
  private last = 1
  private before = 1

  constructor(coder: Coder, rows: number) {
    this.coder = coder
    this.foreseen = new Runs(coder)
    const bits = rows < FEW_ROWS ? SMALL_TABLE_BITS : TABLE_BITS
    this.shift = 32 - bits
    this.afterSix = new Float64Array(1 << bits).fill(1)
    this.afterTwo = new Float64Array(1 << bits).fill(1)
  }

  code(given: number): number {
    const atSix = this.six >>> this.shift
    const atTwo = (Math.imul(this.last | 0, 0x9e3779b1) ^ Math.imul(this.before | 0, 0x85ebca6b)) >>> this.shift
    const first = this.afterSix[atSix] ?? 1
    const step = this.foreseen.next(given === first) ? first : this.codeOther(given, this.afterTwo[atTwo] ?? 1)
    this.afterSix[atSix] = step
    this.afterTwo[atTwo] = step
    // Five bits further with every step: after six more a step is out of the hash.
    this.six = (Math.imul(this.six, 32) + Math.imul((step | 0) + 1, 0x9e3779b1)) | 0
    this.before = this.last
    this.last = step
    return step
  }

  end(): void {
    this.foreseen.end()
  }

  private codeOther(given: number, second: number): number {
    const choice = this.coder.natural(this.choices, given === second ? SECOND : given === this.last ? AS_BEFORE : OTHER)
    if (choice === SECOND) return second
    return choice === AS_BEFORE ? this.last : this.coder.signed(this.others, given)
  }
}

import { createOdds, type Coder } from './coder.ts'
import { codeInteger, codeResidual, createResiduals } from './integers.ts'

/** From here on (before 1827, after 2112) times are sent as they are: the difference of any two others is exact. */
const MAX_TIME = 2 ** 52

/**
 * The times of a page. Most follow from the steps before them: regular times cost next to nothing, working days and
 * other alternating steps little. Steps are counted in the largest unit that divides them all.
 */
export const codeTimes = (coder: Coder, times: Float64Array): void => {
  const isFar = !coder.isReading && times.some((time) => Math.abs(time) >= MAX_TIME)
  if (coder.raw(1, isFar ? 1 : 0) === 0) codeSteps(coder, times)
  else for (let row = 0; row < times.length; row++) times[row] = codeInteger(coder, times[row] ?? 0)
}

const codeSteps = (coder: Coder, times: Float64Array): void => {
  if (times.length === 0) return
  let time = codeInteger(coder, times[0] ?? 0)
  times[0] = time
  if (times.length === 1) return
  const unit = codeUnit(coder, coder.isReading ? 0 : unitOf(times))
  const codeStep = createStepModel(coder)
  for (let row = 1; row < times.length; row++) {
    time += codeStep(coder.isReading ? 0 : ((times[row] ?? 0) - time) / unit) * unit
    if (!(Math.abs(time) < MAX_TIME)) coder.isBroken = true
    if (coder.isBroken) return
    times[row] = time
  }
}

const codeUnit = (coder: Coder, unit: number): number => {
  const bits = Math.min(53, coder.raw(6, unit.toString(2).length))
  return coder.raw(bits, unit)
}

const unitOf = (times: Float64Array): number => {
  let unit = 0
  for (let row = 1; row < times.length && unit !== 1; row++)
    unit = commonDivisor(unit, Math.abs((times[row] ?? 0) - (times[row - 1] ?? 0)))
  return Math.max(1, unit)
}

const commonDivisor = (a: number, b: number): number => {
  while (b > 0) [a, b] = [b, a % b]
  return a
}

const TABLE_BITS = 8
const REMEMBERED_HITS = 15

/** Expected is what followed the same six steps the last time, else what followed the same two, else the step before. */
const createStepModel = (coder: Coder): ((step: number) => number) => {
  const expected = createOdds(REMEMBERED_HITS + 1)
  const second = createOdds(REMEMBERED_HITS + 1)
  const third = createOdds(1)
  const residuals = createResiduals(1)
  const afterSix = new Float64Array(1 << TABLE_BITS).fill(1)
  const afterTwo = new Float64Array(1 << TABLE_BITS).fill(1)
  let six = 0
  let last = 1
  let before = 1
  let hits = 0
  const code = (given: number, first: number, other: number): number => {
    if (coder.bit(expected, hits, given === first ? 1 : 0) === 1) return first
    if (other !== first && coder.bit(second, hits, given === other ? 1 : 0) === 1) return other
    if (last !== first && last !== other && coder.bit(third, 0, given === last ? 1 : 0) === 1) return last
    return codeResidual(coder, residuals, given)
  }
  return (given) => {
    const atSix = six >>> (32 - TABLE_BITS)
    const atTwo = (Math.imul(last | 0, 0x9e3779b1) ^ Math.imul(before | 0, 0x85ebca6b)) >>> (32 - TABLE_BITS)
    const first = afterSix[atSix] ?? 1
    const step = code(given, first, afterTwo[atTwo] ?? 1)
    hits = ((hits << 1) | (step === first ? 1 : 0)) & REMEMBERED_HITS
    afterSix[atSix] = step
    afterTwo[atTwo] = step
    // Five bits further with every step: after six more a step is out of the hash.
    six = (Math.imul(six, 32) + Math.imul((step | 0) + 1, 0x9e3779b1)) | 0
    before = last
    last = step
    return step
  }
}

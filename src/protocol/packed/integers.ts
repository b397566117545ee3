import { createOdds, powerOfTwo, type Coder, type Odds } from './coder.ts'

/** Bits of a magnitude below 2^53; 0 for 0. */
export const bitsOf = (magnitude: number): number =>
  magnitude < 0x1_0000_0000 ? 32 - Math.clz32(magnitude) : 64 - Math.clz32(Math.floor(magnitude / 0x1_0000_0000))

const MAX_BITS = 53
const SCALES = 14
const STEPS = 12
/** First bits of a number, after its leading one, that are worth learning: the rest is noise. */
const TOP_BITS = 2

/** What is learnt about the differences between a column and what is expected of it. */
export interface Residuals {
  /** How many bits the last ones had, in 16ths, in the column's finest unit; and those of a longer past. */
  level: number
  slowLevel: number
  /** Of the last one: 0, 1 positive, 2 negative. */
  sign: number
  /** Whether there are more bits; counted relative to the level, so that what is learnt of one scale holds for others. */
  readonly more: Odds
  readonly signs: Odds
  readonly tops: Odds
}

export const createResiduals = (bits: number): Residuals => ({
  level: bits << 4,
  slowLevel: bits << 4,
  sign: 0,
  more: createOdds(SCALES * 2 * STEPS),
  signs: createOdds(3 * 4),
  tops: createOdds(SCALES * STEPS * (1 << TOP_BITS)),
})

/**
 * One residual (magnitude below 2^53): how many bits it has, its sign, its first bits, and the rest as they are.
 * `coarser`: by how many bits, in 16ths, its unit is coarser than the column's finest.
 */
export const codeResidual = (coder: Coder, model: Residuals, residual: number, coarser = 0): number => {
  const level = Math.max(0, model.level - coarser)
  const base = Math.max(0, ((level + 4) >> 4) - 2)
  const scale = scaleOf(level, model.level - model.slowLevel)
  const bits = codeBits(coder, model.more, scale, base, bitsOf(Math.abs(residual)))
  model.level += ((bits << 4) + coarser - model.level) >> 3
  model.slowLevel += ((bits << 4) + coarser - model.slowLevel) >> 4
  if (bits === 0) {
    model.sign = 0
    return 0
  }
  const step = Math.max(0, Math.min(STEPS - 1, bits - base + 1))
  // After a large step the next is likely a step back.
  const isNegative = coder.bit(model.signs, model.sign * 4 + Math.min(3, Math.max(0, step - 3)), residual < 0 ? 1 : 0) === 1
  model.sign = isNegative ? 2 : 1
  const magnitude = codeDigits(coder, model.tops, (scale * STEPS + step) << TOP_BITS, bits, Math.abs(residual))
  return isNegative ? -magnitude : magnitude
}

/** Small numbers are learnt each scale apart, in half bits; large ones together, by whether they have been growing or shrinking. */
const scaleOf = (level: number, trend: number): number => {
  const half = ((level + 4) >> 3) & 1
  const about = (level + 4) >> 4
  if (about < 4) return about * 2 + half
  return 8 + half + (trend > 12 ? 4 : trend < -12 ? 0 : 2)
}

/** Counted upwards from a little below the usual; what is smaller still, downwards from there. */
const codeBits = (coder: Coder, more: Odds, scale: number, base: number, bits: number): number => {
  const above = scale * 2 * STEPS
  const below = above + STEPS
  if (base > 0 && coder.bit(more, above, bits < base ? 1 : 0) === 1) {
    let down = base - 1
    while (down > 0 && coder.bit(more, below + Math.min(STEPS - 1, base - down), bits < down ? 1 : 0) === 1) down--
    return down
  }
  let up = base
  while (up < MAX_BITS && coder.bit(more, above + Math.min(STEPS - 1, up - base + 1), bits > up ? 1 : 0) === 1) up++
  return up
}

const codeDigits = (coder: Coder, tops: Odds, at: number, bits: number, magnitude: number): number => {
  const left = Math.max(0, bits - 1 - TOP_BITS)
  const unit = powerOfTwo(left)
  const high = coder.isReading ? 0 : Math.floor(magnitude / unit)
  let top = 1
  for (let bit = bits - 2 - left; bit >= 0; bit--) top = top * 2 + coder.bit(tops, at + top, (high >>> bit) & 1)
  return left === 0 ? top : top * unit + coder.raw(left, magnitude - high * unit)
}

/** A safe integer of which nothing is known. */
export const codeInteger = (coder: Coder, value: number): number => {
  const isNegative = coder.raw(1, value < 0 ? 1 : 0) === 1
  const magnitude = coder.raw(MAX_BITS, Math.abs(value))
  return isNegative ? -magnitude : magnitude
}

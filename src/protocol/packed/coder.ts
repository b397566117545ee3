import type { Bytes } from '../../base/bytes.ts'

/**
 * Adaptive probabilities, one for each question that is asked of the data again and again: in the low 8 bits how often
 * it was asked, above them the probability of a one in 65,536ths.
 */
export type Odds = Int32Array

export const createOdds = (count: number): Odds => new Int32Array(count).fill(0x8000 << 8)

/** A probability moves towards what happened by 1 / (times asked + 1.8): quick to learn; from here on, slow to forget. */
const RATE_LIMIT = 90
const RATES = Int32Array.from({ length: RATE_LIMIT }, (_, asked) => Math.floor(0x4000 / (asked + 1.8)))
/** Bytes of the input that a reader holds before they count. */
const READ_AHEAD = 4

// What `state` holds.
const LOW = 0
const HIGH = 1
const CODE = 2

/** Nothing is ever certain: the surest bit costs 1/2,000 bit, its contrary 11. */
const LEAST_ONES = 24
const MOST_ONES = 0xffff - LEAST_ONES

/**
 * An arithmetic coder (carry-free, 32 bits, as in M. Mahoney's lpaq) beside a plain bit string: what can be guessed goes
 * through `bit`, what cannot through `raw`. The same calls in the same order write and read; a reader ignores the values
 * it is given and answers those that were written, so each column is described once, for both ways. Reading is total:
 * beyond its input are zeros and `isBroken`, and `isSpent` says afterwards whether all of it was needed.
 */
export class Coder {
  readonly isReading: boolean
  /** Set by whoever reads what no writer says, and when the input ends too early: then it is time to stop. */
  isBroken = false
  private readonly state = new Int32Array([0, -1, 0])
  private guessed: Bytes
  private at = 0
  private plain: Bytes
  private plainAt = 0
  private pending = 0
  private pendingBits = 0

  constructor(input?: { readonly guessed: Bytes; readonly plain: Bytes }) {
    this.isReading = input !== undefined
    this.guessed = input?.guessed ?? new Uint8Array(2048)
    this.plain = input?.plain ?? new Uint8Array(2048)
    if (this.isReading) for (let i = 0; i < READ_AHEAD; i++) this.state[CODE] = ((this.state[CODE] ?? 0) << 8) | this.next()
  }

  /** One bit whose odds are `odds[index]`. */
  bit(odds: Odds, index: number, bit: number): number {
    const { state } = this
    const low = (state[LOW] ?? 0) >>> 0
    const high = (state[HIGH] ?? 0) >>> 0
    const known = odds[index] ?? 0
    const ones = known >>> 8
    const asked = known & 0xff
    const range = high - low
    const middle = (low + Math.imul(range >>> 16, ones) + (Math.imul(range & 0xffff, ones) >>> 16)) >>> 0
    const said = this.isReading ? ((state[CODE] ?? 0) >>> 0 <= middle ? 1 : 0) : bit
    const target = LEAST_ONES + Math.imul(said, MOST_ONES - LEAST_ONES)
    const moved = ones + (Math.imul(target - ones, RATES[asked] ?? 0) >> 14)
    odds[index] = (moved << 8) | (asked + ((asked - RATE_LIMIT + 1) >>> 31))
    // Without a branch, because nobody can guess it (measured: pages unpack 1.2 times faster).
    const ifOne = -said
    const newLow = (low & ifOne) | ((middle + 1) & ~ifOne)
    const newHigh = (middle & ifOne) | (high & ~ifOne)
    state[LOW] = newLow
    state[HIGH] = newHigh
    if (((newLow ^ newHigh) & 0xff00_0000) === 0) this.shift()
    return said
  }

  /** `count` bits (0 … 53) of which nothing is known. */
  raw(count: number, value: number): number {
    if (count <= 16) return this.few(count, value)
    const unit = powerOfTwo(count - 16)
    const high = this.isReading ? 0 : Math.floor(value / unit)
    // The higher bits first: the order of the two calls is the format.
    const top = this.few(16, high)
    return top * unit + this.raw(count - 16, value - high * unit)
  }

  /** After reading: neither was anything missing nor too much. */
  get isSpent(): boolean {
    // A writer ends with one more byte than was used up, or with none when it would be zero.
    const used = this.at - READ_AHEAD
    return (this.guessed.length === used || this.guessed.length === used + 1) && this.plainAt === this.plain.length
  }

  /** After writing. */
  finish(): { readonly guessed: Bytes; readonly plain: Bytes } {
    if (this.pendingBits > 0) this.few(8 - this.pendingBits, 0)
    // The first bytes of low and high differ, so that this byte and zeros after it lie between them.
    const low = this.state[LOW] ?? 0
    if (low !== 0) this.push((low >>> 24) + 1)
    return { guessed: this.guessed.slice(0, this.at), plain: this.plain.slice(0, this.plainAt) }
  }

  private shift(): void {
    const { state } = this
    let low = state[LOW] ?? 0
    let high = state[HIGH] ?? 0
    do {
      if (this.isReading) state[CODE] = ((state[CODE] ?? 0) << 8) | this.next()
      else this.push(high >>> 24)
      low <<= 8
      high = (high << 8) | 0xff
    } while (((low ^ high) & 0xff00_0000) === 0)
    state[LOW] = low
    state[HIGH] = high
  }

  private next(): number {
    if (this.at >= this.guessed.length + READ_AHEAD) this.isBroken = true
    return this.guessed[this.at++] ?? 0
  }

  private push(byte: number): void {
    if (this.at === this.guessed.length) this.guessed = grown(this.guessed)
    this.guessed[this.at++] = byte
  }

  /** At most 16 bits: with up to 7 that wait they fit into 24. */
  private few(count: number, value: number): number {
    if (this.isReading) {
      while (this.pendingBits < count) {
        if (this.plainAt >= this.plain.length) this.isBroken = true
        this.pending = ((this.pending << 8) | (this.plain[this.plainAt++] ?? 0)) & 0xff_ffff
        this.pendingBits += 8
      }
      this.pendingBits -= count
      return (this.pending >>> this.pendingBits) & ((1 << count) - 1)
    }
    this.pending = ((this.pending << count) | value) & 0xff_ffff
    this.pendingBits += count
    while (this.pendingBits >= 8) {
      this.pendingBits -= 8
      if (this.plainAt === this.plain.length) this.plain = grown(this.plain)
      this.plain[this.plainAt++] = this.pending >>> this.pendingBits
    }
    return value
  }
}

/** Looked up, because `**` is a call (measured: a page unpacks 1.5 times slower with it). */
const POWERS_OF_TWO = Float64Array.from({ length: 54 }, (_, exponent) => 2 ** exponent)

export const powerOfTwo = (exponent: number): number => POWERS_OF_TWO[exponent] ?? Infinity

const grown = (bytes: Bytes): Bytes => {
  const larger = new Uint8Array(bytes.length * 2)
  larger.set(bytes)
  return larger
}

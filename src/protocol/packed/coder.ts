import type { Bytes } from '../../base/bytes.ts'
import { bitsOf, MAX_BITS, powerOfTwo } from './integers.ts'

/** What is learnt of numbers that are asked for again and again: how many bits the last ones had, in 16ths. */
export interface Scale {
  level: number
}

export const createScale = (bits = 0): Scale => ({ level: bits << 4 })

/** A number of `level` bits on average is best split this much higher, in 16ths of a bit (measured over the series of the benchmark). */
const SPLIT = 4
/** Its upper part is so many zeros and a one; a number with more of them says how long it is instead. */
const MOST_ZEROS = 14
const LENGTH_BITS = 6

const splitOf = ({ level }: Scale, coarser: number): number => Math.min(MAX_BITS, Math.max(0, (level - coarser + SPLIT) >> 4))

const learn = (scale: Scale, said: number, coarser: number): void => {
  scale.level += ((bitsOf(said) << 4) + coarser - scale.level) >> 3
}

/** Bits that are moved at once: a word of 32 less the seven that may be before them. */
export const AT_ONCE = 24
/** What may be read beyond the input before it is noticed, bytes. */
const SPARE = 4
/** More is made when it is needed. */
const FIRST_BYTES = 4096

/**
 * A bit string. What can be guessed goes through `natural`, whose code (Golomb and Rice's) is as long as the numbers before
 * it lead to expect; what cannot through `raw`. The same calls in the same order write and read; a reader ignores the values
 * it is given and answers those that were written, so each column is described once, for both ways. An adaptive arithmetic code is a
 * twentieth shorter and takes three times as long (measured). Reading is total: beyond the input are zeros and `isBroken`,
 * and `isSpent` says afterwards whether all of it was needed.
 */
export class Coder {
  readonly isReading: boolean
  /** Set by whoever reads what no writer says, and when the input ends too early: then it is time to stop. */
  isBroken = false
  private bytes: Bytes
  private view: DataView<ArrayBuffer>
  /** Bits so far. */
  private at = 0
  private readonly size: number

  constructor(input?: Bytes, room = FIRST_BYTES) {
    this.isReading = input !== undefined
    this.size = input?.length ?? 0
    this.bytes = new Uint8Array(SPARE + (input?.length ?? Math.min(room, FIRST_BYTES)))
    if (input !== undefined) this.bytes.set(input)
    this.view = new DataView(this.bytes.buffer)
  }

  /** `count` bits (0 … 53) of which nothing is known. */
  raw(count: number, value: number): number {
    if (count <= AT_ONCE) return this.few(count, value)
    const unit = powerOfTwo(count - AT_ONCE)
    const high = this.isReading ? 0 : Math.floor(value / unit)
    // The higher bits first: the order of the two calls is the format.
    const top = this.few(AT_ONCE, high)
    return top * unit + this.raw(count - AT_ONCE, value - high * unit)
  }

  /**
   * A whole number below 2^53 of about as many bits as those before it. `coarser`: by how many bits, in 16ths, its unit is
   * coarser than theirs. A reader may get more than 2^53, of no writer.
   */
  natural(scale: Scale, value: number, coarser = 0): number {
    const split = splitOf(scale, coarser)
    const said = this.isReading ? this.readNatural(split) : split > AT_ONCE ? this.wide(split, value) : this.writeNatural(split, value)
    learn(scale, said, coarser)
    return said
  }

  /** A whole number of magnitude below 2^53: that of its magnitude, and the sign. */
  signed(scale: Scale, value: number, coarser = 0): number {
    if (this.isReading) return this.readSigned(scale, coarser)
    const magnitude = this.natural(scale, Math.abs(value), coarser)
    if (magnitude !== 0) this.few(1, value < 0 ? 1 : 0)
    return value
  }

  /** A safe integer of which nothing is known. */
  integer(value: number): number {
    const isNegative = this.few(1, value < 0 ? 1 : 0) === 1
    const magnitude = this.raw(MAX_BITS, Math.abs(value))
    return isNegative ? -magnitude : magnitude
  }

  /** Bytes of which nothing is known, from the next whole byte on: all of `bytes`. */
  block(bytes: Bytes): void {
    const from = (this.at + 7) >>> 3
    const to = from + bytes.length
    this.at = to * 8
    if (this.isReading) {
      if (to > this.size) this.isBroken = true
      else bytes.set(this.bytes.subarray(from, to))
      return
    }
    while (to + SPARE > this.bytes.length) this.grow()
    this.bytes.set(bytes, from)
  }

  /** Bytes of which nothing is known, from wherever the bits before them end: `bytes` from `from` to `to`. Three at a time a page of texts takes twice as long to open (measured). */
  octets(bytes: Bytes, from: number, to: number): void {
    if (this.isReading) this.readOctets(bytes, from, to)
    else this.writeOctets(bytes, from, to)
    this.at += (to - from) * 8
  }

  /** After reading: neither was anything missing nor too much. */
  get isSpent(): boolean {
    const over = this.at & 7
    const isPadded = over === 0 || (((this.bytes[this.size - 1] ?? 0) << over) & 0xff) === 0
    return (this.at + 7) >>> 3 === this.size && isPadded
  }

  /** After writing. */
  finish(): Bytes {
    return this.bytes.slice(0, (this.at + 7) >>> 3)
  }

  /** Of one look, where that holds all of it, as it nearly always does. What is missing of its end is noticed by the next look, or by `isSpent`. */
  private readNatural(split: number): number {
    const seen = this.window()
    const zeros = Math.clz32(seen)
    if (zeros + 1 + split > AT_ONCE) return split > AT_ONCE ? this.wide(split, 0) : zeros > MOST_ZEROS ? this.long(0) : this.readHalves(zeros, split)
    if (zeros > MOST_ZEROS) return this.long(0)
    this.at += zeros + 1 + split
    return (zeros << split) | (((seen << (zeros + 1)) >>> 1) >>> (31 - split))
  }

  private readHalves(zeros: number, split: number): number {
    this.at += zeros + 1
    return (zeros << split) | this.few(split, 0)
  }

  /** The same with the sign, which most of the bits of most pages are read by: what it calls is written out. */
  private readSigned(scale: Scale, coarser: number): number {
    const { at } = this
    const split = splitOf(scale, coarser)
    const seen = this.window()
    const zeros = Math.clz32(seen)
    const end = zeros + 1 + split
    if (zeros > MOST_ZEROS || end >= AT_ONCE) {
      const magnitude = this.natural(scale, 0, coarser)
      return magnitude !== 0 && this.few(1, 0) === 1 ? -magnitude : magnitude
    }
    const magnitude = (zeros << split) | (((seen << (zeros + 1)) >>> 1) >>> (31 - split))
    learn(scale, magnitude, coarser)
    this.at = at + (magnitude === 0 ? end : end + 1)
    return magnitude !== 0 && seen << end < 0 ? -magnitude : magnitude
  }

  private readOctets(into: Bytes, from: number, to: number): void {
    const { bytes } = this
    const lower = 8 - (this.at & 7)
    let next = this.at >>> 3
    if (next + to - from > this.size) {
      this.isBroken = true
      return
    }
    let two = bytes[next] ?? 0
    for (let i = from; i < to; i++) {
      two = ((two & 0xff) << 8) | (bytes[++next] ?? 0)
      into[i] = two >>> lower
    }
  }

  private writeOctets(given: Bytes, from: number, to: number): void {
    const shift = this.at & 7
    let last = this.at >>> 3
    while (last + to - from + SPARE > this.bytes.length) this.grow()
    const { bytes } = this
    // What lies behind is zero until it is written.
    for (let i = from; i < to; i++) {
      const octet = given[i] ?? 0
      bytes[last] = (bytes[last] ?? 0) | (octet >>> shift)
      bytes[++last] = octet << (8 - shift)
    }
  }

  private writeNatural(split: number, value: number): number {
    if (value >= (MOST_ZEROS + 1) << split) return this.long(value)
    const zeros = value >>> split
    this.few(zeros + 1, 1)
    this.few(split, value & ((1 << split) - 1))
    return value
  }

  /** A natural whose lower part has more bits than can be moved at once. */
  private wide(split: number, value: number): number {
    const unit = powerOfTwo(split)
    const zeros = this.isReading ? Math.clz32(this.window()) : Math.floor(value / unit)
    if (zeros > MOST_ZEROS) return this.long(value)
    this.few(zeros + 1, 1)
    return zeros * unit + this.raw(split, value - zeros * unit)
  }

  private long(value: number): number {
    this.few(MOST_ZEROS + 1, 0)
    const bits = Math.min(53, this.few(LENGTH_BITS, bitsOf(value)))
    return this.raw(bits, value)
  }

  /** The next 24 bits and what is beside them, from the highest bit down. */
  private window(): number {
    const byte = this.at >>> 3
    if (byte > this.size) {
      this.isBroken = true
      return 0
    }
    return this.view.getUint32(byte) << (this.at & 7)
  }

  /** At most 24 bits. */
  private few(count: number, value: number): number {
    const at = this.at
    if (this.isReading) {
      // Twice, because a shift by 32 is none.
      const read = (this.window() >>> 1) >>> (31 - count)
      this.at = at + count
      return read
    }
    const byte = at >>> 3
    if (byte + SPARE > this.bytes.length) this.grow()
    // What lies behind is zero until it is written.
    this.view.setUint32(byte, ((this.bytes[byte] ?? 0) << 24) | (value << (32 - (at & 7) - count)))
    this.at = at + count
    return value
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2)
    larger.set(this.bytes)
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }
}

/**
 * Answers to one question that are nearly always yes: how many of them come before each no. A yes costs nothing by itself, so
 * nothing else may be coded where the answer was yes; `end` after the last question.
 */
export class Runs {
  private readonly coder: Coder
  private readonly scale = createScale(2)
  /** Yeses that were answered (writing) or are to come (reading); −1: nothing is read yet. */
  private count: number

  constructor(coder: Coder) {
    this.coder = coder
    this.count = coder.isReading ? -1 : 0
  }

  next(answer: boolean): boolean {
    if (this.coder.isReading) {
      if (this.count < 0) this.count = this.coder.natural(this.scale, 0)
      return --this.count >= 0
    }
    if (answer) this.count++
    else this.say()
    return answer
  }

  end(): void {
    if (!this.coder.isReading && this.count > 0) this.say()
  }

  private say(): void {
    this.coder.natural(this.scale, this.count)
    this.count = 0
  }
}

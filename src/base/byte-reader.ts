import type { Bytes } from './bytes.ts'

export interface ByteReader {
  readonly offset: number
  readonly remaining: number
  readonly problem: string | null
  reject(what: string): void
  u8(): number
  u16(): number
  u32(): number
  i64(): number
  /** A copy of the next `count` bytes; empty after a problem. */
  raw(count: number): Bytes
  /** The next `count` bytes as text when all are printable ASCII; else, or after a problem, null, and nothing is taken. */
  ascii(count: number): string | null
}

export const createReader = (bytes: Uint8Array): ByteReader => new BoundedReader(bytes)

const SPACE = 0x20
const TILDE = 0x7e

/** Up to here a copy by hand is quicker than a view and a copy of it (measured). */
const SHORT_BYTES = 64

/** A class, as the writer is (`byte-writer`): closures are slower. */
class BoundedReader implements ByteReader {
  private readonly bytes: Uint8Array
  offset = 0
  problem: string | null = null

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get remaining(): number {
    return this.bytes.length - this.offset
  }

  reject(what: string): void {
    this.problem ??= `${what} at byte ${this.offset}`
  }

  /** Where the next `count` bytes begin; −1: they are not there. */
  private take(count: number): number {
    if (this.problem !== null) return -1
    const start = this.offset
    if (start + count > this.bytes.length) {
      this.reject(`${count} bytes wanted, ${this.remaining} left`)
      return -1
    }
    this.offset = start + count
    return start
  }

  private byte(at: number): number {
    return this.bytes[at] ?? 0
  }

  /** As signed 32 bits. */
  private get32(at: number): number {
    return (this.byte(at) << 24) | (this.byte(at + 1) << 16) | (this.byte(at + 2) << 8) | this.byte(at + 3)
  }

  u8(): number {
    const at = this.take(1)
    return at < 0 ? 0 : this.byte(at)
  }

  u16(): number {
    const at = this.take(2)
    return at < 0 ? 0 : (this.byte(at) << 8) | this.byte(at + 1)
  }

  u32(): number {
    const at = this.take(4)
    return at < 0 ? 0 : this.get32(at) >>> 0
  }

  i64(): number {
    const at = this.take(8)
    if (at < 0) return 0
    const value = this.get32(at) * 0x1_0000_0000 + (this.get32(at + 4) >>> 0)
    if (!Number.isSafeInteger(value)) this.reject('an integer beyond 2^53')
    return value
  }

  raw(count: number): Bytes {
    const at = this.take(count)
    if (at < 0) return new Uint8Array(0)
    const copy = new Uint8Array(count)
    if (count > SHORT_BYTES) copy.set(this.bytes.subarray(at, at + count))
    else for (let i = 0; i < count; i++) copy[i] = this.byte(at + i)
    return copy
  }

  // Most texts are numbers: with a TextDecoder and its copy for every text, pages are read 4× slower (measured).
  ascii(count: number): string | null {
    const end = this.offset + count
    if (this.problem !== null || end > this.bytes.length) return null
    let text = ''
    for (let i = this.offset; i < end; i++) {
      const byte = this.byte(i)
      if (byte < SPACE || byte > TILDE) return null
      text += String.fromCharCode(byte)
    }
    this.offset = end
    return text
  }
}

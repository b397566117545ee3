import type { Bytes } from './bytes.ts'
import { fail, ok, type Failure, type Result } from './result.ts'

/**
 * Binary codecs: one definition gives the writer, the total and bounded reader, and the TypeScript type.
 * Numbers are big-endian. Reading never throws: the first problem sticks, later reads give zeros, and
 * `decode` reports what was wrong and at which byte. Every length is checked against a bound before memory is taken.
 */
export interface Codec<T> {
  write(writer: ByteWriter, value: T): void
  read(reader: ByteReader): T
}

export type CodecType<C> = C extends Codec<infer T> ? T : never

/** Numbers outside their range are a broken invariant and throw: bytes that say something else must never be signed. */
export interface ByteWriter {
  u8(value: number): void
  u16(value: number): void
  u32(value: number): void
  /** A safe integer, as signed 64 bits. */
  i64(value: number): void
  raw(bytes: Uint8Array): void
  /** UTF-8 behind one byte of length. */
  text8(text: string): void
  /** The text as it is, which must be ASCII. */
  ascii(text: string): void
  /** What was written. It ends the writer. */
  finish(): Bytes
}

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

const encoder = new TextEncoder()
const SPACE = 0x20
const TILDE = 0x7e

const mustFit = (value: number, max: number): number => {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`${value} is no integer in 0 … ${max}`)
  return value
}

/** The buffer of the writer that ended last. What was written is copied out, so the next one may have it. */
let spare: Bytes | null = null
/** A buffer that is kept has at least this size, and at most that of the longest frame. */
const LEAST_SPARE = 1024
const MOST_SPARE = 64 * 1024

/** A class, with one buffer for many writers: as closures over a fresh buffer short frames take twice as long (measured). */
class SpareWriter implements ByteWriter {
  private buffer: Bytes
  private at = 0

  constructor(sizeHint: number) {
    this.buffer = spare !== null && spare.length >= sizeHint ? spare : new Uint8Array(Math.max(sizeHint, LEAST_SPARE))
    spare = null
  }

  private room(count: number): number {
    const start = this.at
    this.at += count
    if (this.at > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.at))
      grown.set(this.buffer.subarray(0, start))
      this.buffer = grown
    }
    return start
  }

  u8(value: number): void {
    mustFit(value, 0xff)
    const at = this.room(1)
    this.buffer[at] = value
  }

  u16(value: number): void {
    mustFit(value, 0xffff)
    const at = this.room(2)
    this.buffer[at] = value >>> 8
    this.buffer[at + 1] = value
  }

  u32(value: number): void {
    mustFit(value, 0xffff_ffff)
    this.put32(value)
  }

  i64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer`)
    this.put32(Math.floor(value / 0x1_0000_0000))
    this.put32(value)
  }

  /** The lower 32 bits. */
  private put32(value: number): void {
    const at = this.room(4)
    this.buffer[at] = value >>> 24
    this.buffer[at + 1] = value >>> 16
    this.buffer[at + 2] = value >>> 8
    this.buffer[at + 3] = value
  }

  raw(bytes: Uint8Array): void {
    const at = this.room(bytes.length)
    this.buffer.set(bytes, at)
  }

  // ASCII is written in place: with a TextEncoder for every text, pages are written 6× slower (measured).
  text8(text: string): void {
    const start = this.room(1 + mustFit(text.length, 0xff))
    this.buffer[start] = text.length
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > TILDE) {
        this.at = start
        this.wide(text)
        return
      }
      this.buffer[start + 1 + i] = unit
    }
  }

  ascii(text: string): void {
    const start = this.room(text.length)
    for (let i = 0; i < text.length; i++) this.buffer[start + i] = text.charCodeAt(i)
  }

  private wide(text: string): void {
    const raw = encoder.encode(text)
    this.u8(raw.length)
    this.raw(raw)
  }

  finish(): Bytes {
    const bytes = this.buffer.slice(0, this.at)
    if (this.buffer.length <= MOST_SPARE) spare = this.buffer
    // Whatever were still written here must not turn up in what another writes.
    this.buffer = NOTHING
    return bytes
  }
}

const NOTHING = new Uint8Array(0)

export const createWriter = (sizeHint = 0): ByteWriter => new SpareWriter(sizeHint)

/** Up to here a copy by hand is quicker than a view and a copy of it (measured). */
const SHORT_BYTES = 64

/** A class for the same reason as the writer. */
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

export const createReader = (bytes: Uint8Array): ByteReader => new BoundedReader(bytes)

export const encode = <T>(codec: Codec<T>, value: T, sizeHint?: number): Bytes => {
  const writer = createWriter(sizeHint)
  codec.write(writer, value)
  return writer.finish()
}

/** Reads the whole of `bytes`; left-over bytes are a problem too. */
export const decode = <T>(codec: Codec<T>, bytes: Uint8Array, what: string): Result<T, Failure<'malformed'>> => {
  const reader = createReader(bytes)
  const value = codec.read(reader)
  if (reader.problem === null && reader.remaining > 0) reader.reject(`${reader.remaining} bytes too many`)
  return reader.problem === null ? ok(value) : fail('malformed', `${what}: ${reader.problem}`)
}

export const u8: Codec<number> = { write: (w, v) => w.u8(v), read: (r) => r.u8() }
export const u16: Codec<number> = { write: (w, v) => w.u16(v), read: (r) => r.u16() }
export const u32: Codec<number> = { write: (w, v) => w.u32(v), read: (r) => r.u32() }
/** Signed, within ±2^53. */
export const i64: Codec<number> = { write: (w, v) => w.i64(v), read: (r) => r.i64() }

/** A count: an integer in 0 … 2^53 − 1. */
export const count: Codec<number> = {
  write: (w, v) => w.i64(v),
  read: (r) => {
    const value = r.i64()
    if (value < 0) r.reject('a negative count')
    return value
  },
}

export const bool: Codec<boolean> = {
  write: (w, v) => w.u8(v ? 1 : 0),
  read: (r) => {
    const value = r.u8()
    if (value > 1) r.reject('a boolean that is neither 0 nor 1')
    return value === 1
  },
}

/** Exactly `size` bytes. */
export const fixed = (size: number): Codec<Bytes> => ({
  write: (w, v) => {
    if (v.length !== size) throw new RangeError(`${size} bytes wanted, ${v.length} given`)
    w.raw(v)
  },
  read: (r) => r.raw(size),
})

/** 0 … `max` bytes behind a 32-bit length. */
export const bytes = (max: number): Codec<Bytes> => ({
  write: (w, v) => {
    if (v.length > max) throw new RangeError(`${v.length} bytes where at most ${max} may stand`)
    w.u32(v.length)
    w.raw(v)
  },
  read: (r) => {
    const length = r.u32()
    if (length > max) r.reject(`${length} bytes where at most ${max} may stand`)
    return r.raw(r.problem === null ? length : 0)
  },
})

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to here ASCII is written and read by hand: quicker than the platform's encoder and decoder (measured). */
const SHORT_TEXT = 64

const isShortAscii = (text: string): boolean => {
  if (text.length > SHORT_TEXT) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > TILDE) return false
  return true
}

/** UTF-8 text of at most `max` bytes; `accept` may refuse more (control characters, say). */
export const text = (max: number, accept: (text: string) => boolean = () => true): Codec<string> => ({
  write: (w, v) => {
    const raw = isShortAscii(v) ? null : encoder.encode(v)
    const length = raw?.length ?? v.length
    if (length > max) throw new RangeError(`${length} bytes where at most ${max} may stand`)
    w.u32(length)
    if (raw === null) w.ascii(v)
    else w.raw(raw)
  },
  read: (r) => {
    const length = r.u32()
    if (length > max) r.reject(`${length} bytes where at most ${max} may stand`)
    const plain = length > SHORT_TEXT ? null : r.ascii(length)
    const value = plain ?? readUtf8(r, length)
    if (r.problem !== null) return ''
    if (!accept(value)) r.reject('text with characters that may not stand here')
    return value
  },
})

const readUtf8 = (r: ByteReader, length: number): string => {
  const raw = r.raw(r.problem === null ? length : 0)
  if (r.problem !== null) return ''
  try {
    return strictUtf8.decode(raw)
  } catch {
    r.reject('text that is not UTF-8')
    return ''
  }
}

/** 0 … `max` items behind a 32-bit count. */
export const array = <T>(item: Codec<T>, max: number): Codec<readonly T[]> => ({
  write: (w, v) => {
    if (v.length > max) throw new RangeError(`${v.length} items where at most ${max} may stand`)
    w.u32(v.length)
    for (const one of v) item.write(w, one)
  },
  read: (r) => {
    const length = r.u32()
    if (length > max) r.reject(`${length} items where at most ${max} may stand`)
    const items: T[] = []
    for (let i = 0; i < length && r.problem === null; i++) items.push(item.read(r))
    return items
  },
})

/** A value or null. */
export const nullable = <T>(inner: Codec<T>): Codec<T | null> => ({
  write: (w, v) => {
    bool.write(w, v !== null)
    if (v !== null) inner.write(w, v)
  },
  read: (r) => (bool.read(r) && r.problem === null ? inner.read(r) : null),
})

/** One of the named choices, as its index in one byte; choices are only ever added at the end. */
export const choice = <const Names extends readonly [string, ...string[]]>(names: Names): Codec<Names[number]> => ({
  write: (w, v) => w.u8(names.indexOf(v)),
  read: (r) => {
    const name = names[r.u8()]
    if (name === undefined) r.reject('an unknown choice')
    return name ?? names[0]
  },
})

type Fields = Readonly<Record<string, Codec<never>>>
type StructOf<F> = { readonly [K in keyof F]: CodecType<F[K]> }

/** Named fields in the order they are written here. */
export const struct = <F extends { readonly [K in keyof F]: Codec<F[K] extends Codec<infer T> ? T : never> }>(
  fields: F,
): Codec<StructOf<F>> => {
  const entries = Object.entries(fields as unknown as Fields)
  return {
    write: (w, v) => {
      for (const [name, codec] of entries) codec.write(w, v[name as keyof F] as never)
    },
    read: (r) => {
      const value: Record<string, unknown> = {}
      for (const [name, codec] of entries) value[name] = codec.read(r)
      return value as StructOf<F>
    },
  }
}

/** Maps a codec to another representation; `read` may reject through the reader. */
export const mapped = <A, B>(
  inner: Codec<A>,
  there: (value: B) => A,
  back: (value: A, reader: ByteReader) => B,
): Codec<B> => ({
  write: (w, v) => inner.write(w, there(v)),
  read: (r) => back(inner.read(r), r),
})

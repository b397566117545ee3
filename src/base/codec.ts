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

export const createWriter = (sizeHint = 256): ByteWriter => {
  let buffer = new Uint8Array(sizeHint)
  let view = new DataView(buffer.buffer)
  let at = 0
  const room = (count: number): number => {
    if (at + count > buffer.length) {
      const grown = new Uint8Array(Math.max(buffer.length * 2, at + count))
      grown.set(buffer.subarray(0, at))
      buffer = grown
      view = new DataView(buffer.buffer)
    }
    const start = at
    at += count
    return start
  }
  const wide = (text: string): void => {
    const raw = encoder.encode(text)
    const start = room(1 + raw.length)
    buffer[start] = mustFit(raw.length, 0xff)
    buffer.set(raw, start + 1)
  }
  return {
    // `room` may replace buffer and view, so it is called before either is looked at.
    u8: (value) => {
      const start = room(1)
      view.setUint8(start, mustFit(value, 0xff))
    },
    u16: (value) => {
      const start = room(2)
      view.setUint16(start, mustFit(value, 0xffff))
    },
    u32: (value) => {
      const start = room(4)
      view.setUint32(start, mustFit(value, 0xffff_ffff))
    },
    i64: (value) => {
      if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer`)
      const start = room(8)
      view.setInt32(start, Math.floor(value / 0x1_0000_0000))
      view.setUint32(start + 4, value >>> 0)
    },
    raw: (bytes) => {
      const start = room(bytes.length)
      buffer.set(bytes, start)
    },
    // ASCII is written in place: with a TextEncoder for every text, pages are written 6× slower (measured).
    text8: (text) => {
      const start = room(1 + mustFit(text.length, 0xff))
      buffer[start] = text.length
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i)
        if (unit > TILDE) {
          at = start
          wide(text)
          return
        }
        buffer[start + 1 + i] = unit
      }
    },
    finish: () => buffer.slice(0, at),
  }
}

export const createReader = (bytes: Uint8Array): ByteReader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  let problem: string | null = null
  const reject = (what: string): void => {
    problem ??= `${what} at byte ${at}`
  }
  const take = (count: number): number | null => {
    if (problem !== null) return null
    if (at + count > bytes.length) {
      reject(`${count} bytes wanted, ${bytes.length - at} left`)
      return null
    }
    const start = at
    at += count
    return start
  }
  const number = (count: number, read: (start: number) => number) => (): number => {
    const start = take(count)
    return start === null ? 0 : read(start)
  }
  return {
    get offset() {
      return at
    },
    get remaining() {
      return bytes.length - at
    },
    get problem() {
      return problem
    },
    reject,
    u8: number(1, (start) => view.getUint8(start)),
    u16: number(2, (start) => view.getUint16(start)),
    u32: number(4, (start) => view.getUint32(start)),
    i64: number(8, (start) => {
      const value = view.getInt32(start) * 0x1_0000_0000 + view.getUint32(start + 4)
      if (!Number.isSafeInteger(value)) reject('an integer beyond 2^53')
      return value
    }),
    raw: (count) => {
      const start = take(count)
      return start === null ? new Uint8Array(0) : new Uint8Array(bytes.subarray(start, start + count))
    },
    // Most texts are numbers: with a TextDecoder and its copy for every text, pages are read 4× slower (measured).
    ascii: (count) => {
      if (problem !== null || at + count > bytes.length) return null
      let text = ''
      for (let i = at; i < at + count; i++) {
        const byte = bytes[i] ?? 0
        if (byte < SPACE || byte > TILDE) return null
        text += String.fromCharCode(byte)
      }
      at += count
      return text
    },
  }
}

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

/** UTF-8 text of at most `max` bytes; `accept` may refuse more (control characters, say). */
export const text = (max: number, accept: (text: string) => boolean = () => true): Codec<string> => {
  const inner = bytes(max)
  return {
    write: (w, v) => inner.write(w, encoder.encode(v)),
    read: (r) => {
      const raw = inner.read(r)
      if (r.problem !== null) return ''
      try {
        const value = strictUtf8.decode(raw)
        if (!accept(value)) r.reject('text with characters that may not stand here')
        return value
      } catch {
        r.reject('text that is not UTF-8')
        return ''
      }
    },
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

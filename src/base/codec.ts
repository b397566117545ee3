import { createReader, type ByteReader } from './byte-reader.ts'
import { createWriter, type ByteWriter } from './byte-writer.ts'
import { utf8, type Bytes } from './bytes.ts'
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
const TILDE = 0x7e

const isShortAscii = (text: string): boolean => {
  if (text.length > SHORT_TEXT) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > TILDE) return false
  return true
}

/** UTF-8 text of at most `max` bytes; `accept` may refuse more (control characters, say). */
export const text = (max: number, accept: (text: string) => boolean = () => true): Codec<string> => ({
  write: (w, v) => {
    const raw = isShortAscii(v) ? null : utf8(v)
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

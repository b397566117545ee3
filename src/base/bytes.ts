import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

/** Bytes that can be transferred and stored: never a view on shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Memory for so many bytes, whatever is in it: who asks for it writes all of it. */
export type MakeBytes = (length: number) => Bytes

export const makeBytes: MakeBytes = (length) => new Uint8Array(length)

const DIGITS = Array.from({ length: 16 }, (_, digit) => digit.toString(16).charCodeAt(0))

/** What one call is given as arguments: keys and hashes are far shorter. */
const MOST_AT_ONCE = 512

/** What the last text of each length was made of: grown anew for each, it was an eighth of all that a simulated node throws away (measured). */
const written: number[][] = []

/** Short ones in one piece: pieces that were joined cost as much again when the text is first looked up in a map (measured). */
export const toHex = (bytes: Uint8Array): string => {
  if (bytes.length > MOST_AT_ONCE) return bytesToHex(bytes)
  const codes = (written[bytes.length] ??= Array.from({ length: 2 * bytes.length }, () => 0))
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    codes[2 * i] = DIGITS[byte >> 4] ?? 0
    codes[2 * i + 1] = DIGITS[byte & 15] ?? 0
  }
  return String.fromCharCode.apply(null, codes)
}

/** Reads hex that was already judged by a decoder; other text is a broken invariant and throws. */
export const fromHex = (hex: string): Bytes => hexToBytes(hex)

const encoder = new TextEncoder()

export const utf8 = (text: string): Bytes => encoder.encode(text)

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export const concatBytes = (parts: readonly Uint8Array[]): Bytes => {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

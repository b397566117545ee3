import { inflateSync } from 'node:zlib'

const SIGNATURE_BYTES = 8

/**
 * How many different lines of pixels a PNG has, as the file has them (each as its difference from its neighbours): an empty page has
 * one or two, a page with a line of text on it some dozens.
 */
export const differentLines = (png: Buffer): number => {
  const parts: Buffer[] = []
  let lineBytes = 1
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const size = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const body = png.subarray(at + 8, at + 8 + size)
    // A byte for each of red, green and blue, and one of how the line is told; with an alpha channel one more.
    if (type === 'IHDR') lineBytes = 1 + body.readUInt32BE(0) * (body[9] === 6 ? 4 : 3)
    if (type === 'IDAT') parts.push(body)
    at += size + 12
  }
  const pixels = inflateSync(Buffer.concat(parts))
  const lines = new Set<string>()
  for (let from = 0; from < pixels.length; from += lineBytes) lines.add(pixels.toString('latin1', from, from + lineBytes))
  return lines.size
}

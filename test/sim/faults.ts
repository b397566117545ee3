import type { Bytes } from '../../src/base/bytes.ts'
import type { Random } from '../../src/base/random.ts'
import { encodeFrame, type Frame } from '../../src/protocol/frame.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/limits.ts'
import { ENCODING_PACKED } from '../../src/protocol/transfer.ts'

/** Smaller than in a node, because floods are dear to simulate. */
export const USELESS_FRAMES = 256

/** What a sender does wrong to the frames that an honest one would send. */
export interface Fault {
  readonly name: FaultName
  /** Frames as bytes, and how much later than an honest sender would send them. */
  distort(frame: Frame, fired: () => void): readonly { readonly bytes: Bytes; readonly extraMs?: number }[]
}

export const LIES = [
  'wrong-byte',
  'wrong-page',
  'wrong-part',
  'wrong-number',
  'wrong-count',
  'corrupt-parcel',
  'bomb',
  'wrong-hashes',
  'wrong-proof',
  'strange-request',
  'oversized',
  'garbage',
  'flood',
] as const

/** No lies, but no help either. */
export const FAILINGS = ['mute', 'never-complete', 'slow', 'refuses', 'busy', 'unavailable', 'disconnects', 'late'] as const

export type FaultName = (typeof LIES)[number] | (typeof FAILINGS)[number]

type Distort = (frame: Frame, random: Random) => Frame | Bytes | readonly (Frame | Bytes)[] | null

const flip = (bytes: Bytes, random: Random): Bytes => {
  const copy = bytes.slice()
  const at = random.below(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
  return copy
}

const rarely = (chance: number, distort: Distort): Distort => (frame, random) => (random.next() < chance ? distort(frame, random) : frame)

const onPacket = (chance: number, distort: (frame: Extract<Frame, { type: 'packet' }>, random: Random) => Frame): Distort =>
  rarely(chance, (frame, random) => (frame.type === 'packet' ? distort(frame, random) : frame))

const onHashes = (distort: (frame: Extract<Frame, { type: 'hashes' }>, random: Random) => Frame): Distort =>
  rarely(0.8, (frame, random) => (frame.type === 'hashes' ? distort(frame, random) : frame))

/** Packed pages of a few bytes that go on for ever, or claim to. */
const BOMBS: readonly Bytes[] = [
  [ENCODING_PACKED, 0, 0, 0],
  [ENCODING_PACKED, 0xff, 0xff, 0xff],
  [ENCODING_PACKED, 0, 0, 4, 0xff, 0xff, 0xff, 0xff],
  [ENCODING_PACKED, 0, 0, 1, 0x80, ...Array<number>(40).fill(0xff)],
].map((bytes) => new Uint8Array(bytes))

const DISTORTIONS: Readonly<Record<FaultName, Distort>> = {
  'wrong-byte': onPacket(0.3, (frame, random) => ({ ...frame, bytes: flip(frame.bytes, random) })),
  'wrong-page': onPacket(0.2, (frame, random) => ({ ...frame, page: Math.max(0, frame.page + random.below(9) - 4) })),
  'wrong-part': onPacket(0.2, (frame, random) =>
    random.next() < 0.5 ? { ...frame, part: random.below(256) } : { ...frame, parts: random.below(256) },
  ),
  'wrong-number': onPacket(0.2, (frame, random) => ({ ...frame, number: random.below(random.next() < 0.5 ? 8 : 400) })),
  'wrong-count': rarely(0.7, (frame, random) => (frame.type === 'completed' ? { ...frame, packets: random.below(300) } : frame)),
  'corrupt-parcel': onPacket(0.3, (frame, random) => ({ ...frame, bytes: random.bytes(frame.bytes.length).with(0, frame.part === 0 ? random.below(3) : random.below(256)) })),
  bomb: onPacket(0.2, (frame, random) => ({ ...frame, bytes: BOMBS[random.below(BOMBS.length)] ?? frame.bytes })),
  'wrong-hashes': onHashes((frame, random) => {
    const hashes = [...frame.hashes]
    const at = random.below(hashes.length)
    const [hash] = hashes.slice(at)
    if (hash === undefined || random.next() < 0.2) return { ...frame, hashes: hashes.slice(1) }
    hashes[at] = flip(hash, random)
    return { ...frame, hashes }
  }),
  'wrong-proof': onHashes((frame) => ({ ...frame, proof: [...frame.proof].reverse().concat(frame.hashes.slice(0, 1)) })),
  'strange-request': rarely(0.1, (frame, random) => ({ ...frame, request: 1_000_000 + random.below(1_000) })),
  oversized: rarely(0.1, () => new Uint8Array(MAX_FRAME_BYTES + 1)),
  garbage: rarely(0.1, (frame, random) =>
    random.next() < 0.5 ? random.bytes(1 + random.below(60)) : encodeFrame(frame).slice(0, -1 - random.below(4)),
  ),
  flood: rarely(0.05, (frame) => Array.from({ length: USELESS_FRAMES + 50 }, () => frame)),
  mute: () => null,
  'never-complete': (frame, random) => (frame.type === 'completed' || random.next() < 0.3 ? null : frame),
  slow: (frame) => frame,
  refuses: (frame) => answering(frame, 'no-such-history'),
  busy: rarely(0.6, (frame) => answering(frame, 'busy')),
  unavailable: (frame) => frame,
  disconnects: (frame) => frame,
  late: (frame) => frame,
}

const answering = (frame: Frame, code: string): Frame =>
  frame.type === 'hashes' || frame.type === 'packet' || frame.type === 'completed'
    ? { type: 'refused', request: frame.request, code, message: 'Not now.' }
    : frame

/** After one packet, or one whole answer, it says that packet again in place of every `completed`, and nothing else. */
const createLateness = (random: Random): Distort => {
  const isSoon = random.next() < 0.5
  let first: Extract<Frame, { type: 'packet' }> | null = null
  return (frame) => {
    if (first === null && frame.type === 'packet') first = frame
    if (first === null || frame === first || (!isSoon && frame.request === first.request)) return frame
    return frame.type === 'completed' ? first : null
  }
}

export const createFault = (name: FaultName, random: Random): Fault => {
  const extraMs = name === 'slow' ? 1_000 + random.below(7_000) : 0
  const distortion = name === 'late' ? createLateness(random) : DISTORTIONS[name]
  return {
    name,
    distort(frame, fired) {
      const distorted = distortion(frame, random)
      if (distorted !== frame || extraMs > 0) fired()
      if (distorted === null) return []
      const frames = Array.isArray(distorted) ? (distorted as readonly (Frame | Bytes)[]) : [distorted as Frame | Bytes]
      return frames.map((one) => ({ bytes: one instanceof Uint8Array ? one : encodeFrame(one), extraMs }))
    },
  }
}

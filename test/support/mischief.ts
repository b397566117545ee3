import { createSeededRandom } from '../../src/base/random.ts'
import type { Bytes } from '../../src/base/bytes.ts'
import type { Pipe } from '../../src/ports/pipe.ts'
import { DATA_PROTOCOL_VERSION, decodeFrame, encodeFrame, type Frame, type FrameOf, type FrameType } from '../../src/protocol/frame.ts'
import { LINK_WINDOW_BYTES, MAX_FRAME_BYTES, MAX_USELESS_FRAMES } from '../../src/protocol/limits.ts'
import { blankSignature } from './history.ts'

/** How a peer lies on a link; in everything else it behaves as an honest one. */
export type Mischief =
  | 'none'
  /** One byte of page 5 is another: the pages before it are good and may be kept. */
  | 'wrong-byte'
  /** The bytes of page k come as page k + 1. */
  | 'wrong-page'
  | 'oversized'
  | 'garbage'
  /** It says that it serves the history, and then never answers a question about pages. */
  | 'mute'
  | 'wrong-hashes'
  /** It offers a longer history whose head the publisher has not signed. */
  | 'forged-head'
  /** Another key than the one that was matched is at the end of the link. */
  | 'impostor'
  /** It signs what it would have seen if someone stood in between. */
  | 'wrong-fingerprint'
  /** It sends far more than it has credit for. */
  | 'flood'

type Lie = (frame: Frame) => readonly (Frame | Bytes)[]

const WRONG_PAGE = 5

const about =
  <T extends FrameType>(type: T, lie: (frame: FrameOf<T>) => readonly (Frame | Bytes)[]): Lie =>
  (frame) =>
    frame.type === type ? lie(frame as FrameOf<T>) : [frame]

/** Its first two fields are in order, so that the judge has to read on. */
const garbage = (): Bytes => {
  const bytes = createSeededRandom(1).bytes(500)
  bytes[0] = DATA_PROTOCOL_VERSION
  return bytes
}

const LIES: Readonly<Partial<Record<Mischief, Lie>>> = {
  'wrong-byte': about('packet', (frame) => [frame.page === WRONG_PAGE ? { ...frame, bytes: flipMiddle(frame.bytes) } : frame]),
  'wrong-page': about('packet', (frame) => [{ ...frame, page: frame.page + 1 }]),
  oversized: about('packet', () => [new Uint8Array(MAX_FRAME_BYTES + 1)]),
  garbage: about('packet', () => [garbage()]),
  mute: (frame) => (['hashes', 'packet', 'completed', 'unavailable'].includes(frame.type) ? [] : [frame]),
  'wrong-hashes': about('hashes', ({ hashes, ...frame }) => [{ ...frame, hashes: hashes.map(flipLast) }]),
  'forged-head': about('status', (frame) => {
    if (frame.head === null) return [frame]
    const { head } = frame.head
    return [{ ...frame, head: { head: { ...head, rows: head.rows + 1, root: flipLast(head.root) }, signature: blankSignature() } }]
  }),
  flood: about('packet', (frame) => (frame.number === 0 ? flood(frame) : [frame])),
}

/**
 * Repetitions without end: first more bytes than the window holds, then more frames than a receiver suffers. A fast receiver
 * keeps up with the bytes, and then it is the frames that it cuts off; both are called a flood.
 */
const flood = (frame: FrameOf<'packet'>): readonly Frame[] => [
  ...Array.from({ length: Math.ceil((4 * LINK_WINDOW_BYTES) / frame.bytes.length) }, () => frame),
  ...Array.from({ length: MAX_USELESS_FRAMES + 1 }, () => ({ ...frame, bytes: frame.bytes.slice(0, 1) })),
]

/** Of a page: its last bits may mean nothing when it travels packed. */
const flipMiddle = (bytes: Bytes): Bytes => {
  const middle = bytes.length >> 1
  return bytes.map((byte, index) => (index === middle ? byte ^ 0xff : byte))
}

/** Flips the last bit. */
export const flipLast = (bytes: Bytes): Bytes => {
  const copy = bytes.slice()
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}

/** The pipe as a liar uses it: the lie is told below the link's own rules, so that nothing honest stands in its way. */
export const createLyingPipe = (pipe: Pipe, mischief: Mischief): Pipe => {
  const lie = LIES[mischief]
  if (lie === undefined) return pipe
  return {
    ...pipe,
    // A flooder does not look at credit; its own link would call it a lie, being for more than it knows to have sent.
    onFrame: (handle) => pipe.onFrame((bytes) => (mischief === 'flood' && isCredit(bytes) ? undefined : handle(bytes))),
    send: (bytes) => {
      const frame = decodeFrame(bytes)
      if (!frame.ok) throw new Error(frame.error.message)
      for (const told of lie(frame.value)) pipe.send(told instanceof Uint8Array ? told : encodeFrame(told))
    },
  }
}

const isCredit = (bytes: Bytes): boolean => {
  const frame = decodeFrame(bytes)
  return frame.ok && frame.value.type === 'credit'
}

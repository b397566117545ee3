import { decode, encode } from '../../../src/base/codec.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import type { Random } from '../../../src/base/random.ts'
import { evidenceOfHeads } from '../../../src/domain/evidence.ts'
import type { SignedHead } from '../../../src/domain/head.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../src/protocol/frame.ts'
import { liveCodec } from '../../../src/protocol/live.ts'
import { createFault, FAILINGS, LIES, type FaultName } from '../faults.ts'

/** Lies that only a world of whole nodes can tell. */
export const WHOLE_LIES = ['forged-head', 'old-head', 'forged-live', 'altered-row', 'old-live', 'asks-too-much', 'wrong-nodes', 'bad-evidence', 'wrong-row-before', 'declines'] as const

export type LieName = FaultName | (typeof WHOLE_LIES)[number]

const isTransferFault = (name: LieName): name is FaultName => !(WHOLE_LIES as readonly string[]).includes(name)

/** What a liar's pipe does to the frames of the honest data process behind it. */
export type Distort = (bytes: Bytes) => readonly { readonly bytes: Bytes; readonly extraMs?: number }[]

const flip = (bytes: Bytes): Bytes => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)

/** Of one node: for each of its connections another. What it says again of heads and rows it may have said over any of them. */
export const createDistortions = (names: readonly LieName[], random: Random, fired: (name: LieName) => void): (() => Distort) => {
  const lies = names.map((name) => {
    // Who repeats a packet repeats one of the same connection.
    if (name === 'late') return () => transferLie(name, random, fired)
    const lie = isTransferFault(name) ? transferLie(name, random, fired) : wholeLie(name, random, fired)
    return () => lie
  })
  return () => distortionOf(lies.map((create) => create()))
}

const distortionOf =
  (lies: readonly Lie[]): Distort =>
  (bytes) => {
    const frame = decodeFrame(bytes)
    if (!frame.ok) return [{ bytes }]
    for (const lie of lies) {
      const told = lie(frame.value)
      if (told !== null) return told
    }
    return [{ bytes }]
  }

/** What is said instead; null: the truth. */
type Lie = (frame: Frame) => ReturnType<Distort> | null

const CHANCES = 4

const transferLie = (name: FaultName, random: Random, fired: (name: LieName) => void): Lie => {
  const fault = createFault(name, random)
  const isTransfer = (frame: Frame): boolean =>
    frame.type === 'hashes' || frame.type === 'packet' || frame.type === 'completed' || frame.type === 'unavailable'
  return (frame) => {
    // The rest of what it says stays true: who cannot be met cannot lie.
    if (!isTransfer(frame)) return null
    const mark = { isTold: false }
    // Histories are short here: who lies seldom gets several chances a frame.
    for (let chance = 0; chance < CHANCES; chance++) {
      const told = fault.distort(frame, () => {
        mark.isTold = true
      })
      if (!mark.isTold) continue
      fired(name)
      return told
    }
    return null
  }
}

const wholeLie = (name: (typeof WHOLE_LIES)[number], random: Random, fired: (name: LieName) => void): Lie => {
  /** The first head and the first row of each stream that it had to tell. */
  const heads = new Map<string, SignedHead>()
  const rows = new Map<string, Bytes>()
  const say = (...frames: readonly Frame[]): ReturnType<Distort> => {
    fired(name)
    return frames.map((frame) => ({ bytes: encodeFrame(frame) }))
  }
  return (frame) => {
    switch (name) {
      case 'forged-head': {
        if (frame.type !== 'status' || frame.head === null || random.next() < 0.5) return null
        const { head, signature } = frame.head
        return say({ ...frame, head: { head: { ...head, rows: head.rows + 1 + random.below(20), root: flip(head.root) }, signature } })
      }
      case 'old-head': {
        if (frame.type !== 'status' || frame.head === null) return null
        const old = heads.get(frame.stream)
        heads.set(frame.stream, old ?? frame.head)
        return old === undefined ? null : say({ ...frame, head: old })
      }
      case 'forged-live': {
        const live = frame.type === 'live' && random.next() < 0.5 ? decode(liveCodec, frame.live, 'live') : null
        if (frame.type !== 'live' || live?.ok !== true) return null
        const { row, head } = live.value
        const forged = { row, head: { head: { ...head.head, root: flip(head.head.root) }, signature: head.signature } }
        return say({ ...frame, live: encode(liveCodec, forged) })
      }
      case 'altered-row': {
        const live = frame.type === 'live' && random.next() < 0.5 ? decode(liveCodec, frame.live, 'live') : null
        if (frame.type !== 'live' || live?.ok !== true) return null
        return say({ ...frame, live: encode(liveCodec, { ...live.value, row: { ...live.value.row, value: '666' } }) })
      }
      case 'old-live': {
        if (frame.type !== 'live') return null
        const old = rows.get(frame.stream)
        rows.set(frame.stream, old ?? frame.live)
        return old === undefined ? null : say(frame, { ...frame, live: old }, { ...frame, live: old })
      }
      case 'wrong-nodes': {
        if (frame.type !== 'nodes' || random.next() < 0.3) return null
        const at = random.below(frame.hashes.length)
        return say({ ...frame, hashes: random.next() < 0.3 ? frame.hashes.slice(1) : frame.hashes.map((hash, index) => (index === at ? flip(hash) : hash)) })
      }
      case 'bad-evidence': {
        if (frame.type !== 'status' || frame.head === null || random.next() < 0.5) return null
        const { head } = frame.head
        const forged = { head: { ...head, root: flip(head.root) }, signature: frame.head.signature }
        const bytes = random.next() < 0.2 ? random.bytes(200) : evidenceOfHeads(frame.head, random.next() < 0.5 ? forged : frame.head)
        return say(frame, { type: 'evidence', request: 0, stream: frame.stream, part: 0, parts: 1, bytes })
      }
      case 'wrong-row-before': {
        // All who tell this lie tell the same one: they are one stranger with many keys. Of what is signed the first row is left: its hash is known.
        if (frame.type !== 'row-before' || frame.found === null || frame.found.number === 0) return null
        const { row } = frame.found
        return say({ ...frame, found: { ...frame.found, row: { ...row, value: `${row.value}!` } } })
      }
      case 'declines':
        return frame.type === 'packet' ? say({ type: 'unavailable', request: frame.request, pages: [frame.page] }) : null
      case 'asks-too-much':
        if (frame.type !== 'status-request' || random.next() < 0.5) return null
        return say(...Array.from({ length: 40 }, () => frame))
      default:
        return name satisfies never
    }
  }
}

/** Those that a plan draws for any liar; `late` comes on top. */
export const LIE_NAMES: readonly LieName[] = [...LIES, ...FAILINGS.filter((name) => name !== 'unavailable' && name !== 'disconnects' && name !== 'late'), ...WHOLE_LIES]

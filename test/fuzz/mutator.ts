import type { Random } from '../../src/base/random.ts'

/** What is done to well-formed bytes. */
export const MUTATIONS = ['bit', 'byte', 'cut', 'grow', 'length', 'remove', 'repeat', 'splice', 'stretch', 'type', 'none'] as const

export type Mutation = (typeof MUTATIONS)[number]

/** Numbers that a length may lie with: none, one, the limits of 16, 31 and 32 bits. */
const LIES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff]

export interface Mutator {
  /** Bytes made of `seed`, and for a splice of `other`; they are overwritten by the next call. */
  spoil(seed: Uint8Array, other: Uint8Array): Uint8Array
  /** How often each was done. */
  readonly done: ReadonlyMap<Mutation, number>
}

/** Mutates in a buffer of its own: nothing is allocated but a view. Most spoiled bytes have one fault, so that judges read far. */
export const createMutator = (random: Random, maxBytes: number): Mutator => {
  const scratch = new Uint8Array(maxBytes)
  const view = new DataView(scratch.buffer)
  const done = new Map<Mutation, number>()
  let size = 0

  const at = (room = 1): number => random.below(Math.max(1, size - room + 1))
  /** The first place from here on where a number stands that may be the length of what follows. */
  const lengthFrom = (from: number): number | null => {
    for (let place = from; place + 4 <= size && place < from + 64; place++)
      if (view.getUint32(place) <= size - place - 4) return place
    return null
  }
  const acts: Readonly<Record<Mutation, (other: Uint8Array) => void>> = {
    bit: () => {
      const place = at()
      scratch[place] = (scratch[place] ?? 0) ^ (1 << random.below(8))
    },
    byte: () => {
      scratch[at()] = random.below(256)
    },
    cut: () => {
      size = random.below(size + 1)
    },
    grow: () => {
      const more = Math.min(1 + random.below(64), maxBytes - size)
      for (let i = 0; i < more; i++) scratch[size + i] = random.below(256)
      size += more
    },
    length: () => {
      if (size < 4) return
      const place = at(4)
      const lie = random.below(3) === 0 ? view.getUint32(place) + random.below(5) - 2 : (LIES[random.below(LIES.length)] ?? 0)
      view.setUint32(place, lie >>> 0)
    },
    remove: () => {
      const from = at()
      const to = Math.min(size, from + 1 + random.below(16))
      scratch.copyWithin(from, to, size)
      size -= to - from
    },
    repeat: () => {
      const from = at()
      const length = Math.min(1 + random.below(40), size - from, maxBytes - size)
      scratch.copyWithin(from + length, from, size)
      size += length
    },
    splice: (other) => {
      const from = random.below(other.length + 1)
      size = random.below(size + 1)
      const tail = other.subarray(from, from + maxBytes - size)
      scratch.set(tail, size)
      size += tail.length
    },
    // More bytes behind a length that says so: what is too long must be refused, though all of it is there.
    stretch: () => {
      const place = lengthFrom(at(4))
      const more = Math.min(1 + random.below(200), maxBytes - size)
      if (place === null) return
      view.setUint32(place, view.getUint32(place) + more)
      scratch.copyWithin(place + 4 + more, place + 4, size)
      scratch.fill(0x61, place + 4, place + 4 + more)
      size += more
    },
    // The second byte of a frame is its type; elsewhere it is a byte like any other.
    type: () => {
      scratch[Math.min(1, size)] = random.below(110)
    },
    none: () => undefined,
  }
  return {
    spoil: (seed, other) => {
      scratch.set(seed)
      size = seed.length
      for (let times = random.below(4) === 0 ? 2 : 1; times > 0; times--) {
        const mutation = MUTATIONS[random.below(MUTATIONS.length)] ?? 'none'
        acts[mutation](other)
        done.set(mutation, (done.get(mutation) ?? 0) + 1)
      }
      return scratch.subarray(0, size)
    },
    done,
  }
}

/** A source of random numbers; seeded in tests and the simulator, the platform's in a node. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, below). */
  below(below: number): number
  /** `count` uniform bytes. */
  bytes(count: number): Uint8Array<ArrayBuffer>
}

/** sfc32 (C. Doty-Humphrey, PractRand): small, fast, 2^127 average period; not for secrets. */
export const createSeededRandom = (seed: number): Random => {
  let a = 0x9e3779b9 | 0
  let b = seed | 0
  let c = (seed / 0x1_0000_0000) | 0
  let counter = 1
  const next32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next32()
  return randomOf(next32)
}

/** Builds a Random from a function that gives uniform 32-bit unsigned integers. */
export const randomOf = (next32: () => number): Random => {
  const next = (): number => next32() / 0x1_0000_0000
  return {
    next,
    below: (below) => Math.floor(next() * below),
    bytes: (count) => {
      const bytes = new Uint8Array(count)
      for (let i = 0; i < count; i++) bytes[i] = next32() & 0xff
      return bytes
    },
  }
}

/** Up to `count` different items in random order (partial Fisher–Yates). */
export const sample = <T>(items: readonly T[], count: number, random: Random): T[] => {
  const pool = [...items]
  const taken: T[] = []
  while (taken.length < count && pool.length > 0) {
    const [item] = pool.splice(random.below(pool.length), 1)
    if (item !== undefined) taken.push(item)
  }
  return taken
}

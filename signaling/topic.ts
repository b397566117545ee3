import { sample, type Random } from '../src/base/random.ts'
import type { PublicKey } from '../src/domain/stream.ts'

/** The members of one topic: constant-time join, leave and random choice, however many there are. */
export interface Topic {
  readonly size: number
  has(node: PublicKey): boolean
  /** Whether the node is new here. */
  add(node: PublicKey): boolean
  delete(node: PublicKey): boolean
  /** All but one: a copy, since whoever is sent to may leave meanwhile. */
  others(node: PublicKey): readonly PublicKey[]
  all(): readonly PublicKey[]
  /** Up to `count` different members in random order, none of `except`. */
  pick(count: number, random: Random, except: ReadonlySet<PublicKey>): readonly PublicKey[]
}

export const createTopic = (): Topic => {
  const members: PublicKey[] = []
  const places = new Map<PublicKey, number>()
  return {
    get size() {
      return members.length
    },
    has: (node) => places.has(node),
    add(node) {
      if (places.has(node)) return false
      places.set(node, members.length)
      members.push(node)
      return true
    },
    delete(node) {
      const place = places.get(node)
      if (place === undefined) return false
      places.delete(node)
      const last = members.pop()
      if (last !== undefined && last !== node) {
        members[place] = last
        places.set(last, place)
      }
      return true
    },
    all: () => [...members],
    others: (node) => members.filter((one) => one !== node),
    pick(count, random, except) {
      if (members.length <= 4 * (count + except.size))
        return sample(
          members.filter((one) => !except.has(one)),
          count,
          random,
        )
      const picked = new Set<PublicKey>()
      while (picked.size < count) {
        const one = members[random.below(members.length)]
        if (one !== undefined && !except.has(one)) picked.add(one)
      }
      return [...picked]
    },
  }
}

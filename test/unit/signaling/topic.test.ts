import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTopic } from '../../../signaling/topic.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'

const node = (number: number): PublicKey => number.toString(16).padStart(64, '0') as PublicKey

describe('a topic', () => {
  it('is a set, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(8))), (steps) => {
        const [topic, model] = [createTopic(), new Set<PublicKey>()]
        for (const [joins, number] of steps) {
          const one = node(number)
          if (joins) expect(topic.add(one)).toBe(!model.has(one))
          else expect(topic.delete(one)).toBe(model.has(one))
          if (joins) model.add(one)
          else model.delete(one)
        }
        expect(topic.size).toBe(model.size)
        expect([...topic.others(node(99))].sort()).toEqual([...model].sort())
      }),
    )
  })

  it.each([1, 5, 12, 60, 1_000])(
    'picks different members of %i, never an excepted one, and all of them in time',
    (size) => {
      const topic = createTopic()
      for (let i = 0; i < size; i++) topic.add(node(i))
      const random = createSeededRandom(size)
      const except = new Set([node(0), node(size)])
      const seen = new Set<PublicKey>()
      for (let round = 0; round < size * 2; round++) {
        const picked = topic.pick(12, random, except)
        expect(new Set(picked).size).toBe(Math.min(12, size - 1))
        for (const one of picked) seen.add(one)
      }
      expect(seen.has(node(0))).toBe(false)
      expect(seen.size).toBe(size - 1)
    },
  )
})

import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../src/domain/time.ts'
import { predictionStreamOf } from '../../../src/domain/stream.ts'
import { findListed } from '../../../src/neuron/listing.ts'
import type { ListingOrder, ListingQuery } from '../../../src/neuron/snapshot.ts'
import type { Listed } from '../../../src/neuron/stream-views.ts'
import { createNodeKey, headOf, idOf, identityOf } from '../../support/node-key.ts'

const key = createNodeKey()

const listedOf = (name: string, more: Partial<Pick<Listed, 'subscribers' | 'predictors' | 'online'>> & { rows?: number; time?: number } = {}): Listed => {
  const identity = identityOf(key, name, name === 'tide' ? 'harbour' : 'roof')
  const id = idOf(identity)
  const { rows = 5, time = 0, ...rest } = more
  return { id, identity, head: headOf(key, id, rows, { time: time as Micros }), subscribers: 0, predictors: 0, online: true, ...rest }
}

const ALL = [
  listedOf('wind', { rows: 9, time: 30, subscribers: 1, predictors: 2 }),
  listedOf('Air', { rows: 7, time: 20, subscribers: 5, predictors: 0, online: false }),
  listedOf('tide', { rows: 8, time: 10, subscribers: 3, predictors: 0 }),
]

const namesOf = (query: Partial<ListingQuery>, all: readonly Listed[] = ALL, kept: readonly Listed[] = []): readonly string[] => {
  const { page } = findListed(all, (id) => kept.some((one) => one.id === id), { search: '', order: 'name', from: 0, count: 10, ...query })
  return page.map(({ identity }) => identity.stream)
}

describe('what is listed', () => {
  it.each<[ListingOrder, readonly string[]]>([
    ['newest', ['wind', 'Air', 'tide']],
    ['unpredicted', ['tide', 'Air', 'wind']],
    ['followed', ['Air', 'tide', 'wind']],
    ['longest', ['wind', 'tide', 'Air']],
    ['name', ['Air', 'tide', 'wind']],
  ])('comes in the order of %s', (order, names) => {
    expect(namesOf({ order })).toEqual(names)
    expect(namesOf({ order }, [...ALL].reverse())).toEqual(names)
  })

  it.each([['AI', ['Air']], ['  harb ', ['tide']], [ALL[0]?.id.slice(0, 10) ?? '', ['wind']], ['nothing', []]])('is searched by name, source and id: %s', (search, names) => {
    expect(namesOf({ search })).toEqual(names)
  })

  it('leaves out what is kept, and predictions, which are listed under what they follow', () => {
    const [first] = ALL
    if (first === undefined) throw new Error('none')
    const identity = predictionStreamOf(key.publicKey, first.id)
    const prediction = { ...first, identity, id: idOf(identity) }
    expect(namesOf({}, [...ALL, prediction], [first])).toEqual(['Air', 'tide'])
  })

  it('comes page by page, each stream once, with the number of all', () => {
    const many = Array.from({ length: 25 }, (_, i) => listedOf(`s${i}`))
    const pages = [0, 10, 20].map((from) => findListed(many, () => false, { search: '', order: 'newest', from, count: 10 }))
    expect(pages.map(({ count, page }) => [count, page.length])).toEqual([[25, 10], [25, 10], [25, 5]])
    expect(new Set(pages.flatMap(({ page }) => page.map(({ id }) => id))).size).toBe(25)
  })

  it('is never more than a thousand at once, whatever is asked for', () => {
    const [one] = ALL
    const many = Array.from({ length: 1_200 }, () => one).filter((listed) => listed !== undefined)
    expect(namesOf({ count: Number.POSITIVE_INFINITY }, many)).toHaveLength(1_000)
    expect(namesOf({ from: -5, count: -1 }, many)).toEqual([])
    expect(namesOf({ from: Number.NaN, count: Number.NaN }, many)).toEqual([])
  })
})

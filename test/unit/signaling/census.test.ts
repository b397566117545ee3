import { describe, expect, it } from 'vitest'
import { createCensus, type Census, type CensusNews, type CensusWord } from '../../../signaling/cluster/census.ts'
import { decodeClusterWord } from '../../../signaling/cluster/words.ts'
import { CENSUS_AGAIN_MS, SERVER_LOST_MS } from '../../../signaling/limits.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'

const [east, west] = ['e'.repeat(16), 'f'.repeat(16)]
const node = (digit: string): PublicKey => digit.repeat(64) as PublicKey
const stream = (digit: string): StreamId => digit.repeat(64) as StreamId

const empty = (from: string, said = 0): CensusWord => ({ kind: 'census', from, said, part: 0, parts: 1, nodes: [] })
const came = (from: string, said: number, who: PublicKey, at = 1): CensusWord => ({ kind: 'came', from, said, node: who, at })
const joined = (from: string, said: number, who: PublicKey, what: StreamId): CensusWord => ({ kind: 'joined', from, said, node: who, stream: what })

/** A census that knows of one server that has nobody. */
const knowing = (from = east): Census => {
  const census = createCensus()
  census.heard(empty(from), 0)
  return census
}

describe('a census of the other servers', () => {
  it('knows who is where, and who follows what', () => {
    const census = knowing()
    expect(census.heard(came(east, 1, node('a')), 1)).toMatchObject({ came: [{ node: node('a'), at: 1, server: east }], ask: [] })
    expect(census.heard(joined(east, 2, node('a'), stream('1')), 2).topics).toEqual([stream('1')])
    expect(census.whereIs(node('a'))).toBe(east)
    expect(census.topic(stream('1'))?.all()).toEqual([node('a')])
    expect([...census.serversOf(stream('1'))]).toEqual([east])
    expect(census.heard({ kind: 'went', from: east, said: 3, node: node('a') }, 3)).toMatchObject({ went: [node('a')], topics: [stream('1')] })
    expect(census.topic(stream('1'))).toBeUndefined()
    expect([...census.serversOf(stream('1'))]).toEqual([])
  })

  it('asks a server that it has not met, and one whose words it has missed, but not at every word', () => {
    const census = createCensus()
    expect(census.heard({ kind: 'beat', from: east, said: 7 }, 0).ask).toEqual([east])
    expect(census.heard({ kind: 'beat', from: east, said: 7 }, 1).ask).toEqual([])
    census.heard(empty(east, 7), 2)
    expect(census.heard({ kind: 'beat', from: east, said: 7 }, 3).ask).toEqual([])
    expect(census.heard(came(east, 9, node('a')), CENSUS_AGAIN_MS + 1).ask).toEqual([east])
    expect(census.whereIs(node('a'))).toBeUndefined()
  })

  it('takes the newest connection of a node for where it is', () => {
    const census = knowing(east)
    census.heard(empty(west), 0)
    census.heard(came(east, 1, node('a'), 10), 1)
    census.heard(joined(east, 2, node('a'), stream('1')), 1)
    census.heard(came(west, 1, node('a'), 20), 2)
    expect(census.whereIs(node('a'))).toBe(west)
    expect(census.topic(stream('1'))).toBeUndefined()
    // What the older one says afterwards changes nothing.
    census.heard({ kind: 'went', from: east, said: 3, node: node('a') }, 3)
    expect(census.whereIs(node('a'))).toBe(west)
    census.heard(came(east, 4, node('a'), 5), 4)
    expect(census.whereIs(node('a'))).toBe(west)
  })

  it('[S83] of two check-ins in one millisecond takes the one that both servers keep, in whichever order they are heard', () => {
    for (const order of [[east, west], [west, east]] as const) {
      const census = knowing(east)
      census.heard(empty(west), 0)
      for (const server of order) census.heard(came(server, 1, node('a'), 10), 1)
      census.heard({ kind: 'went', from: east, said: 2, node: node('a') }, 2)
      expect(census.whereIs(node('a'))).toBe(west)
      expect(census.cameAt(node('a'))).toBe(10)
    }
  })

  it('loses a server that is silent, or says that it goes, with everyone there', () => {
    const census = knowing()
    census.heard(came(east, 1, node('a')), 1)
    expect(census.tick(SERVER_LOST_MS).lost).toEqual([])
    expect(census.tick(SERVER_LOST_MS + 2)).toMatchObject({ lost: [east], went: [node('a')] })
    census.heard(empty(west), 0)
    expect(census.heard({ kind: 'gone', from: west }, 1).lost).toEqual([west])
    expect(census.servers).toBe(0)
  })

  it('[S86] is right again after any loss of words, once one census has come whole', () => {
    const random = createSeededRandom(5)
    const census = createCensus()
    const truth = new Map<PublicKey, { readonly at: number; readonly streams: Set<StreamId> }>()
    const nodes = ['a', 'b', 'c', 'd'].map(node)
    const streams = ['1', '2', '3'].map(stream)
    const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T
    let said = 0
    let now = 0
    const tell = (word: CensusWord): CensusNews | null => (random.next() < 0.3 ? null : census.heard(word, now))
    const whole = (): CensusWord[] =>
      [...truth].map(([one, { at, streams: follows }], part) => ({ kind: 'census', from: east, said, part, parts: truth.size, nodes: [{ node: one, at, streams: [...follows] }] }))
    for (let round = 0; round < 3_000; round++) {
      now += 100
      said++
      const one = pick(nodes)
      const there = truth.get(one)
      const what = pick(streams)
      if (there === undefined) {
        truth.set(one, { at: now, streams: new Set() })
        tell(came(east, said, one, now))
      } else if (random.next() < 0.2) {
        truth.delete(one)
        tell({ kind: 'went', from: east, said, node: one })
      } else if (there.streams.delete(what)) tell({ kind: 'parted', from: east, said, node: one, stream: what })
      else {
        there.streams.add(what)
        tell(joined(east, said, one, what))
      }
      if (round % 50 !== 0 || truth.size === 0) continue
      now += CENSUS_AGAIN_MS
      for (const part of whole()) census.heard(part, now)
      expect(census.heard({ kind: 'beat', from: east, said }, now).ask).toEqual([])
      for (const each of nodes) expect(census.whereIs(each) === east).toBe(truth.has(each))
      for (const each of streams)
        expect(new Set(census.topic(each)?.all() ?? [])).toEqual(new Set([...truth].filter(([, { streams: follows }]) => follows.has(each)).map(([member]) => member)))
    }
  })
})

describe('a word between servers', () => {
  it.each(['', 'null', '{}', '{"kind":"beat","from":"east","said":1}', '{"kind":"beat","from":"eeeeeeeeeeeeeeee","said":-1}', '{"kind":"shout","from":"eeeeeeeeeeeeeeee"}', `"${'x'.repeat(2_000_000)}"`])(
    'that makes no sense is refused: %s',
    (text) => {
      expect(decodeClusterWord(text).ok).toBe(false)
    },
  )
})

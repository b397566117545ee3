import { describe, expect, it } from 'vitest'
import { createSeededRandom, type Random } from '../../../src/base/random.ts'
import { AGREEMENT_DEFAULTS } from '../../../src/consensus/agreement-events.ts'
import type { LooseChange } from '../../../src/consensus/loose-row.ts'
import { sameRow, type Answer } from '../../../src/consensus/vote.ts'
import { having, rowAt, startWalker, type Peer, type Said, type Walker } from './walker.ts'

const SEEDS = 200

const truthOf = (random: Random): number[] => {
  const times = new Set(Array.from({ length: 1 + random.below(25) }, () => random.below(1_000) - 500))
  return [...times].sort((a, b) => a - b)
}

const pick = <T>(random: Random, items: readonly T[]): T | undefined => items[random.below(items.length)]

/** Says anything: the truth, another value, a row that is none, nothing, the wrong side, a number out of nowhere; all liars alike when they collude. */
const lying = (random: Random, times: readonly number[], collude: boolean): Peer => (place) => {
  const chance = collude ? 0.3 : random.next()
  const time = times.findLast((at) => place.time === null || at < place.time) ?? -600
  if (chance < 0.15) return 'mute'
  if (chance < 0.25) return 'declines'
  if (chance < 0.5) return { number: null, row: rowAt(time, 'lie') }
  if (chance < 0.6) return null
  if (chance < 0.75) return { number: random.below(9), row: rowAt(time) }
  if (chance < 0.95) return { number: null, row: rowAt((place.time ?? 600) - 1 - random.below(50), 'lie') }
  return { number: null, row: rowAt((place.time ?? 600) + random.below(2)) }
}

const shown = (walker: Walker): readonly string[] => walker.kept()

describe('among random peers', () => {
  it(`[C4] fewer than a third of liars change nothing: every row is the truth, by quorum, down to the beginning (${SEEDS} worlds)`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = createSeededRandom(seed)
      const times = truthOf(random)
      const count = 2 + random.below(9)
      const liars = random.below(Math.ceil(count / 3))
      const numbered = random.next() < 0.5
      const collude = random.next() < 0.3
      const peers: Record<string, Peer> = {}
      for (let i = 0; i < count; i++) peers[`p${i}`] = i < liars ? lying(random, times, collude) : having(times, { numbered })
      const walker = startWalker({ peers })
      walker.run((times.length + 3) * 5_000)
      expect({ seed, rows: shown(walker), before: walker.ledger.oldest?.before })
        .toEqual({ seed, rows: times.map((time) => `${time} v${time} quorum`), before: 'beginning' })
    }
  }, 240_000)

  it(`[C4] whatever is lost and whoever lies, no row is a quorum that fewer than two thirds of the answers gave (${SEEDS} worlds)`, () => {
    let checked = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = createSeededRandom(seed + 10_000)
      const times = truthOf(random)
      const loss = random.next() * 0.4
      const check = ({ put }: LooseChange, answers: readonly Answer[]): void => {
        for (const { row, mark, before } of put) {
          // The row before which was asked is put too, with what is before it now.
          if (mark !== 'quorum' || before !== 'unknown') continue
          const votes = answers.filter((one) => one !== null && sameRow(one.row, row)).length
          expect({ seed, votes, of: answers.length, isMost: votes >= 2 && 3 * votes >= 2 * answers.length }).toMatchObject({ isMost: true })
          checked++
        }
      }
      const peers: Record<string, Peer> = {}
      for (let i = 0; i < 1 + random.below(8); i++) {
        peers[`p${i}`] = random.next() < 0.5 ? lying(random, times, false) : having(times.slice(0, 1 + random.below(times.length)))
      }
      const walker = startWalker({ peers, saved: check, arrives: () => random.next() >= loss })
      walker.run(60_000)
    }
    expect(checked).toBeGreaterThan(SEEDS)
  }, 240_000)

  it(`[C1] [C2] [C5] questions are bounded: to each peer at most one a cool-down, and repeats one a second (${SEEDS} worlds)`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = createSeededRandom(seed + 20_000)
      const times = truthOf(random)
      const peers: Record<string, Peer> = {}
      const asked = new Map<string, number>()
      for (let i = 0; i < 1 + random.below(6); i++) {
        const inner = pick(random, [having(times), lying(random, times, false), (): Said => 'mute', (): Said => 'declines']) ?? having(times)
        peers[`p${i}`] = (place, question) => {
          asked.set(`p${i}`, (asked.get(`p${i}`) ?? 0) + 1)
          return inner(place, question)
        }
      }
      const walker = startWalker({ peers, arrives: () => random.next() > 0.2 })
      const RUN_MS = 120_000
      walker.run(RUN_MS)
      for (const count of asked.values()) expect(count).toBeLessThanOrEqual(RUN_MS / AGREEMENT_DEFAULTS.coolDownMs)
      // What is kept hangs together: sorted, one a time, and each row's predecessor is what was kept before it, or gone.
      const rows = walker.ledger.slice(0, walker.ledger.size)
      for (const [i, row] of rows.entries()) {
        expect({ seed, ascends: i === 0 || (rows[i - 1]?.row.time ?? 0) < row.row.time }).toEqual({ seed, ascends: true })
        if (typeof row.before === 'number' && walker.ledger.at(row.before) !== null) expect({ seed, before: row.before }).toEqual({ seed, before: rows[i - 1]?.row.time })
      }
    }
  }, 240_000)

  it(`[C11] a walk that is cut off at any moment goes on from what is kept, and ends where one that was not does (${SEEDS} worlds)`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = createSeededRandom(seed + 30_000)
      const times = truthOf(random)
      const peers = { ann: having(times), ben: having(times), cid: lying(random, times, true) }
      let walker = startWalker({ peers })
      for (let lives = random.below(4); lives > 0; lives--) {
        walker.run(random.below(1_500))
        walker = startWalker({ peers, rows: walker.ledger.slice(0, walker.ledger.size) })
      }
      walker.run((times.length + 3) * 5_000)
      expect({ seed, rows: shown(walker) }).toEqual({ seed, rows: times.map((time) => `${time} v${time} quorum`) })
    }
  }, 240_000)
})

import { describe, expect, it } from 'vitest'
import { SILENCE_MS } from '../../../src/protocol/limits.ts'
import { MAX_LATE_FRAMES, type AnswerFrame } from '../../../src/transfer/download-events.ts'
import { createBob, nameOf, type Bob } from './conversation.ts'

const ALICE = 1
const PARTS = 8

/** Alice is asked for half of what is left, then for half of that, a second each. */
const HALVINGS = 4

/** Of a question that is over. */
const late: AnswerFrame = { type: 'hashes', request: 1, from: 0, hashes: [], proof: [] }

interface Ask {
  readonly request: number
  readonly page: number
  /** The number of its first packet. */
  readonly first: number
}

/** Answers which pages a peer is asked for and has not brought, nor had cancelled. */
const listen = (bob: Bob) => {
  const asks = new Map<string, Ask>()
  return {
    of: (peer: number): readonly Ask[] => {
      for (const [, name = '', kind = '', request = '', pages = ''] of bob.trace().matchAll(/bob -> (.+) \| (pages-request|cancel)#(\d+) (.*)/g))
        for (const [index, page] of pages.split(',').map(Number).entries())
          if (kind === 'cancel') asks.delete(`${name} ${request} ${page}`)
          else asks.set(`${name} ${request} ${page}`, { request: Number(request), page, first: index * PARTS })
      return [...asks].flatMap(([key, ask]) => (key.startsWith(`${nameOf(peer)} `) ? [ask] : []))
    },
    brought: (peer: number, { request, page }: Ask): void => void asks.delete(`${nameOf(peer)} ${request} ${page}`),
  }
}

/** What a slow peer does every eight seconds. */
type Slow = (bob: Bob, peer: number, ask: Ask | undefined, turn: number) => void

const repeats: Slow = (bob, peer) => bob.hears(peer, late)

/** A page is so many packets that none is soon whole. */
const trickles: Slow = (bob, peer, ask, turn) => {
  if (ask !== undefined) bob.getsPage(peer, ask.request, ask.page, ask.first, PARTS, [turn % PARTS])
}

/**
 * So many slow peers, and honest Alice, share out the pages. All of the slow but the first bring theirs, so that they are asked for
 * those of the first too, before Alice is idle. Answers how many seconds it took, and who was cut.
 */
const play = (count: number, way: Slow) => {
  const slow = Array.from({ length: count }, (_, index) => index + 2)
  const bob = createBob(4 * (count + 1))
  const asks = listen(bob)
  const brings = (peer: number): void => {
    for (const ask of asks.of(peer)) {
      bob.getsPage(peer, ask.request, ask.page, ask.first)
      bob.judges(peer, ask.page)
      asks.brought(peer, ask)
    }
  }
  bob.join(...slow, ALICE)
  bob.getsHashes(2, 1)
  slow.slice(1).forEach(brings)
  bob.waits(1_000)
  let seconds = 1
  for (; bob.download.view().phase === 'pages' && seconds < 600; seconds++) {
    if (seconds % 8 === 1) for (const peer of slow) way(bob, peer, asks.of(peer).at(-1), (seconds - 1) / 8)
    brings(ALICE)
    bob.waits(1_000)
  }
  const { phase, peers } = bob.download.view()
  return { phase, peers, isSoon: seconds <= ((count - 1) * SILENCE_MS) / 1_000 + HALVINGS }
}

describe('[T6] peers who hold the last pages together and are slow on purpose keep them from an honest one', () => {
  describe.each<[string, Slow]>([
    ['repeat what is old', repeats],
    ['send a packet now and then', trickles],
  ])('and %s', (_, way) => {
    it.each([2, 3, 5])('for no longer than a silence each, when they are %i', (count) => {
      expect(play(count, way)).toEqual({ phase: 'promoting', peers: count + 1, isSoon: true })
    })
  })

  it('and so it is with a run of hashes', () => {
    const bob = createBob(4)
    bob.join(2, 3, ALICE)
    bob.waits(9_000)
    for (const peer of [2, 3]) bob.hears(peer, { ...late, request: 4 - peer })
    bob.waits(4_000)
    expect(bob.trace()).not.toContain('bob -> alice')
    bob.waits(1_000)
    expect(bob.trace()).toContain('bob -> alice | hashes-request#3 from 0')
  })
})

describe('[T18] what is late', () => {
  /** Alice has answered one question and owes another. */
  const owing = (): Bob => {
    const bob = createBob(2)
    bob.join(ALICE)
    bob.getsHashes(ALICE, 1)
    return bob
  }

  it('is no silence as far as it can have been under way, a window of packets', () => {
    const bob = owing()
    for (let frames = 1; frames < MAX_LATE_FRAMES; frames++) bob.hears(ALICE, late)
    bob.waits(9_000)
    bob.hears(ALICE, late)
    bob.waits(9_750)
    expect(bob.trace()).not.toContain('cut')
    bob.hears(ALICE, late)
    bob.waits(250)
    expect(bob.trace()).toContain('cut alice | silent')
  })

  it('is counted anew after something useful', () => {
    const bob = owing()
    for (let frames = 0; frames < MAX_LATE_FRAMES; frames++) bob.hears(ALICE, late)
    bob.getsPage(ALICE, 2, 0, 0, 2, [0])
    bob.waits(9_750)
    bob.hears(ALICE, late)
    bob.waits(9_750)
    expect(bob.trace()).not.toContain('cut')
  })
})

it('[T2] a run of hashes that does not come is asked for again after four seconds, and after twice as long each time', () => {
  const bob = createBob(4, { silenceMs: 60_000 })
  bob.join(ALICE)
  bob.trace()
  const askedAgain = (): boolean => {
    bob.waits(1_000)
    return bob.trace().includes('hashes-request#1')
  }
  const seconds = Array.from({ length: 20 }, (_, index) => index + 1)
  expect(seconds.filter(askedAgain)).toEqual([4, 8, 16])
})

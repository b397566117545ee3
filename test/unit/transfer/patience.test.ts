import { describe, expect, it } from 'vitest'
import type { AnswerFrame } from '../../../src/transfer/download.ts'
import { asking, createBob, type Bob } from './conversation.ts'

/** Of a question that is over. */
const late: AnswerFrame = { type: 'unavailable', request: 1, pages: [0] }
const refused = (request: number, code: string): AnswerFrame => ({ type: 'refused', request, code, message: '' })
const completed = (packets: number, request = 2): AnswerFrame => ({ type: 'completed', request, packets })
const unavailable = (...pages: number[]): AnswerFrame => ({ type: 'unavailable', request: 2, pages })

/** Alice has answered number 1 with the first of two runs, which is with the judge, and owes the second under number 2. */
const twoRuns = (config: Parameters<typeof createBob>[1] = {}): Bob => {
  const bob = createBob(8, { runLeaves: 4, ...config })
  bob.join(1)
  bob.getsRun(1, 1)
  return bob
}

describe('[T18] a useless frame', () => {
  it.each<[string, AnswerFrame]>([
    ['to a question that is over', late],
    ['that says completed again', completed(2)],
    ['that declines again', unavailable(1)],
  ])('is one %s: more of them in a row than may be are a flood', (_, frame) => {
    const bob = asking(2, { uselessFrames: 5 })
    bob.hears(1, frame)
    for (let times = 0; times < (frame === late ? 4 : 5); times++) bob.hears(1, frame)
    expect(bob.trace()).not.toContain('cut')
    bob.hears(1, frame)
    expect(bob.trace()).toContain('cut alice | flood: It sent 6 frames in a row')
  })

  it.each<[string, () => Bob, (bob: Bob) => void]>([
    ['hashes', () => twoRuns({ uselessFrames: 1 }), (bob) => bob.getsRun(1, 2, 4)],
    ['hashes that the judge finds good', () => twoRuns({ uselessFrames: 1 }), (bob) => bob.judgesRun(1)],
    ['a packet', () => asking(2, { uselessFrames: 1 }), (bob) => bob.getsPage(1, 2, 0, 0, 2, [0])],
    ['completed', () => asking(2, { uselessFrames: 1 }), (bob) => bob.hears(1, completed(2))],
    ['a page that it declines', () => asking(2, { uselessFrames: 1 }), (bob) => bob.hears(1, unavailable(1))],
    ['that it is busy', () => asking(2, { uselessFrames: 1 }), (bob) => bob.hears(1, refused(2, 'busy'))],
    [
      'that it serves the history, when it had declined',
      () => asking(2, { uselessFrames: 1 }),
      (bob) => {
        bob.hears(1, refused(2, 'unknown-history'))
        bob.join(1)
      },
    ],
    [
      'a page that the judge finds good',
      () => {
        const bob = asking(2, { uselessFrames: 1 })
        bob.getsPage(1, 2, 0, 0)
        return bob
      },
      (bob) => bob.judges(1, 0),
    ],
  ])('is forgotten after %s: only what comes in a row is a flood', (_, prepare, useful) => {
    const bob = prepare()
    bob.hears(1, late)
    useful(bob)
    bob.hears(1, late)
    expect(bob.trace()).not.toContain('cut')
  })
})

describe('[T18] silence', () => {
  it('begins anew with everything useful', () => {
    const bob = asking(2)
    bob.waits(9_000)
    bob.getsPage(1, 2, 0, 0, 2, [0])
    bob.waits(9_750)
    expect(bob.trace()).not.toContain('cut')
    bob.waits(250)
    expect(bob.trace()).toContain('cut alice | silent')
  })

  it('is broken by a packet that has come before: on a slow line of ours others are quicker', () => {
    const bob = asking(2)
    for (let times = 0; times < 3; times++) {
      bob.getsPage(1, 2, 0, 0, 2, [0])
      bob.waits(9_000)
    }
    expect(bob.trace()).not.toContain('cut')
  })

  it.each<[string, AnswerFrame, boolean]>([
    ['a packet of a question that is over', { type: 'packet', request: 2, number: 0, page: 0, part: 0, parts: 1, bytes: new Uint8Array(1) }, false],
    ['hashes of one', { type: 'hashes', request: 1, from: 0, hashes: [], proof: [] }, false],
    ['saying that one is completed', completed(2), true],
  ])('is not broken by words: %s', (_, frame, isSilent) => {
    const bob = asking(2)
    bob.hears(1, refused(2, 'busy'))
    bob.waits(2_000)
    expect(bob.trace()).toContain('bob -> alice | pages-request#3')
    bob.waits(8_000)
    bob.hears(1, frame)
    bob.waits(8_000)
    expect(bob.trace().includes('cut alice | silent')).toBe(isSilent)
  })

  it('is not that of a peer whose hashes are with the judge', () => {
    const bob = twoRuns()
    bob.waits(30_000)
    expect(bob.trace()).not.toContain('cut')
  })

  it('is not that of a peer whose frames wait for this node, nor is it asked again meanwhile; the others owe as ever', () => {
    const bob = createBob(12, { pagesPerRequest: 4 })
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.join(2)
    bob.trace()
    bob.waits(9_000, 1)
    expect(bob.trace()).toMatch(/^(bob -> carol .*\n?)+$/)
    bob.waits(21_000, 1)
    expect(bob.trace()).toMatch(/cut carol \| silent/)
    bob.waits(9_750)
    expect(bob.trace()).not.toContain('cut')
    bob.waits(250)
    expect(bob.trace()).toContain('cut alice | silent')
  })

  it('is that of a peer that leaves a page out and says completed: nothing of it is missing', () => {
    const bob = asking(2)
    bob.getsPage(1, 2, 0, 0)
    bob.judges(1, 0)
    bob.trace()
    bob.hears(1, completed(1))
    bob.waits(10_250)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | completed#2 1
      cut alice | silent: It sent nothing useful for 10 s."
    `)
  })
})

describe('[T12] missing', () => {
  it('is said after the judge has spoken', () => {
    const bob = asking(2)
    bob.getsPage(1, 2, 0, 0)
    bob.hears(1, completed(2))
    expect(bob.trace()).not.toContain('missing')
    bob.judges(1, 0)
    expect(bob.trace()).toBe('bob -> alice | missing#2 1')
  })

  it('is said again at once when something came in between, and then not again', () => {
    const bob = asking(2)
    bob.hears(1, completed(4))
    bob.getsPage(1, 2, 0, 0, 2, [0])
    bob.hears(1, completed(4))
    bob.hears(1, completed(4))
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | completed#2 4
      bob -> alice | missing#2 0,1,2,3
      alice -> bob | packet#2 0: page 0, 1/2
      alice -> bob | completed#2 4
      bob -> alice | missing#2 1,2,3
      alice -> bob | completed#2 4"
    `)
  })

  it('is said again after 0.3 s when nothing came', () => {
    const bob = asking(2)
    bob.getsPage(1, 2, 0, 0, 2, [0])
    bob.waits(4_000)
    bob.hears(1, completed(4))
    bob.waits(299)
    bob.trace()
    bob.hears(1, completed(4))
    expect(bob.trace()).not.toContain('missing')
    bob.waits(1)
    bob.hears(1, completed(4))
    expect(bob.trace()).toContain('bob -> alice | missing#2 1,2,3')
  })
})

import { describe, expect, it } from 'vitest'
import type { AnswerFrame } from '../../../src/transfer/download.ts'
import { asking, createBob, type Bob } from './conversation.ts'

const packet = (changes: Partial<Extract<AnswerFrame, { type: 'packet' }>> = {}): AnswerFrame => ({
  type: 'packet',
  request: 2,
  number: 0,
  page: 0,
  part: 0,
  parts: 2,
  bytes: new Uint8Array(10),
  ...changes,
})

describe('a download in fair weather', () => {
  it('[T1] [T3] [T14] goes from a head to hashes, pages, complete and one promotion', () => {
    const bob = createBob(2)
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.getsPage(1, 2, 0, 0)
    bob.judges(1, 0)
    bob.getsPage(1, 2, 1, 1, 2)
    bob.judges(1, 1)
    bob.promoted()
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      alice -> bob | hashes#1 2 from 0
      judge run 0 of alice
      bob -> alice | pages-request#2 0,1
      alice -> bob | packet#2 0: page 0, 1/1
      judge page 0 of alice
      alice -> bob | packet#2 1: page 1, 1/2
      alice -> bob | packet#2 2: page 1, 2/2
      judge page 1 of alice
      bob -> alice | complete#2
      promote"
    `)
    expect(bob.download.view()).toMatchObject({ phase: 'done', pagesDone: 2, pagesTotal: 2 })
  })

  it('[T22] asks in the encodings that its driver can open', () => {
    const asked = (config: { encodings?: readonly number[] }) => {
      const { history, download } = createBob(1, config)
      download.step({ type: 'peer', peer: 1, now: 0 })
      const run = { peer: 1, from: 0, good: true, hashes: history.pageHashes, have: [false], now: 0 } as const
      download.step({ type: 'frame', peer: 1, frame: { type: 'hashes', request: 1, from: 0, hashes: history.pageHashes, proof: [] }, now: 0 })
      return download.step({ type: 'run-judged', ...run })
    }
    expect(asked({})).toMatchObject([{ type: 'send', frame: { type: 'pages-request', encodings: [1] } }])
    expect(asked({ encodings: [] })).toMatchObject([{ type: 'send', frame: { type: 'pages-request', encodings: [] } }])
  })

  it('[T6] asks different pages of different peers at once', () => {
    const bob = createBob(10)
    bob.join(1, 2)
    bob.getsHashes(1, 1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      alice -> bob | hashes#1 10 from 0
      judge run 0 of alice
      bob -> alice | pages-request#2 0,1,2,3,4
      bob -> carol | pages-request#3 5,6,7,8"
    `)
  })

  it('[T5] [T20] asks for nothing that is on disk', () => {
    const bob = createBob(5)
    bob.join(1)
    bob.getsHashes(1, 1, [0, 2, 4])
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      alice -> bob | hashes#1 5 from 0
      judge run 0 of alice
      bob -> alice | pages-request#2 1,3"
    `)
  })

  it('[T20] promotes at once when every page is on disk', () => {
    const bob = createBob(2)
    bob.join(1)
    bob.getsHashes(1, 1, [0, 1])
    expect(bob.trace()).toContain('promote')
  })
})

describe('a download over a bad network', () => {
  it('[T12] asks for lost packets by number', () => {
    const bob = asking(3)
    bob.getsPage(1, 2, 0, 0, 2, [1])
    bob.getsPage(1, 2, 1, 2)
    bob.judges(1, 1)
    bob.hears(1, { type: 'completed', request: 2, packets: 4 })
    bob.getsPage(1, 2, 0, 0, 2, [0])
    bob.judges(1, 0)
    bob.getsPage(1, 2, 2, 3)
    bob.judges(1, 2)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | packet#2 1: page 0, 2/2
      alice -> bob | packet#2 2: page 1, 1/1
      judge page 1 of alice
      alice -> bob | completed#2 4
      bob -> alice | missing#2 0,3
      alice -> bob | packet#2 0: page 0, 1/2
      judge page 0 of alice
      alice -> bob | packet#2 3: page 2, 1/1
      judge page 2 of alice
      bob -> alice | complete#2
      promote"
    `)
  })

  it('[T12] does not say missing again at once when nothing came in between', () => {
    const bob = asking(2)
    const completed: AnswerFrame = { type: 'completed', request: 2, packets: 2 }
    bob.hears(1, completed)
    bob.hears(1, completed)
    bob.waits(500)
    bob.hears(1, completed)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | completed#2 2
      bob -> alice | missing#2 0,1
      alice -> bob | completed#2 2
      alice -> bob | completed#2 2
      bob -> alice | missing#2 0,1"
    `)
  })

  it('[T2] repeats a question under its number until anything is heard', () => {
    const bob = asking(2)
    bob.waits(2_000)
    bob.getsPage(1, 2, 0, 0)
    bob.waits(2_000)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | pages-request#2 0,1
      bob -> alice | pages-request#2 0,1
      alice -> bob | packet#2 0: page 0, 1/1
      judge page 0 of alice"
    `)
  })

  it('[T14] answers a completed of a request that is over, and ignores its packets', () => {
    const bob = asking(2, { pagesPerRequest: 1 })
    bob.getsPage(1, 2, 0, 0)
    bob.judges(1, 0)
    bob.trace()
    bob.getsPage(1, 2, 0, 0)
    bob.hears(1, { type: 'completed', request: 2, packets: 1 })
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | packet#2 0: page 0, 1/1
      alice -> bob | completed#2 1
      bob -> alice | complete#2"
    `)
  })
})

describe('memory', () => {
  it('[T10] drops a packet that would begin a third page and asks for it again', () => {
    const bob = asking(3)
    bob.getsPage(1, 2, 0, 0)
    bob.getsPage(1, 2, 1, 1)
    expect(bob.download.hasRoom(1)).toBe(false)
    bob.getsPage(1, 2, 2, 2)
    bob.hears(1, { type: 'completed', request: 2, packets: 3 })
    expect(bob.download.held(1).pages).toBe(2)
    bob.judges(1, 0)
    bob.judges(1, 1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | packet#2 0: page 0, 1/1
      judge page 0 of alice
      alice -> bob | packet#2 1: page 1, 1/1
      judge page 1 of alice
      alice -> bob | packet#2 2: page 2, 1/1
      alice -> bob | completed#2 3
      bob -> alice | missing#2 2"
    `)
  })
})

describe('several peers', () => {
  it('[T6] [T15] asks an idle peer for the far half of what the slowest owes, and cancels what came', () => {
    const bob = createBob(4, { pagesPerRequest: 4 })
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.getsPage(1, 2, 0, 0)
    bob.judges(1, 0)
    bob.join(2)
    bob.waits(1_000)
    bob.getsPage(2, 3, 3, 0)
    bob.judges(2, 3)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      alice -> bob | hashes#1 4 from 0
      judge run 0 of alice
      bob -> alice | pages-request#2 0,1,2,3
      alice -> bob | packet#2 0: page 0, 1/1
      judge page 0 of alice
      bob -> carol | pages-request#3 3,2
      carol -> bob | packet#3 0: page 3, 1/1
      judge page 3 of carol
      bob -> alice | cancel#2 3"
    `)
  })

  it('[T18] gives the work of a peer that is gone to another', () => {
    const bob = createBob(2)
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.join(2)
    bob.leave(1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      alice -> bob | hashes#1 2 from 0
      judge run 0 of alice
      bob -> alice | pages-request#2 0,1
      bob -> carol | pages-request#3 1,0"
    `)
  })

  it('[T18] cancels nothing for a bad page: who was asked for it too sends it, and that is the page', () => {
    const bob = createBob(2, { pagesPerRequest: 4 })
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.join(2)
    bob.waits(1_000)
    bob.trace()
    bob.getsPage(1, 2, 1, 0)
    bob.judges(1, 1, 'bad')
    bob.getsPage(2, 3, 1, 0)
    bob.judges(2, 1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | packet#2 0: page 1, 1/1
      judge page 1 of alice
      cut alice | bad-page: It sent a bad page: its bytes differ.
      carol -> bob | packet#3 0: page 1, 1/1
      judge page 1 of carol"
    `)
    expect(bob.download.view()).toMatchObject({ pagesDone: 1, peers: 1 })
  })

  it('[T18] a peer that has gone, or was never there, is gone', () => {
    const bob = createBob(2)
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.leave(2)
    bob.leave(1)
    bob.leave(1)
    bob.join(2)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      alice -> bob | hashes#1 2 from 0
      judge run 0 of alice
      bob -> alice | pages-request#2 0,1
      bob -> carol | pages-request#3 1,0"
    `)
  })

  it('[T16] asks others for unavailable pages', () => {
    const bob = createBob(2)
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.join(2)
    bob.trace()
    bob.hears(1, { type: 'unavailable', request: 2, pages: [1] })
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | unavailable#2 1
      bob -> carol | pages-request#3 1"
    `)
  })

  it('[T17] lets a busy peer rest and does not ask a refusing one again', () => {
    const bob = createBob(2)
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.hears(1, { type: 'refused', request: 2, code: 'busy', message: '' })
    bob.waits(2_000)
    bob.hears(1, { type: 'refused', request: 3, code: 'no-such-history', message: '' })
    bob.waits(20_000)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      alice -> bob | hashes#1 2 from 0
      judge run 0 of alice
      bob -> alice | pages-request#2 0,1
      alice -> bob | refused#2 busy
      bob -> alice | pages-request#3 1,0
      alice -> bob | refused#3 no-such-history"
    `)
    expect(bob.download.view().peers).toBe(0)
  })

  it('[T17] a peer that refused is asked again, after a rest, when it says afresh that it serves the history', () => {
    const bob = asking(2)
    bob.hears(1, { type: 'refused', request: 2, code: 'unknown-history', message: '' })
    bob.waits(500)
    bob.trace()
    bob.join(1)
    expect(bob.download.view().peers).toBe(1)
    bob.waits(1_250)
    expect(bob.trace()).toBe('')
    bob.waits(250)
    expect(bob.trace()).toBe('bob -> alice | pages-request#3 1,0')
    bob.getsPage(1, 3, 1, 0)
    bob.judges(1, 1)
    bob.getsPage(1, 3, 0, 1)
    bob.judges(1, 0)
    expect(bob.trace()).toContain('promote')
  })

  it('[T16] [T17] what it had declined is asked of it again too, and one that refuses ever again costs a question each time', () => {
    const bob = asking(2)
    bob.hears(1, { type: 'unavailable', request: 2, pages: [0, 1] })
    bob.waits(5_000)
    bob.trace()
    bob.join(2)
    bob.hears(2, { type: 'refused', request: 3, code: 'unknown-history', message: '' })
    for (let times = 0; times < 3; times++) {
      bob.waits(5_000)
      bob.join(2)
      bob.hears(2, { type: 'refused', request: 4 + times, code: 'unknown-history', message: '' })
    }
    expect(bob.trace().split('\n').filter((line) => line.startsWith('bob -> carol'))).toHaveLength(4)
  })

  it('[T16] pages that a sender declined are asked of it again, after a rest, when it says afresh that it serves the history', () => {
    const bob = asking(2)
    bob.hears(1, { type: 'unavailable', request: 2, pages: [0, 1] })
    bob.waits(20_000)
    bob.trace()
    bob.join(1)
    expect(bob.trace()).toBe('')
    bob.waits(2_000)
    expect(bob.trace()).toContain('bob -> alice | pages-request#3')
  })

  it('[T26] a history that is no longer wanted is cancelled where it was asked for, and nothing follows', () => {
    const bob = asking(2)
    bob.getsPage(1, 2, 0, 0)
    bob.trace()
    const effects = bob.download.step({ type: 'unwanted' })
    expect(effects).toEqual([{ type: 'send', peer: 1, frame: { type: 'cancel', request: 2, pages: [0, 1] } }])
    bob.judges(1, 0)
    bob.waits(60_000)
    expect(bob.trace()).toBe('')
  })
})

describe('lies', () => {
  const cutOf = (bob: Bob): string => bob.trace().split('\n').find((line) => line.startsWith('cut')) ?? 'not cut'

  it('[T2] an answer to a question that was never asked', () => {
    const bob = asking(2)
    bob.hears(1, packet({ request: 9 }))
    expect(cutOf(bob)).toMatchInlineSnapshot(`"cut alice | protocol: It answered request 9, which was never made."`)
  })

  it('[T4] hashes that were not asked for, too few, or that do not lead to the root', () => {
    const cuts = [{ from: 1_024, count: 2 }, { from: 0, count: 1 }].map(({ from, count }) => {
      const bob = createBob(2)
      bob.join(1)
      bob.hears(1, { type: 'hashes', request: 1, from, hashes: bob.history.pageHashes.slice(0, count), proof: [] })
      return cutOf(bob)
    })
    const bob = createBob(2)
    bob.join(1)
    bob.hears(1, { type: 'hashes', request: 1, from: 0, hashes: bob.history.pageHashes, proof: [] })
    bob.download.step({ type: 'run-judged', peer: 1, from: 0, good: false, hashes: [], have: [], now: 1_000 }).forEach((effect) => {
      if (effect.type === 'cut') cuts.push(`cut alice | ${effect.code}: ${effect.message}`)
    })
    expect(cuts.join('\n')).toMatchInlineSnapshot(`
      "cut alice | bad-hashes: It sent 2 page hashes from 1024 where others were asked for.
      cut alice | bad-hashes: It sent 1 page hashes from 0 where others were asked for.
      cut alice | bad-hashes: Its page hashes from 0 do not lead to the head."
    `)
    expect(bob.download.view().phase).toBe('hashes')
  })

  it('[T8] every claim of a packet that cannot be', () => {
    const lies: readonly (readonly AnswerFrame[])[] = [
      [packet({ page: 5 })],
      [packet({ number: 16 })],
      [packet({ parts: 9 })],
      [packet({ part: 2 })],
      [packet({ parts: 0 })],
      [packet({ bytes: new Uint8Array(0) })],
      [packet(), packet({ number: 1 })],
      [packet(), packet({ part: 1 })],
      [packet(), packet({ number: 1, part: 1, parts: 3 })],
      [packet({ bytes: new Uint8Array(60_000) })],
      [packet({ number: 3 }), { type: 'completed', request: 2, packets: 3 }],
      [{ type: 'completed', request: 2, packets: 17 }],
      [{ type: 'completed', request: 2, packets: 3 }, { type: 'completed', request: 2, packets: 4 }],
      [{ type: 'completed', request: 2, packets: 3 }, packet({ number: 3 })],
      [{ type: 'unavailable', request: 2, pages: [7] }],
      [{ type: 'hashes', request: 2, from: 0, hashes: [], proof: [] }],
    ]
    const cuts = lies.map((frames) => {
      const bob = asking(2)
      for (const frame of frames) bob.hears(1, frame)
      return cutOf(bob)
    })
    expect(cuts.join('\n')).toMatchInlineSnapshot(`
      "cut alice | wrong-page: Page 5 came, which was not asked for.
      cut alice | protocol: Packet 16 came where 15 is the last that can be.
      cut alice | protocol: Page 0 came with part 0 of 9.
      cut alice | protocol: Page 0 came with part 2 of 2.
      cut alice | protocol: Page 0 came with part 0 of 0.
      cut alice | protocol: Packet 0 is empty.
      cut alice | protocol: Packet 1 is another part than it was.
      cut alice | protocol: Packet 0 is another part than it was.
      cut alice | protocol: Page 0 is in 3 parts where it was in 2.
      cut alice | bad-page: Page 0 is larger than any page can be.
      cut alice | protocol: It said completed(3), which cannot be.
      cut alice | protocol: It said completed(17), which cannot be.
      cut alice | protocol: It said completed(4) after completed(3).
      cut alice | protocol: Packet 3 came where 2 is the last that can be.
      cut alice | wrong-page: It declined page 7, which was not asked for.
      cut alice | protocol: It answered request 2 with hashes, which is no answer to it."
    `)
  })

  it('[T9] a page that the judge finds bad, and its work goes to another', () => {
    const bob = asking(2)
    bob.join(2)
    bob.getsPage(1, 2, 0, 0)
    bob.judges(1, 0, 'bad')
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | packet#2 0: page 0, 1/1
      judge page 0 of alice
      cut alice | bad-page: It sent a bad page: its bytes differ.
      bob -> carol | pages-request#3 0,1"
    `)
  })

  it('[T18] useless frames without end', () => {
    const bob = asking(2, { uselessFrames: 5 })
    for (let i = 0; i < 7; i++) bob.hears(1, packet())
    expect(cutOf(bob)).toMatchInlineSnapshot(`"cut alice | flood: It sent 6 frames in a row that were of no use."`)
  })
})

describe('silence', () => {
  it('[T18] cuts a peer that owes an answer for ten seconds', () => {
    const bob = asking(2)
    bob.waits(9_750)
    expect(bob.trace()).not.toContain('cut')
    bob.waits(500)
    expect(bob.trace()).toContain('cut alice | silent: It sent nothing useful for 10 s.')
  })

  it('[T18] does not blame a peer while its page is with the judge', () => {
    const bob = asking(2)
    bob.getsPage(1, 2, 0, 0)
    bob.waits(30_000)
    expect(bob.trace()).not.toContain('cut')
  })

  it('[T18] does not blame a peer for a night in which this node slept, nor for a clock set back', () => {
    const bob = asking(2)
    const { download } = bob
    expect(download.step({ type: 'tick', now: 8 * 3_600_000 }).some((effect) => effect.type === 'cut')).toBe(false)
    expect(download.step({ type: 'tick', now: 0 }).some((effect) => effect.type === 'cut')).toBe(false)
  })

  it('[T18] counts silence over several questions: a mute peer is not saved by others doing its work', () => {
    const bob = createBob(12, { pagesPerRequest: 4 })
    bob.join(1)
    bob.getsHashes(1, 1)
    bob.join(2, 3)
    for (const [number, page] of [4, 5, 6, 7].entries()) {
      bob.getsPage(2, 3, page, number)
      bob.judges(2, page)
    }
    bob.waits(6_000)
    // Carol was asked for all that Alice owes, and now brings it.
    for (const [number, page] of [3, 2, 1, 0].entries()) {
      bob.getsPage(2, 5, page, number)
      bob.judges(2, page)
    }
    bob.waits(4_250)
    expect(bob.trace().split('\n').filter((line) => !line.includes('packet#') && !line.startsWith('judge'))).toMatchInlineSnapshot(`
      [
        "bob -> alice | hashes-request#1 from 0",
        "alice -> bob | hashes#1 12 from 0",
        "bob -> alice | pages-request#2 0,1,2,3",
        "bob -> carol | pages-request#3 4,5,6,7",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> carol | complete#3",
        "bob -> alice | pages-request#2 0,1,2,3",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> carol | pages-request#5 3,2,1,0",
        "bob -> alice | pages-request#2 0,1,2,3",
        "bob -> carol | pages-request#5 3,2,1,0",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> alice | pages-request#2 0,1,2,3",
        "bob -> carol | pages-request#5 3,2,1,0",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> alice | pages-request#2 0,1,2,3",
        "bob -> carol | pages-request#5 3,2,1,0",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> alice | pages-request#2 0,1,2,3",
        "bob -> carol | pages-request#5 3,2,1,0",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> alice | pages-request#2 0,1,2,3",
        "bob -> carol | pages-request#5 3,2,1,0",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> alice | cancel#2 3",
        "bob -> alice | cancel#2 2",
        "bob -> alice | cancel#2 1",
        "bob -> carol | complete#5",
        "bob -> alice | cancel#2 0",
        "bob -> alice | complete#2",
        "bob -> alice | pages-request#6 11,10,9,8",
        "bob -> alice | pages-request#6 11,10,9,8",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> alice | pages-request#6 11,10,9,8",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "bob -> alice | pages-request#6 11,10,9,8",
        "bob -> mallory | pages-request#4 8,9,10,11",
        "cut alice | silent: It sent nothing useful for 10 s.",
        "cut mallory | silent: It sent nothing useful for 10 s.",
        "bob -> carol | pages-request#7 11,10,9,8",
      ]
    `)
  })
})

describe('the store', () => {
  it('[T21] fails the download, and tells the senders', () => {
    const bob = asking(2)
    const effects = bob.download.step({ type: 'store-failed', failure: { code: 'disk-full', message: 'The disk is full.' } })
    expect(effects.map((effect) => effect.type)).toEqual(['send', 'failed'])
    expect(bob.download.view().phase).toBe('failed')
    expect(bob.download.step({ type: 'tick', now: 99_000 })).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import type { AnswerFrame } from '../../../src/transfer/download.ts'
import { asking, createBob, type Bob } from './conversation.ts'

const refused = (request: number, code: string): AnswerFrame => ({ type: 'refused', request, code, message: '' })
const unavailable = (request: number, ...pages: number[]): AnswerFrame => ({ type: 'unavailable', request, pages })

describe('[T9] a verdict', () => {
  it('that nobody waits for changes nothing', () => {
    const bob = asking(2)
    bob.judges(1, 0)
    bob.judges(9, 0, 'bad')
    bob.judgesRun(1, 0, false)
    bob.judgesRun(9, 0, false)
    expect(bob.trace()).toBe('')
    expect(bob.download.view()).toMatchObject({ pagesDone: 0, peers: 1 })
  })

  it('counts when the sender has left, and nobody is asked for the page meanwhile', () => {
    const bob = asking(2)
    bob.getsPage(1, 2, 0, 0)
    bob.leave(1)
    bob.join(2)
    bob.judges(1, 0)
    bob.getsPage(2, 3, 1, 0)
    bob.judges(2, 1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "alice -> bob | packet#2 0: page 0, 1/1
      judge page 0 of alice
      bob -> carol | pages-request#3 1
      carol -> bob | packet#3 0: page 1, 1/1
      judge page 1 of carol
      bob -> carol | complete#3
      promote"
    `)
  })

  it('counts for hashes when their sender has left, too', () => {
    const bob = createBob(2)
    bob.join(1)
    bob.getsRun(1, 1)
    bob.leave(1)
    bob.join(2)
    bob.judgesRun(1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      alice -> bob | hashes#1 2 from 0
      judge run 0 of alice
      bob -> carol | pages-request#2 0,1"
    `)
  })

  it('that is bad cuts nobody who has left, and the page is asked of another', () => {
    const bob = asking(1)
    bob.getsPage(1, 2, 0, 0)
    bob.leave(1)
    bob.join(2)
    bob.trace()
    bob.judges(1, 0, 'bad')
    expect(bob.trace()).toBe('bob -> carol | pages-request#3 0')
  })

  it('[T4] that hashes are bad has them asked of another', () => {
    const bob = createBob(2)
    bob.join(1, 2)
    bob.getsRun(1, 1)
    bob.trace()
    bob.judgesRun(1, 0, false)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "cut alice | bad-hashes: Its page hashes from 0 do not lead to the head.
      bob -> carol | hashes-request#2 from 0"
    `)
  })

  it('[T18] cuts a peer once, however many of its pages are bad', () => {
    const bob = asking(2)
    for (const page of [0, 1]) bob.getsPage(1, 2, page, page)
    bob.trace()
    for (const page of [0, 1]) bob.judges(1, page, 'bad')
    expect(bob.trace()).toBe('cut alice | bad-page: It sent a bad page: its bytes differ.')
  })

  it('[T17] counts when the question was refused meanwhile', () => {
    const bob = asking(2)
    bob.getsPage(1, 2, 0, 0)
    bob.hears(1, refused(2, 'busy'))
    bob.trace()
    bob.judges(1, 0)
    expect(bob.trace()).toBe('')
    expect(bob.download.view().pagesDone).toBe(1)
  })

  it('[T16] is waited for, whatever the sender says of the page afterwards', () => {
    const bob = asking(2)
    bob.join(2)
    bob.getsPage(1, 2, 0, 0)
    bob.hears(1, unavailable(2, 0))
    expect(bob.trace()).not.toContain('carol')
    bob.judges(1, 0)
    expect(bob.download.view().pagesDone).toBe(1)
  })

  it('[T4] is asked once for hashes that come twice', () => {
    const bob = createBob(2)
    bob.join(1)
    bob.getsRun(1, 1)
    bob.getsRun(1, 1)
    expect(bob.trace().split('\n').filter((line) => line.startsWith('judge'))).toHaveLength(1)
  })

  it('[T4] is given by the hash of the page', () => {
    const { history, download } = createBob(6, { runLeaves: 4 })
    const known = [0, 4].map((from) => history.pageHashes.slice(from, from + 4))
    download.step({ type: 'peer', peer: 1, now: 0 })
    for (const [index, hashes] of known.entries()) {
      const from = index * 4
      download.step({ type: 'frame', peer: 1, frame: { type: 'hashes', request: index + 1, from, hashes, proof: [] }, now: 0 })
      download.step({ type: 'run-judged', peer: 1, from, good: true, hashes, have: hashes.map((_, page) => from + page !== 5), now: 0 })
    }
    const packet = { type: 'packet', request: 3, number: 0, page: 5, part: 0, parts: 1, bytes: Uint8Array.of(1) } as const
    expect(download.step({ type: 'frame', peer: 1, frame: packet, now: 0 })).toMatchObject([{ type: 'judge-page', page: 5, hash: history.pageHashes[5] }])
  })
})

describe('[T18] a peer that leaves', () => {
  it('owes nothing any more: hashes that it was asked for are asked of another', () => {
    const bob = createBob(2)
    bob.join(1, 2)
    bob.leave(1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      bob -> carol | hashes-request#2 from 0"
    `)
  })

  it('and comes back while its page is with the judge serves again, with a clean slate', () => {
    const bob = asking(2, { uselessFrames: 1 })
    bob.getsPage(1, 2, 0, 0)
    bob.hears(1, unavailable(1, 0))
    bob.leave(1)
    bob.trace()
    bob.join(1)
    bob.hears(1, unavailable(1, 0))
    expect(bob.trace().split('\n')[0]).toBe('bob -> alice | pages-request#3 1')
    expect(bob.download.view().peers).toBe(1)
  })

  it.each<[string, () => Bob]>([
    [
      'when nothing of it is with the judge',
      () => {
        const bob = asking(2)
        bob.hears(1, unavailable(2, 1))
        bob.leave(1)
        return bob
      },
    ],
    [
      'when its page was judged',
      () => {
        const bob = asking(3)
        bob.hears(1, unavailable(2, 2))
        bob.getsPage(1, 2, 0, 0)
        bob.leave(1)
        bob.judges(1, 0)
        return bob
      },
    ],
    [
      'when its hashes were judged',
      () => {
        const bob = createBob(8, { runLeaves: 4 })
        bob.join(1)
        bob.getsRun(1, 1)
        bob.judgesRun(1)
        bob.getsRun(1, 2, 4)
        bob.hears(1, unavailable(3, 0))
        bob.leave(1)
        bob.judgesRun(1, 4)
        return bob
      },
    ],
  ])('is forgotten %s: who comes is new, and asked at once for what it had declined', (_, leaves) => {
    const bob = leaves()
    bob.trace()
    bob.join(1)
    expect(bob.trace()).toContain('bob -> alice | pages-request')
  })
})

describe('a frame', () => {
  it('[T18] of a link that is being closed, or that is unknown, is nobody’s', () => {
    const bob = asking(2)
    bob.getsPage(1, 2, 0, 0)
    bob.getsPage(1, 2, 1, 1)
    bob.judges(1, 0, 'bad')
    bob.trace()
    for (const peer of [1, 9]) bob.hears(peer, { type: 'completed', request: 2, packets: 2 })
    bob.leave(1)
    bob.hears(1, { type: 'completed', request: 2, packets: 2 })
    expect(bob.trace().split('\n').filter((line) => line.startsWith('bob'))).toEqual([])
  })

  it('[T14] of a peer that has refused is heard: what it asks is answered', () => {
    const bob = asking(2)
    bob.hears(1, refused(2, 'unknown-history'))
    bob.hears(1, { type: 'completed', request: 2, packets: 2 })
    expect(bob.trace().split('\n').at(-1)).toBe('bob -> alice | complete#2')
  })
})

describe('[T17] a peer that refuses', () => {
  it('owes nothing of what else it was asked', () => {
    const bob = asking(16, { requestsPerPeer: 2, pagesPerRequest: 4 })
    bob.hears(1, refused(2, 'unknown-history'))
    bob.trace()
    bob.join(2)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> carol | pages-request#4 7,6,5,4
      bob -> carol | pages-request#5 3,2,1,0"
    `)
  })

  it('[T16] is one that declines more pages than are remembered', () => {
    const bob = asking(300, { pagesPerRequest: 300 })
    bob.hears(1, unavailable(2, ...Array.from({ length: 256 }, (_, page) => page)))
    expect(bob.download.view().peers).toBe(1)
    bob.hears(1, unavailable(2, 256))
    expect(bob.download.view().peers).toBe(0)
  })

  it('[T16] [T17] has declined nothing any more when it says afresh that it serves the history, and rests no longer for that', () => {
    const bob = asking(2)
    bob.hears(1, unavailable(2, 0))
    bob.hears(1, refused(2, 'unknown-history'))
    bob.waits(1_000)
    bob.trace()
    bob.join(1)
    expect(bob.trace()).toBe('')
    bob.waits(1_000)
    expect(bob.trace()).toBe('bob -> alice | pages-request#3 1,0')
  })

  it('[T16] still declines what it has declined when it says so in the middle of its answer', () => {
    const bob = asking(2)
    bob.hears(1, unavailable(2, 1))
    bob.join(1)
    bob.getsPage(1, 2, 0, 0)
    bob.judges(1, 0)
    bob.trace()
    bob.waits(5_000)
    expect(bob.trace()).toBe('')
  })
})

describe('memory', () => {
  it('[T10] two pages in parts are two pages: a third is dropped, their other parts are taken', () => {
    const bob = asking(3)
    for (const page of [0, 1]) bob.getsPage(1, 2, page, page * 2, 2, [0])
    bob.getsPage(1, 2, 2, 4)
    expect(bob.download.held(1)).toEqual({ pages: 2, requests: 1 })
    expect(bob.download.hasRoom(1)).toBe(true)
    bob.trace()
    bob.getsPage(1, 2, 0, 0, 2, [1])
    expect(bob.trace()).toContain('judge page 0 of alice')
    expect(bob.download.held(1).pages).toBe(2)
  })

  it('[T10] [T47] there is room beside one page that is with the judge, and for what is nobody’s', () => {
    const bob = asking(3)
    bob.getsPage(1, 2, 0, 0)
    expect(bob.download.hasRoom(1)).toBe(true)
    expect(bob.download.hasRoom(9)).toBe(true)
    expect(bob.download.held(9)).toEqual({ pages: 0, requests: 0 })
  })

  it('[T10] hashes that are asked for are no pages', () => {
    const bob = createBob(8, { runLeaves: 4, requestsPerPeer: 2 })
    bob.join(1)
    bob.getsRun(1, 1)
    bob.judgesRun(1)
    bob.getsPage(1, 3, 0, 0)
    expect(bob.download.held(1)).toEqual({ pages: 1, requests: 2 })
  })

  it('bytes of use are counted, once', () => {
    const bob = asking(1)
    for (let times = 0; times < 2; times++) bob.getsPage(1, 2, 0, 0, 2, [0])
    bob.getsPage(1, 2, 0, 0, 2, [1])
    expect(bob.download.view().bytesReceived).toBe(bob.history.pages[0]?.length)
  })
})

describe('lies', () => {
  it('[T2] [T4] an answer to number 0, a packet where hashes were asked for, hashes of another run', () => {
    const lies: readonly AnswerFrame[] = [
      { type: 'completed', request: 0, packets: 1 },
      { type: 'packet', request: 1, number: 0, page: 0, part: 0, parts: 1, bytes: Uint8Array.of(1) },
    ]
    for (const frame of lies) {
      const bob = createBob(2)
      bob.join(1)
      bob.hears(1, frame)
      expect(bob.trace()).toContain('cut alice | protocol')
    }
    const bob = createBob(8, { runLeaves: 4 })
    bob.join(1)
    bob.getsRun(1, 1, 4)
    expect(bob.trace()).toContain('cut alice | bad-hashes')
  })
})

describe('the end', () => {
  it('[T19] promotion is asked for once, and after it every step is empty', () => {
    const bob = asking(1)
    bob.join(2)
    bob.getsPage(1, 2, 0, 0)
    bob.judges(1, 0)
    bob.trace()
    bob.waits(2_000)
    expect(bob.trace()).toBe('')
    expect(bob.download.view()).toMatchObject({ phase: 'promoting', peers: 2 })
    bob.promoted()
    expect(bob.download.step({ type: 'store-failed', failure: { code: 'disk-full', message: '' } })).toEqual([])
    expect(bob.download.view()).toMatchObject({ phase: 'done', peers: 0 })
  })

  it('[T21] a download fails once', () => {
    const bob = asking(1)
    const failure = { code: 'disk-full', message: '' }
    bob.download.step({ type: 'store-failed', failure })
    expect(bob.download.step({ type: 'store-failed', failure })).toEqual([])
  })

  it('[T26] hashes that were asked for need not be cancelled', () => {
    const bob = createBob(1)
    bob.join(1)
    expect(bob.download.step({ type: 'unwanted' })).toEqual([])
  })
})

it('[T2] where downloads share a link its owner deals out the numbers', () => {
  const numbers = [7, 9]
  const bob = createBob(1, { nextRequest: () => numbers.shift() ?? 0 })
  bob.join(1)
  bob.getsHashes(1, 7)
  expect(bob.trace()).toMatchInlineSnapshot(`
    "bob -> alice | hashes-request#7 from 0
    alice -> bob | hashes#7 1 from 0
    judge run 0 of alice
    bob -> alice | pages-request#9 0"
  `)
})

import { describe, expect, it } from 'vitest'
import { createBob, type Bob } from './conversation.ts'

/** What was asked of whom since the last look. */
const asked = (bob: Bob): readonly string[] =>
  bob
    .trace()
    .split('\n')
    .filter((line) => line.includes('request#'))

/** Alice was asked for all pages under number 2. */
const slowAlice = (pages: number, config: Parameters<typeof createBob>[1] = {}): Bob => {
  const bob = createBob(pages, config)
  bob.waits(2_000)
  bob.join(1)
  bob.getsHashes(1, 1)
  bob.trace()
  return bob
}

describe('[T6] an idle sender', () => {
  it('is asked for the hashes that another one owes, after four seconds; a third is not, and who comes late is not judged', () => {
    const bob = createBob(4)
    bob.join(1, 2, 3)
    bob.waits(3_000)
    expect(bob.trace()).toBe('bob -> alice | hashes-request#1 from 0')
    bob.waits(1_000)
    bob.getsRun(2, 2)
    bob.judgesRun(2)
    bob.getsRun(1, 1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | hashes-request#1 from 0
      bob -> carol | hashes-request#2 from 0
      carol -> bob | hashes#2 4 from 0
      judge run 0 of carol
      bob -> alice | pages-request#3 0,1,2,3
      alice -> bob | hashes#1 4 from 0"
    `)
  })

  it('brings one run of hashes: who owes another one still owes it', () => {
    const bob = createBob(8, { runLeaves: 4 })
    bob.join(1, 2, 3)
    bob.waits(4_000)
    bob.getsRun(3, 3)
    bob.judgesRun(3)
    bob.trace()
    bob.getsRun(2, 2, 4)
    expect(bob.trace()).toContain('judge run 4 of carol')
  })

  it('is asked for what the slowest one owes: who has brought nothing is slower than who was asked before and brings some', () => {
    const bob = slowAlice(8, { pagesPerRequest: 4 })
    bob.join(2)
    bob.getsPage(1, 2, 0, 0)
    bob.judges(1, 0)
    bob.join(3)
    bob.waits(750)
    expect(asked(bob)).toEqual(['bob -> carol | pages-request#3 4,5,6,7'])
    bob.waits(250)
    expect(asked(bob)).toEqual(['bob -> carol | pages-request#3 4,5,6,7', 'bob -> mallory | pages-request#4 7,6,5,4'])
  })

  it('is not asked for what two owe already, but for what another one owes', () => {
    const bob = slowAlice(8, { pagesPerRequest: 4 })
    bob.join(2, 3, 4)
    bob.waits(1_000)
    expect(asked(bob).slice(-2)).toEqual(['bob -> mallory | pages-request#4 3,2,1,0', 'bob -> peer 4 | pages-request#5 7,6,5,4'])
  })

  it('is asked for a page that has come in part, not for one that is with the judge', () => {
    const bob = slowAlice(3)
    bob.getsPage(1, 2, 0, 0)
    bob.getsPage(1, 2, 1, 1, 2, [0])
    bob.judges(1, 0)
    bob.getsPage(1, 2, 2, 3)
    bob.join(2)
    bob.waits(1_000)
    expect(asked(bob)).toEqual(['bob -> carol | pages-request#3 1'])
  })

  it('[T16] is not asked for a page that it has declined', () => {
    const bob = slowAlice(1)
    bob.hears(1, { type: 'refused', request: 2, code: 'busy', message: '' })
    bob.join(2)
    bob.hears(2, { type: 'unavailable', request: 3, pages: [0] })
    bob.waits(2_000)
    bob.trace()
    bob.waits(5_000)
    expect(asked(bob).filter((line) => line.includes('carol'))).toEqual([])
  })

  it('[T17] is not asked for what another one owes while it rests', () => {
    const bob = slowAlice(1)
    bob.join(2)
    bob.waits(1_000)
    bob.hears(2, { type: 'refused', request: 3, code: 'busy', message: '' })
    bob.trace()
    bob.waits(1_750)
    expect(asked(bob).filter((line) => line.includes('carol'))).toEqual([])
    bob.waits(250)
    expect(asked(bob)).toContain('bob -> carol | pages-request#4 0')
  })
})

it('[T6] pages are shared among the senders that can be asked now', () => {
  const bob = createBob(11)
  bob.join(1, 2)
  bob.getsHashes(1, 1)
  expect(asked(bob).slice(1)).toEqual(['bob -> alice | pages-request#2 0,1,2,3,4,5', 'bob -> carol | pages-request#3 6,7,8,9'])
  const alone = slowAlice(11)
  alone.hears(1, { type: 'refused', request: 2, code: 'busy', message: '' })
  alone.join(2)
  expect(asked(alone)).toEqual(['bob -> carol | pages-request#3 10,9,8,7,6,5,4,3,2,1,0'])
})

describe('[T15] a page that two were asked for', () => {
  /** Alice and Carol owe pages 0 to 3, Mallory a run of hashes. */
  const both = (): Bob => {
    const bob = createBob(8, { runLeaves: 4 })
    bob.join(1, 3)
    bob.getsRun(1, 1)
    bob.judgesRun(1)
    bob.join(2)
    bob.waits(1_000)
    expect(asked(bob)).toContain('bob -> carol | pages-request#4 3,2,1,0')
    return bob
  }

  it('is cancelled where it has not come, whatever else is being asked', () => {
    const bob = both()
    bob.getsPage(1, 3, 3, 0)
    bob.judges(1, 3)
    expect(bob.trace().split('\n').at(-1)).toBe('bob -> carol | cancel#4 3')
  })

  it('is not cancelled where it has come and is with the judge: that verdict is no news', () => {
    const bob = both()
    bob.getsPage(1, 3, 3, 0)
    bob.getsPage(2, 4, 3, 0)
    bob.trace()
    bob.judges(1, 3)
    bob.judges(2, 3)
    expect(bob.trace()).toBe('')
    expect(bob.download.view().pagesDone).toBe(1)
  })

  it('is not looked at when its packets had crossed the cancel, nor missed', () => {
    const bob = both()
    bob.getsPage(1, 3, 3, 0)
    bob.judges(1, 3)
    bob.trace()
    bob.getsPage(2, 4, 3, 0)
    bob.hears(2, { type: 'completed', request: 4, packets: 4 })
    expect(bob.trace()).toMatchInlineSnapshot(`
      "carol -> bob | packet#4 0: page 3, 1/1
      carol -> bob | completed#4 4
      bob -> carol | missing#4 1,2,3"
    `)
  })
})

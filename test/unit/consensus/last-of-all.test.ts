import { describe, expect, it } from 'vitest'
import { having, loose, quorum, rowAt, startWalker, type Peer, type Walker } from './walker.ts'

const told = ({ trace }: Walker): readonly string[] => trace.map((line) => line.slice(7))
const two = (...times: readonly number[]): Readonly<Record<string, Peer>> => ({ ann: having(times), ben: having(times) })

describe('two thirds that are behind what is kept', () => {
  it('[C10] deny nothing that a quorum said later; the way back begins at the newest', () => {
    const walker = startWalker({ rows: [quorum(50, 'unknown')], peers: two(10, 20) })
    walker.run(250)
    expect(told(walker)).toMatchInlineSnapshot(`
      [
        "-> ann ben | before the end",
        "saved +20 quorum after unknown",
        "-> ann ben | before 50",
        "saved +50 quorum after 20",
      ]
    `)
  })

  it('[C11] agree with what a quorum knows to be neighbours', () => {
    const walker = startWalker({ rows: [quorum(10, 'beginning'), quorum(20, 10), quorum(30, 20)], peers: two(10, 20) })
    walker.run(250)
    expect(told(walker)).toMatchInlineSnapshot(`
      [
        "-> ann ben | before the end",
        "rests: beginning",
      ]
    `)
  })

  it('[C10] deny what one alone said later', () => {
    const walker = startWalker({ rows: [loose(10, 'unknown'), loose(30, 10)], peers: two(10, 20) })
    walker.run(250)
    expect(told(walker)).toMatchInlineSnapshot(`
      [
        "-> ann ben | before the end",
        "saved +20 quorum after unknown, -30",
        "-> ann ben | before 20",
        "saved +10 quorum after unknown, +20 quorum after 10",
      ]
    `)
    const known = startWalker({ rows: [quorum(30, 'unknown'), loose(35, 'unknown')], peers: two(20, 30) })
    known.run(150)
    expect(known.kept()).toEqual(['30 v30 quorum'])
  })

  it('[C5] say nothing of what is later than the place that they have reached; a row that theirs stands before is no neighbour any more', () => {
    const peers = { ann: having([10, 20, 30, 40, 50]), ben: having([10, 20, 30, 40]), cid: having([10, 20, 30]) }
    const walker = startWalker({ rows: [loose(35, 'unknown'), loose(45, 35)], peers })
    walker.run(450)
    expect(told(walker)).toMatchInlineSnapshot(`
      [
        "-> ann ben cid | before the end",
        "-> ann ben cid | before 41",
        "saved +40 quorum after unknown, +45 provisional after unknown",
      ]
    `)
  })

  it('[C8] say that there is nothing at all: that is the beginning, and one alone who says so is a word', () => {
    const nobody = startWalker({ peers: two() })
    nobody.run(250)
    expect(told(nobody)).toEqual(['-> ann ben | before the end', 'rests: beginning'])
    const alone = startWalker({ peers: { ann: having([]) } })
    alone.run(250)
    expect(told(alone)).toEqual(['-> ann | before the end', 'rests: word'])
  })

  it('[C11] may put a row before one whose own neighbour was lost', () => {
    const walker = startWalker({ rows: [quorum(30, 20)], peers: two(10, 25) })
    walker.run(150)
    expect(walker.kept()).toEqual(['25 v25 quorum', '30 v30 quorum'])
  })
})

describe('a row that two thirds say', () => {
  it('[C4] keeps of what was known of it the number, what was before it and whose it is', () => {
    const walker = startWalker({ rows: [loose(20, 'unknown'), loose(30, 20, { number: 2 })], peers: two(20, 30) })
    walker.run(150)
    expect(told(walker).at(-1)).toBe('saved +30 (row 2) quorum after 20')
    const numbered = having([20, 30], { numbered: true })
    const own = startWalker({ rows: [loose(30, 'unknown', { own: true })], peers: { ann: numbered, ben: numbered } })
    own.run(250)
    expect(own.ledger.newest).toMatchObject({ number: 1, own: true, mark: 'provisional', before: 20 })
  })

  it('[C10] keeps nothing of another row that one alone had said in its place', () => {
    const lie = { ...loose(30, 20, { number: 7 }), row: rowAt(30, 'lie') }
    const walker = startWalker({ rows: [loose(20, 'unknown'), lie], peers: two(20, 30) })
    walker.run(150)
    expect(walker.ledger.newest).toMatchObject({ row: rowAt(30), number: null, before: 'unknown' })
  })

  it('[C4] gets its number when they have one', () => {
    const numbered = having([20, 30], { numbered: true })
    const walker = startWalker({ rows: [quorum(30, 'unknown')], peers: { ann: numbered, ben: numbered } })
    walker.run(150)
    expect(walker.ledger.newest?.number).toBe(1)
  })

  it('[C10] is put alone when the row after it is known to follow it', () => {
    const walker = startWalker({ peers: { ann: having([10, 20]) } })
    walker.run(1_000)
    const before = walker.trace.length
    walker.join('ben', having([10, 20]))
    walker.run(250)
    expect(told(walker).slice(before)).toMatchInlineSnapshot(`
      [
        "-> ann ben | before the end",
        "saved +20 quorum after 10",
        "-> ann ben | before 20",
        "saved +10 quorum after unknown",
      ]
    `)
  })

  it('[C12] is passed over where its time repeats or steps back, whoever says so', () => {
    const peer = having([10, 50, 20, 20, 30], { numbered: true })
    const walker = startWalker({ peers: { ann: peer, ben: peer } })
    walker.run(2_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })
})

describe('a tie', () => {
  it('[C5] in the middle is asked again where it is', () => {
    const walker = startWalker({ rows: [quorum(30, 'unknown')], peers: { ann: having([10, 30]), ben: having([20, 30]) } })
    walker.run(2_000)
    expect(told(walker).filter((line) => line.startsWith('->'))).toEqual([
      '-> ann ben | before the end',
      '-> ann ben | before 30',
      '-> ann ben | before 30',
      '-> ann ben | before 30',
    ])
  })

  it('[C5] for the last of all is asked again by number, too, where rows have one', () => {
    const numbered = (...times: readonly number[]): Peer => having(times, { numbered: true })
    const walker = startWalker({ peers: { ann: numbered(10, 20, 30, 40), ben: numbered(10, 20, 30), cid: numbered(10, 20) } })
    walker.run(450)
    expect(told(walker)).toMatchInlineSnapshot(`
      [
        "-> ann ben cid | before the end",
        "-> ann ben cid | before row 3 / 31",
        "saved +30 (row 2) quorum after unknown",
      ]
    `)
  })
})

describe('[C3] one word', () => {
  it('against a row that is kept links nothing to it', () => {
    const walker = startWalker({ rows: [loose(20, 'unknown'), loose(30, 'unknown')], peers: { mal: having([20, 30], { valueAt: (time) => (time === 20 ? 'lie' : `v${time}`) }) } })
    walker.run(30_000)
    expect(walker.ledger.newest?.before).toBe('unknown')
    expect(walker.walk.resting()).toBe('split')
  })

  it('that nothing is earlier is none where something earlier is kept', () => {
    const walker = startWalker({ rows: [loose(10, 'unknown'), loose(30, 'unknown')], peers: { mal: having([30]) } })
    walker.run(30_000)
    expect(walker.walk.resting()).toBe('split')
  })

  it('on the last of all that neighbours deny is passed over: the walk goes on from the newest', () => {
    const walker = startWalker({ rows: [loose(10, 'unknown'), loose(20, 10), loose(30, 20)], peers: { mal: having([25]) } })
    walker.run(250)
    expect(told(walker)).toEqual(['-> mal | before the end', '-> mal | before 10', 'rests: word'])
  })
})

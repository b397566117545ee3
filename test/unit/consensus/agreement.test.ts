import { describe, expect, it } from 'vitest'
import { AGREEMENT_DEFAULTS } from '../../../src/consensus/agreement-events.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { samplePrediction } from '../../vectors/samples.ts'
import { having, loose, quorum, rowAt, startWalker, type Peer, type Walker } from './walker.ts'

const honest = having([10, 20, 30])
/** Says another value in each place. */
const liar = having([10, 20, 30], { valueAt: () => 'lie' })
const mute: Peer = () => 'mute'
const declines: Peer = () => 'declines'

const told = ({ trace }: Walker): string => trace.join('\n')
const rests = ({ trace }: Walker): readonly string[] => trace.flatMap((line) => (line.includes('rests') ? [line.trim()] : []))

describe('row by row, in reverse', () => {
  it('[C1] [C4] [C7] asks all for the last row, keeps what two of three agree upon, cools down, asks for the one before', () => {
    const walker = startWalker({ peers: { ann: honest, ben: honest, cid: liar } })
    walker.run(1_000)
    expect(told(walker)).toMatchInlineSnapshot(`
      "   100 -> ann ben cid | before the end
         100 saved +30 quorum after unknown
         200 -> ann ben cid | before 30
         200 saved +20 quorum after unknown, +30 quorum after 20
         300 -> ann ben cid | before 20
         300 saved +10 quorum after unknown, +20 quorum after 10
         400 -> ann ben cid | before 10
         400 saved +10 quorum after beginning
         400 rests: beginning"
    `)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })

  it('[C1] [C3] asks by number where rows have one; one answerer is believed provisionally', () => {
    const walker = startWalker({ peers: { ann: having([10, 20, 30], { numbered: true }) } })
    walker.run(1_000)
    expect(told(walker)).toMatchInlineSnapshot(`
      "   100 -> ann | before the end
         100 saved +30 (row 2) provisional after unknown
         200 -> ann | before row 2 / 30
         200 saved +20 (row 1) provisional after unknown, +30 (row 2) provisional after 20
         300 -> ann | before row 1 / 20
         300 saved +10 (row 0) provisional after unknown, +20 (row 1) provisional after 10
         400 -> ann | before row 0 / 10
         400 rests: word"
    `)
    expect(walker.ledger.provisional).toBe(3)
  })

  it('[C7] is never asked the next question before the cool-down, and nothing is asked while a row is on its way to disk', () => {
    const asked: number[] = []
    const walker = startWalker({ peers: { ann: honest } })
    walker.run(1_000)
    for (const line of walker.trace) if (line.includes('->')) asked.push(Number(line.slice(0, 6)))
    expect(asked.length).toBeGreaterThan(3)
    for (const [i, at] of asked.entries()) if (i > 0) expect(at - (asked[i - 1] ?? 0)).toBeGreaterThanOrEqual(AGREEMENT_DEFAULTS.coolDownMs)
    const stuck = startWalker({ peers: { ann: honest }, saves: () => false })
    stuck.run(1_000)
    expect(rests(stuck)).toEqual(['100 rests: store'])
    expect(stuck.kept()).toEqual([])
  })

  it('[C12] a row whose time repeats or steps back is passed over: one row a time, in its order', () => {
    const walker = startWalker({ peers: { ann: having([10, 50, 20, 20, 30], { numbered: true }) } })
    walker.run(2_000)
    expect(walker.kept()).toEqual(['10 v10 provisional', '20 v20 provisional', '30 v30 provisional'])
    expect(walker.trace.filter((line) => line.includes('before')).map((line) => line.slice(7))).toMatchInlineSnapshot(`
      [
        "-> ann | before the end",
        "-> ann | before row 4 / 30",
        "-> ann | before row 3 / 20",
        "-> ann | before row 2 / 20",
        "-> ann | before row 1 / 20",
        "-> ann | before row 0 / 10",
      ]
    `)
  })
})

describe('who is believed', () => {
  it('[C5] a tie waits, longer each time, and is asked again; then the walk rests and says so', () => {
    const walker = startWalker({ peers: { ann: honest, ben: liar } })
    walker.run(30_000)
    expect(told(walker)).toMatchInlineSnapshot(`
      "   100 -> ann ben | before the end
         400 -> ann ben | before 31
        1300 -> ann ben | before 31
        4000 -> ann ben | before 31
       12100 -> ann ben | before 31
       12100 rests: split"
    `)
    expect(walker.kept()).toEqual([])
  })

  it('[C5] a tie that ends is gone on from', () => {
    let isLying = true
    const walker = startWalker({ peers: { ann: honest, ben: (place, question) => (isLying ? liar : honest)(place, question) } })
    walker.run(1_000)
    expect(walker.kept()).toEqual([])
    isLying = false
    walker.run(3_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })

  it('[C4] fewer than two thirds do not win, however many they are', () => {
    const peers: Record<string, Peer> = { ann: honest, ben: honest }
    for (let i = 0; i < 3; i++) peers[`sybil${i}`] = liar
    const walker = startWalker({ peers })
    walker.run(60_000)
    expect(walker.kept()).toEqual([])
    expect(rests(walker).at(-1)).toMatch(/split$/)
  })

  it('[C2] a key has one voice, and its first word counts', () => {
    const walker = startWalker({ peers: { ann: honest, ben: mute } })
    walker.run(150)
    for (let i = 0; i < 5; i++) walker.say('ann', 1, { number: null, row: rowAt(30, 'lie') })
    walker.say('nobody', 1, { number: null, row: rowAt(30, 'lie') })
    walker.run(3_000)
    expect(walker.kept()).toEqual(['30 v30 provisional'])
  })

  it('[C4] a row is agreed upon by time and text; its number only by two thirds of all who answered', () => {
    const numbered = having([10, 20, 30], { numbered: true })
    const wrong: Peer = (place, question) => {
      const said = honest(place, question)
      return said === null || typeof said === 'string' ? said : { ...said, number: 1_000_000 }
    }
    const few = startWalker({ peers: { ann: honest, ben: honest, cid: wrong } })
    few.run(150)
    expect(few.ledger.newest).toMatchObject({ number: null, mark: 'quorum' })
    const most = startWalker({ peers: { ann: numbered, ben: numbered, cid: honest } })
    most.run(150)
    expect(most.ledger.newest).toMatchObject({ number: 2, mark: 'quorum' })
  })

  it('[C5] while rows are on their way the last of all differs: what two thirds have reached is asked for', () => {
    const walker = startWalker({ peers: { ann: having([10, 20, 30, 40, 50]), ben: having([10, 20, 30, 40]), cid: honest } })
    walker.run(5_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum', '40 v40 quorum'])
    expect(told(walker).split('\n').slice(0, 3)).toMatchInlineSnapshot(`
      [
        "   100 -> ann ben cid | before the end",
        "   400 -> ann ben cid | before 41",
        "   400 saved +40 quorum after unknown",
      ]
    `)
  })

  it('[C6] a row that is not before the place, or not of its form, is a lie: the peer is cut and has no voice', () => {
    const later: Peer = (place) => ({ number: null, row: rowAt(place.time === null ? 30 : place.time) })
    const skipping: Peer = (place) => ({ number: place.row === null ? 2 : place.row - 2, row: rowAt((place.time ?? 31) - 1) })
    const foreign: Peer = () => ({ number: null, row: samplePrediction })
    for (const [peer, kept] of [[later, 1], [skipping, 1], [foreign, 0]] as const) {
      const walker = startWalker({ peers: { ann: peer } })
      walker.run(5_000)
      expect(told(walker)).toContain('cut ann protocol')
      expect(walker.ledger.size).toBe(kept)
    }
  })

  it('[C6] a number beyond what can be, and a time at the end of time, break nothing', () => {
    const far: Peer = (place) => (place.time === null ? { number: null, row: rowAt(Number.MAX_SAFE_INTEGER) } : null)
    const walker = startWalker({ peers: { ann: far, ben: far, cid: honest, dan: honest } })
    walker.run(60_000)
    expect(walker.kept()).toEqual([])
  })
})

describe('the beginning', () => {
  it('[C8] two thirds say that nothing is earlier: that is known from then on', () => {
    const walker = startWalker({ peers: { ann: honest, ben: honest } })
    walker.run(1_000)
    expect(walker.ledger.oldest?.before).toBe('beginning')
    expect(rests(walker)).toEqual(['400 rests: beginning'])
  })

  it('[C8] one says it: the walk rests, does not take it for known, and asks again when somebody else appears', () => {
    const walker = startWalker({ peers: { ann: having([20, 30]) } })
    walker.run(1_000)
    expect(rests(walker)).toEqual(['300 rests: word'])
    expect(walker.ledger.oldest?.before).toBe('unknown')
    walker.join('ben', honest)
    walker.join('cid', honest)
    walker.run(2_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })

  it('[C8] nobody answering is the beginning only after it was asked again and again, and until a peer appears', () => {
    let isTalking = true
    const walker = startWalker({ peers: { ann: (place, question) => (isTalking ? honest(place, question) : 'mute') } })
    walker.run(150)
    isTalking = false
    walker.run(30_000)
    expect(told(walker)).toMatchInlineSnapshot(`
      "   100 -> ann | before the end
         100 saved +30 provisional after unknown
         200 -> ann | before 30
        1200 -> ann | before 30
        2200 -> ann | before 30
        3500 -> ann | before 30
        4500 -> ann | before 30
        5500 -> ann | before 30
        7400 -> ann | before 30
        8400 -> ann | before 30
        9400 -> ann | before 30
       13100 rests: silence"
    `)
    expect(walker.ledger.oldest?.before).toBe('unknown')
    walker.join('ben', honest)
    walker.run(1_000)
    expect(walker.kept()).toHaveLength(3)
  })

  it('[C8] a peer that does not know has not answered', () => {
    const alone = startWalker({ peers: { ann: declines } })
    alone.run(60_000)
    expect(rests(alone)[0]).toMatch(/silence$/)
    const walker = startWalker({ peers: { ann: declines, ben: honest } })
    walker.run(1_000)
    expect(walker.kept()).toEqual(['10 v10 provisional', '20 v20 provisional', '30 v30 provisional'])
  })

  it('[C9] a mute peer is waited for three times, then left out for a minute', () => {
    const walker = startWalker({ peers: { ann: honest, ben: mute } })
    walker.run(10_000)
    expect(walker.kept()).toHaveLength(3)
    expect(told(walker)).toMatchInlineSnapshot(`
      "   100 -> ann ben | before the end
        1100 -> ben | before the end
        2100 -> ben | before the end
        3100 saved +30 provisional after unknown
        3200 -> ann ben | before 30
        4200 -> ben | before 30
        5200 -> ben | before 30
        6200 saved +20 provisional after unknown, +30 provisional after 20
        6300 -> ann ben | before 20
        7300 -> ben | before 20
        8300 -> ben | before 20
        9300 saved +10 provisional after unknown, +20 provisional after 10
        9400 -> ann | before 10
        9400 rests: word"
    `)
  })

  it('[C2] a question or an answer that is lost is asked again under its number', () => {
    // The question is lost, then the answer.
    const arrivals = [false, true, false]
    const questions: number[] = []
    const walker = startWalker({
      peers: { ann: (place, question) => (questions.push(question), honest(place, question)) },
      arrives: () => arrivals.shift() ?? true,
    })
    walker.run(3_500)
    expect(walker.kept()).toHaveLength(3)
    expect(questions.slice(0, 3)).toEqual([1, 1, 2])
  })
})

describe('what is already kept', () => {
  it('[C10] a row on one word becomes a quorum when several say it', () => {
    const walker = startWalker({ peers: { ann: honest } })
    walker.run(1_000)
    expect(walker.kept()).toEqual(['10 v10 provisional', '20 v20 provisional', '30 v30 provisional'])
    walker.join('ben', honest)
    walker.run(1_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })

  it('[C10] a row on one word is replaced by what two thirds say, and what they deny goes', () => {
    const walker = startWalker({ peers: { mal: having([10, 15, 20, 25, 30, 99], { valueAt: () => 'lie' }) } })
    walker.run(2_000)
    expect(walker.ledger.size).toBe(6)
    for (const name of ['ann', 'ben', 'cid']) walker.join(name, honest)
    walker.run(3_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })

  it('[C3] one word replaces nothing and removes nothing', () => {
    const rows = [loose(10, 'unknown'), loose(20, 10), loose(30, 20)]
    const walker = startWalker({ rows, peers: { mal: (place) => (place.time === null ? { number: null, row: rowAt(30, 'lie') } : null) } })
    walker.run(120_000)
    expect(walker.kept()).toEqual(['10 v10 provisional', '20 v20 provisional', '30 v30 provisional'])
    const gap = startWalker({ rows: [loose(10, 'unknown'), loose(20, 10), loose(30, 'unknown')], peers: { mal: having([5, 30]) } })
    gap.run(120_000)
    expect(gap.kept()).toHaveLength(3)
  })

  it('[C10] two thirds do not overrule an earlier quorum, nor what this node imported: the walk says that it is split', () => {
    for (const settled of [quorum(20, 'unknown'), loose(20, 'unknown', { own: true })]) {
      const rows = [settled, quorum(30, 'unknown')]
      const walker = startWalker({ rows, peers: { ann: having([10, 30]), ben: having([10, 30]) } })
      walker.run(20_000)
      expect(walker.kept().filter((row) => row.startsWith('20'))).toHaveLength(1)
      expect(rests(walker)[0]).toMatch(/split$/)
    }
  })

  it('[C10] nor do they put another row in its place, or between two that a quorum knows to be neighbours', () => {
    const lies = having([10, 30], { valueAt: () => 'lie' })
    for (const settled of [quorum(30, 'unknown'), loose(30, 'unknown', { own: true })])
      for (const rows of [[settled], [settled, quorum(40, 'unknown')]]) {
        const peer: Peer = rows.length === 1 ? lies : (place, question) => (place.time === null ? { number: null, row: rowAt(40) } : lies(place, question))
        const walker = startWalker({ rows, peers: { ann: peer, ben: peer } })
        walker.run(20_000)
        expect(walker.kept()).toContain(`30 v30 ${settled.mark}`)
        expect(rests(walker)[0]).toMatch(/split$/)
      }
    for (const before of [10, 'beginning'] as const) {
      const rows = before === 10 ? [quorum(10, 'beginning'), quorum(30, 10)] : [quorum(30, before)]
      const walker = startWalker({ rows, peers: { ann: having([20]), ben: having([20]) } })
      walker.run(20_000)
      expect(walker.kept()).not.toContain('20 v20 quorum')
      expect(rests(walker)[0]).toMatch(/split$/)
    }
  })

  it('[C8] [C10] nor is a row the beginning while a quorum is kept of older ones; others are denied with it', () => {
    const kept = startWalker({ rows: [quorum(10, 'unknown'), loose(20, 10), quorum(30, 'unknown')], peers: { ann: having([30]), ben: having([30]) } })
    kept.run(20_000)
    expect(kept.kept()).toHaveLength(3)
    expect(rests(kept)[0]).toMatch(/split$/)
    const denied = startWalker({ rows: [loose(10, 'unknown'), loose(20, 10), quorum(30, 'unknown')], peers: { ann: having([30]), ben: having([30]) } })
    denied.run(5_000)
    expect(denied.kept()).toEqual(['30 v30 quorum'])
    expect(denied.ledger.oldest?.before).toBe('beginning')
  })

  it('[C11] what is kept on one word is not asked about again while nobody new appears', () => {
    const times = [10, 20, 30]
    const walker = startWalker({ peers: { ann: (place, question) => having(times)(place, question) } })
    walker.run(1_000)
    times.push(40)
    const before = walker.trace.length
    walker.run(AGREEMENT_DEFAULTS.refreshMs + 1_000)
    expect(walker.trace.slice(before).filter((line) => line.includes('before')).map((line) => line.slice(7))).toEqual([
      '-> ann | before the end',
      '-> ann | before 40',
      '-> ann | before 10',
    ])
  })

  it('[C11] a walk begun anew passes over what is kept and goes on where something is missing', () => {
    const rows = [quorum(40, 'unknown'), quorum(50, 40), quorum(60, 50)]
    const walker = startWalker({ rows, peers: { ann: having([10, 20, 30, 40, 50, 60]), ben: having([10, 20, 30, 40, 50, 60]) } })
    walker.run(250)
    expect(told(walker)).toMatchInlineSnapshot(`
      "   100 -> ann ben | before the end
         200 -> ann ben | before 40
         200 saved +30 quorum after unknown, +40 quorum after 30"
    `)
  })

  it('[C11] newer rows are looked for after a rest, and the way back ends where it meets what is kept', () => {
    const times = [10, 20, 30]
    const peer: Peer = (place, question) => having(times)(place, question)
    const walker = startWalker({ peers: { ann: peer, ben: peer } })
    walker.run(1_000)
    times.push(40, 50)
    const before = walker.questions
    walker.run(AGREEMENT_DEFAULTS.refreshMs + 2_000)
    expect(walker.kept()).toHaveLength(5)
    expect(walker.questions - before).toBe(2 * 3)
  })

  it('[C11] a row that is lost in between is noticed: the next is not taken for the one before', () => {
    const rows = [quorum(10, 'beginning'), quorum(30, 20)]
    const walker = startWalker({ rows, peers: { ann: honest, ben: honest } })
    walker.run(1_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })

  it('[C12] no more than the bound are kept: the newest, and a walk that has no room for older ones rests', () => {
    const times = [10, 20, 30, 40, 50]
    const walker = startWalker({ peers: { ann: (place, question) => having(times)(place, question) }, config: { maxRows: 3 } })
    walker.run(2_000)
    expect(walker.kept()).toEqual(['30 v30 provisional', '40 v40 provisional', '50 v50 provisional'])
    expect(rests(walker)).toEqual(['400 rests: full'])
    times.push(60)
    walker.run(AGREEMENT_DEFAULTS.longestRefreshMs)
    expect(walker.kept()).toEqual(['40 v40 provisional', '50 v50 provisional', '60 v60 provisional'])
    expect(walker.ledger.oldest?.before).toBe('unknown')
  })

  it('[C15] rows that this node imported are neither asked about nor replaced', () => {
    const rows = [loose(20, 'unknown', { own: true }), loose(30, 20, { own: true })]
    const walker = startWalker({ rows, peers: { ann: honest, ben: honest } })
    walker.run(2_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 provisional', '30 v30 provisional'])
    expect(told(walker)).not.toContain('before 30')
  })

  it('[C11] an import while it walks is heeded', () => {
    const walker = startWalker({ peers: { ann: honest } })
    walker.run(150)
    walker.ledger.apply({ put: [loose(5, 'unknown', { own: true }), loose(20, 5, { own: true })], drop: [] })
    walker.change()
    walker.run(2_000)
    expect(walker.kept()).toEqual(['5 v5 provisional', '20 v20 provisional', '30 v30 provisional'])
  })
})

describe('time', () => {
  it('[C2] time in which this node did not run is nobody’s silence', () => {
    const walker = startWalker({ peers: { ann: mute } })
    walker.run(101)
    walker.run(1)
    expect(walker.walk.waitMs()).toBeGreaterThan(0)
    const before = walker.walk.waitMs()
    expect(before).toBeLessThanOrEqual(AGREEMENT_DEFAULTS.answerWaitMs)
    walker.walk.step({ type: 'tick', now: 1_000_000_000 })
    walker.walk.step({ type: 'tick', now: 0 })
    const effects = walker.walk.step({ type: 'answer', peer: 'ann' as PublicKey, question: 1, answer: { number: null, row: rowAt(30) }, now: 0 })
    expect(effects.map(({ type }) => type)).toEqual(['save'])
  })
})

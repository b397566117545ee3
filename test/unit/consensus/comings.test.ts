import { describe, expect, it } from 'vitest'
import { createAgreement } from '../../../src/consensus/agreement.ts'
import { AGREEMENT_DEFAULTS, MAX_VOTERS_KNOWN } from '../../../src/consensus/agreement-events.ts'
import { createLooseLedger } from '../../../src/consensus/loose-ledger.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { having, loose, quorum, rowAt, startWalker, type Peer, type Walker } from './walker.ts'

const honest = having([10, 20, 30])
const liar = having([10, 20, 30], { valueAt: () => 'lie' })
const mute: Peer = () => 'mute'
const ann = 'ann' as PublicKey

const told = ({ trace }: Walker, from = 0): readonly string[] => trace.slice(from).map((line) => line.trim())
/** Who was asked for what, without the times. */
const asked = (walker: Walker, from = 0): readonly string[] => told(walker, from).flatMap((line) => (line.includes('->') ? [line.replace(/^\d+ -> /, '')] : []))

describe('[C2] a peer that goes', () => {
  it('is not waited for any more, nor asked', () => {
    const walker = startWalker({ peers: { ann: honest, ben: mute } })
    walker.run(150)
    walker.leave('ben')
    walker.run(100)
    expect(told(walker)).toMatchInlineSnapshot(`
      [
        "100 -> ann ben | before the end",
        "150 saved +30 provisional after unknown",
        "250 -> ann | before 30",
        "250 saved +20 provisional after unknown, +30 provisional after 20",
      ]
    `)
    walker.run(1_000)
    walker.leave('ann')
    expect(walker.walk.resting()).toBe('word')
  })

  it('has said what it said: its word counts', () => {
    const walker = startWalker({ peers: { ann: honest, ben: mute } })
    walker.run(150)
    walker.leave('ann')
    walker.run(100)
    expect(walker.kept()).toEqual([])
    walker.say('ben', 1, { number: null, row: rowAt(30) })
    expect(walker.kept()).toEqual(['30 v30 quorum'])
  })

  it('[C6] because it lied is not waited for either', () => {
    const later: Peer = (place) => ({ number: null, row: rowAt(place.time ?? 30) })
    const walker = startWalker({ rows: [loose(20, 'beginning'), loose(30, 'unknown')], peers: { ben: honest, mal: later } })
    walker.run(250)
    expect(told(walker)).toMatchInlineSnapshot(`
      [
        "100 -> ben mal | before the end",
        "100 saved +30 quorum after unknown",
        "200 -> ben mal | before 30",
        "200 cut mal protocol",
        "200 saved +30 quorum after 20",
      ]
    `)
  })

  it('leaves nobody: the walk rests until somebody comes, and says so once', () => {
    const walker = startWalker({ peers: { ann: mute } })
    walker.run(150)
    walker.leave('ann')
    walker.run(600_000)
    expect(told(walker).filter((line) => line.includes('rests'))).toHaveLength(1)
    expect(walker.walk.waitMs()).toBeNull()
  })
})

describe('[C8] peers that all go', () => {
  it('and come back are asked at once, whatever the walk rests for', () => {
    const twoSay = startWalker({ peers: { ann: having([10, 20]), ben: having([10, 20]) } })
    twoSay.run(250)
    // The rest is known already: the next question would be for nothing.
    twoSay.ledger.apply({ put: [quorum(10, 'beginning'), quorum(20, 10)], drop: [] })
    twoSay.leave('ann')
    twoSay.leave('ben')
    twoSay.run(600_000)
    expect([twoSay.walk.resting(), twoSay.walk.waitMs()]).toEqual(['beginning', null])
    const before = twoSay.trace.length
    twoSay.join('ann', honest)
    twoSay.join('ben', honest)
    twoSay.run(1_000)
    expect(asked(twoSay, before)[0]).toBe('ann ben | before the end')
    expect(twoSay.kept()).toHaveLength(3)
  })
})

describe('a peer that comes', () => {
  it('in the middle of a round is asked in the next', () => {
    const walker = startWalker({ peers: { ann: mute } })
    walker.run(150)
    walker.join('ben', honest)
    walker.run(1_000)
    expect(asked(walker)).toEqual(['ann | before the end', 'ann | before the end'])
    expect(walker.walk.resting()).toBeNull()
  })

  it('[C8] back is asked at once when nobody had answered, and not when the beginning is known', () => {
    const silent = startWalker({ peers: { ann: mute } })
    silent.run(30_000)
    silent.leave('ann')
    silent.join('ann', honest)
    silent.run(500)
    expect(silent.kept()).toHaveLength(3)
    const known = startWalker({ peers: { ann: honest, ben: honest } })
    known.run(1_000)
    known.leave('ann')
    const before = known.trace.length
    known.join('ann', honest)
    known.run(30_000)
    expect(told(known, before)).toEqual([])
  })

  it('[C9] again, without having gone, is not asked while it is left out', () => {
    const walker = startWalker({ peers: { ann: having(Array.from({ length: 9 }, (_, i) => i)), ben: mute } })
    walker.run(9_500)
    const before = walker.trace.length
    walker.join('ben', mute)
    walker.run(300)
    expect(asked(walker, before).every((line) => line.startsWith('ann |'))).toBe(true)
    expect(asked(walker, before)).not.toEqual([])
  })

  it('[C9] [C11] over another link than the one over which it was silent is asked with the next way back', () => {
    const walker = startWalker({ peers: { ann: mute } })
    walker.run(20_000)
    expect(walker.walk.resting()).toBe('silence')
    const before = walker.trace.length
    walker.join('ann', honest)
    walker.run(AGREEMENT_DEFAULTS.muteMs)
    expect(asked(walker, before)).toEqual([])
    walker.run(AGREEMENT_DEFAULTS.longestRefreshMs)
    expect(walker.kept()).toHaveLength(3)
  })

  it('[C10] while the walk is under way has it go back over what one has said, though another comes back before', () => {
    const walker = startWalker({ peers: { ann: honest } })
    walker.run(150)
    walker.join('ben', honest)
    walker.leave('ann')
    walker.join('ann', honest)
    walker.run(2_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })

  it('[C10] has what was said on one word asked about once more, and not with every way back', () => {
    const declines: Peer = () => 'declines'
    const walker = startWalker({ peers: { ann: honest } })
    walker.run(1_000)
    walker.join('ben', declines)
    walker.run(1_000)
    const before = walker.trace.length
    walker.run(2 * AGREEMENT_DEFAULTS.refreshMs + 1_000)
    expect(asked(walker, before)).toEqual(['ann ben | before the end', 'ann ben | before 10'])
  })

  it('[C5] has a split asked about again as often as before', () => {
    const walker = startWalker({ peers: { ann: honest, ben: liar } })
    walker.run(13_000)
    const before = walker.trace.length
    walker.join('cid', having([10, 20, 30], { valueAt: () => 'other' }))
    walker.run(13_000)
    expect(asked(walker, before)).toHaveLength(AGREEMENT_DEFAULTS.rounds)
    expect(asked(walker, before)[0]).toBe('ann ben cid | before the end')
  })

  it('is known for new as long as not too many have come: keys are free to make', () => {
    const walker = startWalker({ peers: { ann: honest, ben: honest } })
    walker.run(1_000)
    for (let i = 0; i < MAX_VOTERS_KNOWN; i++) {
      walker.join(`p${i}`, mute)
      walker.leave(`p${i}`)
    }
    walker.run(1_000)
    walker.leave('ben')
    const before = walker.trace.length
    walker.join('ben', honest)
    walker.run(200)
    expect(asked(walker, before)).toEqual(['ann ben | before the end'])
  })
})

describe('[C2] a round', () => {
  const many = having(Array.from({ length: 20 }, (_, i) => i))
  const slow: Peer = () => 'mute'

  it('is over when what is still to come can change nothing: one of four who is slow costs nothing', () => {
    const walker = startWalker({ peers: { ann: many, ben: many, cid: many, dan: slow } })
    walker.run(2_500)
    expect(walker.kept()).toEqual(Array.from({ length: 20 }, (_, i) => `${i} v${i} quorum`))
    expect(walker.walk.resting()).toBe('beginning')
  })

  it('waits for two thirds of all who were asked, not of those who were quick', () => {
    const walker = startWalker({ peers: { ann: honest, ben: honest, cid: slow, dan: slow } })
    walker.run(2_000)
    expect(walker.kept()).toEqual([])
    walker.say('cid', 1, { number: null, row: rowAt(30) })
    expect(walker.kept()).toEqual(['30 v30 quorum'])
    const alone = startWalker({ peers: { ann: honest, ben: slow } })
    alone.run(2_000)
    expect(alone.kept()).toEqual([])
  })

  it('waits while the number may still change', () => {
    const numbered = having([10, 20, 30], { numbered: true })
    const walker = startWalker({ peers: { ann: numbered, ben: numbered, cid: honest, dan: slow } })
    walker.run(2_000)
    expect(walker.kept()).toEqual([])
    walker.say('dan', 1, { number: null, row: rowAt(30) })
    expect(walker.ledger.newest).toMatchObject({ number: null, mark: 'quorum' })
  })

  it('[C9] that was over before counts against nobody who had not spoken', () => {
    const walker = startWalker({ peers: { ann: many, ben: many, cid: many, dan: slow } })
    walker.run(2_500)
    walker.change()
    walker.run(200)
    expect(asked(walker).at(-1)).toBe('ann ben cid dan | before the end')
  })
})

describe('[C2] an answer', () => {
  it('that is late, to what was asked before or to nothing, is nobody’s', () => {
    const walker = startWalker({ peers: { ann: honest, ben: mute } })
    walker.run(3_150)
    walker.say('ben', 1, { number: null, row: rowAt(30, 'lie') })
    walker.run(100)
    walker.say('ben', 1, { number: null, row: rowAt(20, 'lie') })
    walker.walk.step({ type: 'declined', peer: 'ben' as PublicKey, question: 1, now: 0 })
    walker.run(3_000)
    expect(walker.kept()).toEqual(['20 v20 provisional', '30 v30 provisional'])
  })

  it('without a number is one where others have numbers', () => {
    const numbered = having([10, 20, 30], { numbered: true })
    const walker = startWalker({ peers: { ann: numbered, ben: numbered, cid: honest } })
    walker.run(1_000)
    expect(told(walker).join()).not.toContain('cut')
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })
})

describe('[C7] while a row is on its way to disk', () => {
  const saving = () => {
    const ledger = createLooseLedger()
    const walk = createAgreement(ledger)
    walk.step({ type: 'peer', peer: ann, now: 0 })
    walk.step({ type: 'tick', now: 100 })
    const [save] = walk.step({ type: 'answer', peer: ann, question: 1, answer: { number: null, row: rowAt(30) }, now: 100 })
    if (save?.type !== 'save') throw new Error('nothing is to be saved')
    return { ledger, walk, change: save.change }
  }

  it('nothing is asked, and the walk goes on from the row', () => {
    const { ledger, walk, change } = saving()
    expect(walk.step({ type: 'tick', now: 5_000 })).toEqual([])
    expect(walk.waitMs()).toBeNull()
    ledger.apply(change)
    expect(walk.step({ type: 'saved', now: 5_000 })).toEqual([])
    expect(walk.step({ type: 'tick', now: 5_100 })).toMatchObject([{ type: 'ask', before: { row: null, time: 30 } }])
  })

  it('[C11] an import waits, and then the way back begins anew', () => {
    const { ledger, walk, change } = saving()
    expect(walk.step({ type: 'changed', now: 5_000 })).toEqual([])
    expect(walk.waitMs()).toBeNull()
    ledger.apply(change)
    expect(walk.step({ type: 'saved', now: 5_000 })).toEqual([])
    expect(walk.step({ type: 'tick', now: 5_100 })).toMatchObject([{ type: 'ask', before: { row: null, time: null } }])
  })

  it('and at no other time its word counts', () => {
    const { ledger, walk, change } = saving()
    ledger.apply(change)
    walk.step({ type: 'saved', now: 100 })
    for (const type of ['saved', 'store-failed'] as const) expect(walk.step({ type, now: 100 })).toEqual([])
    expect(walk.resting()).toBeNull()
  })
})

describe('[C11] the way back', () => {
  it('begins one minute after a walk came to rest, then after twice as long each time that there was nothing new, at most ten minutes', () => {
    const times = [10]
    const peer: Peer = (place, question) => having(times)(place, question)
    const walker = startWalker({ peers: { ann: peer, ben: peer } })
    walker.run(1_000)
    const begins = (): readonly number[] => walker.trace.flatMap((line) => (line.includes('before the end') ? [Math.round(Number.parseInt(line) / 60_000)] : []))
    walker.run(46 * 60_000)
    expect(begins()).toEqual([0, 1, 3, 7, 15, 25, 35, 45])
    times.push(20)
    walker.run(10.5 * 60_000)
    expect(begins().slice(8)).toEqual([55, 56])
  })

  it('[C5] asks as often as the first time', () => {
    const walker = startWalker({ peers: { ann: honest, ben: liar } })
    walker.run(14_000)
    const before = walker.trace.length
    walker.run(2 * AGREEMENT_DEFAULTS.refreshMs + 14_000)
    expect(asked(walker, before)).toHaveLength(AGREEMENT_DEFAULTS.rounds)
  })

  it('[C5] counts rounds that come to nothing where it is, not those before', () => {
    const answers = [false, false, false, true, false, false, false, true, true]
    let question = 0
    const flaky: Peer = (place, number) => {
      if (number === question) return 'mute'
      question = number
      return answers.shift() === false ? 'declines' : honest(place, number)
    }
    const walker = startWalker({ peers: { ann: flaky } })
    walker.run(30_000)
    expect(walker.kept()).toHaveLength(3)
  })

  it('begins at once after an import, where there is somebody to ask', () => {
    const walker = startWalker({ peers: { ann: honest, ben: honest } })
    walker.run(1_000)
    const before = walker.trace.length
    walker.change()
    walker.run(200)
    expect(asked(walker, before)).toEqual(['ann ben | before the end'])
    const alone = startWalker()
    alone.change()
    alone.run(60_000)
    expect(told(alone)).toEqual([])
  })

  it('[C10] after an import goes over what one has said only where it was to do so anyway', () => {
    const declines: Peer = () => 'declines'
    const over = startWalker({ peers: { ann: honest } })
    over.run(1_000)
    over.join('ben', declines)
    over.run(1_000)
    const before = over.trace.length
    over.change()
    over.run(1_000)
    expect(asked(over, before)).toEqual(['ann ben | before the end', 'ann ben | before 10'])

    const walker = startWalker({ peers: { ann: honest } })
    walker.run(1_000)
    walker.join('ben', honest)
    walker.run(150)
    walker.change()
    walker.run(1_000)
    expect(walker.kept()).toEqual(['10 v10 quorum', '20 v20 quorum', '30 v30 quorum'])
  })

  it('begins anew where an import has taken the row away', () => {
    const walker = startWalker({ peers: { ann: honest } })
    walker.run(150)
    const before = walker.trace.length
    walker.ledger.apply({ put: [], drop: walker.ledger.slice(0, 1).map(({ row }) => row.time) })
    walker.run(100)
    expect(asked(walker, before)).toEqual(['ann | before the end'])
  })

  it('[C12] asks about a gap though there is no room for older rows', () => {
    const walker = startWalker({ rows: [quorum(10, 'unknown'), quorum(20, 10), quorum(30, 'unknown')], peers: { ann: honest, ben: honest }, config: { maxRows: 3 } })
    walker.run(1_000)
    expect(asked(walker)).toEqual(['ann ben | before the end', 'ann ben | before 30'])
    expect(walker.walk.resting()).toBe('full')
  })

  it('[C9] asks who was left out again, three rounds, after a minute', () => {
    const walker = startWalker({ peers: { ann: having(Array.from({ length: 40 }, (_, i) => i)), ben: mute }, config: { muteMs: 1_000 } })
    walker.run(25_000)
    const rounds = walker.trace.flatMap((line) => (line.includes('-> ann') ? [line.includes('ben')] : []))
    expect(rounds.slice(0, 18).map((both) => (both ? 'both' : 'ann')).join(' ')).toMatchInlineSnapshot(`"both both both ann ann ann ann ann ann ann ann ann both both both ann ann ann"`)
  })
})

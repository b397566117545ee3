import { describe, expect, it } from 'vitest'
import type { NodesAnswer, NodesQuestion } from '../../../src/repair/descent-events.ts'
import { altered, createBob, honest, pageHashes, type Bob } from './conversation.ts'

/** 1,000 pages are a million rows. */
const TARGET = pageHashes(1_000)
const fromTarget = honest(TARGET)

const withBob = (places: readonly number[], config: Parameters<typeof createBob>[2] = {}): Bob => createBob(TARGET, altered(TARGET, places), config)

/** The question that has been open for longest. */
const firstOf = ({ open: [first] }: Bob): Bob['open'][number] => {
  if (first === undefined) throw new Error('nothing was asked')
  return first
}

/** A node's parts with one hash that nobody has. */
const lie = (question: NodesQuestion): NodesAnswer => {
  const answer = fromTarget(question)
  return answer.type === 'nodes' ? { ...answer, hashes: answer.hashes.with(3, new Uint8Array(32)) } : answer
}

describe('a descent', () => {
  it('[T28] [T30] to one altered page among 1,000 is two questions of 32 hashes', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.served(1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | nodes-request#1 pages 0…999
      alice -> bob | nodes#1 32 hashes
      bob -> alice | nodes-request#2 pages 768…799
      alice -> bob | nodes#2 32 hashes
      found 1000 of 1000"
    `)
    expect(bob.found()).toBe('1000 right')
  })

  it('[T30] from a list that is right asks nobody anything', () => {
    const bob = withBob([])
    bob.waits(250)
    expect(bob.trace()).toBe('found 1000 of 1000')
    expect(bob.found()).toBe('1000 right')
  })

  it('[T28] of a history of one page gets the page hash itself', () => {
    const bob = createBob(TARGET.slice(0, 1), TARGET.slice(1, 2))
    bob.join(1)
    bob.served(1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | nodes-request#1 pages 0…0
      alice -> bob | nodes#1 1 hashes
      found 1 of 1"
    `)
    expect(bob.found()).toBe('1 right')
  })

  it('[T30] to many altered pages asks once for each part that differs', () => {
    const bob = withBob([3, 5, 400, 401, 402, 999])
    bob.join(1)
    bob.served(1)
    expect(bob.descent.view().questions).toBe(1 + 3)
    expect(bob.found()).toBe('1000 right')
  })

  it('[T30] of a history that grew by five pages takes one question a level of the edge', () => {
    const bob = createBob(TARGET, TARGET.slice(0, 995))
    bob.join(1)
    bob.served(1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | nodes-request#1 pages 0…999
      alice -> bob | nodes#1 32 hashes
      bob -> alice | nodes-request#2 pages 992…999
      alice -> bob | nodes#2 8 hashes
      found 1000 of 1000"
    `)
    expect(bob.found()).toBe('1000 right')
  })

  it('[T30] to a history that is shorter than ours drops what is beyond', () => {
    const bob = createBob(TARGET.slice(0, 40), altered(TARGET, [7]))
    bob.join(1)
    bob.served(1)
    expect(bob.found()).toBe('40 right')
  })

  it('[T31] leaves whole runs beyond our own list to hashes-request', () => {
    const target = pageHashes(3_000)
    const bob = createBob(target, target.slice(0, 1_000))
    bob.join(1)
    bob.served(1, honest(target))
    expect(bob.found()).toBe('1024 right, 1976 left')
    expect(bob.descent.view().questions).toBe(3)
  })

  it('[T31] asks about what is less than a run', () => {
    const target = pageHashes(200)
    const bob = createBob(target, target.slice(0, 40), { runLeaves: 64 })
    bob.join(1)
    bob.served(1, honest(target))
    expect(bob.found()).toBe('192 right, 8 left')
  })

  it('asks about the lowest node first, and about what is given back in its place', () => {
    const bob = withBob([1, 100, 200, 300, 400, 500], { questionsPerPeer: 1 })
    bob.join(1)
    const root = firstOf(bob)
    bob.hears(1, fromTarget(root.frame))
    bob.leave(1)
    bob.join(2)
    bob.open.splice(0, 2)
    bob.served(2)
    expect(bob.trace().split('\n').filter((line) => line.startsWith('bob')).map((line) => line.slice(7))).toMatchInlineSnapshot(`
      [
        "alice | nodes-request#1 pages 0…999",
        "alice | nodes-request#2 pages 0…31",
        "carol | nodes-request#3 pages 0…31",
        "carol | nodes-request#4 pages 96…127",
        "carol | nodes-request#5 pages 192…223",
        "carol | nodes-request#6 pages 288…319",
        "carol | nodes-request#7 pages 384…415",
        "carol | nodes-request#8 pages 480…511",
      ]
    `)
  })

  it('[T31] leaves everything to them when there is no list at all', () => {
    const bob = createBob(TARGET, [], { runLeaves: 1_000 })
    bob.waits(250)
    expect(bob.trace()).toBe('found 0 of 1000')
  })
})

describe('[T29] an answer that does not lead up to its node', () => {
  it('is a lie: its sender is cut at that step, and the node is asked of another', () => {
    const bob = withBob([777])
    bob.join(3)
    bob.served(3, lie)
    bob.join(1)
    bob.served(1)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> mallory | nodes-request#1 pages 0…999
      mallory -> bob | nodes#1 32 hashes
      cut mallory | bad-nodes: Its hashes below pages 0 to 999 do not lead up to them.
      bob -> alice | nodes-request#2 pages 0…999
      alice -> bob | nodes#2 32 hashes
      bob -> alice | nodes-request#3 pages 768…799
      alice -> bob | nodes#3 32 hashes
      found 1000 of 1000"
    `)
    expect(bob.found()).toBe('1000 right')
  })

  it('is one whatever is wrong with it: a hash too few, too many, twice, another order, our own', () => {
    const own = altered(TARGET, [777])
    const lies: readonly ((answer: Extract<NodesAnswer, { type: 'nodes' }>) => NodesAnswer)[] = [
      (answer) => ({ ...answer, hashes: answer.hashes.slice(1) }),
      (answer) => ({ ...answer, hashes: [...answer.hashes, new Uint8Array(32)] }),
      (answer) => ({ ...answer, hashes: [] }),
      (answer) => ({ ...answer, hashes: answer.hashes.toReversed() }),
      (answer) => ({ ...answer, hashes: honestNodes(own, answer.request) }),
    ]
    for (const wrong of lies) {
      const bob = withBob([777])
      bob.join(3)
      bob.served(3, (question) => {
        const answer = fromTarget(question)
        return answer.type === 'nodes' ? wrong(answer) : answer
      })
      expect(bob.trace()).toContain('cut mallory | bad-nodes')
      expect(bob.found()).toBeNull()
    }
  })

  it('is found out at a lower level too', () => {
    const bob = withBob([777])
    bob.join(3)
    bob.served(3, (question) => (question.leaves < 100 ? lie(question) : fromTarget(question)))
    expect(bob.trace()).toContain('cut mallory | bad-nodes: Its hashes below pages 768 to 799')
    bob.join(1)
    bob.served(1)
    expect(bob.found()).toBe('1000 right')
  })
})

/** The root's parts as a peer with another list would tell them. */
const honestNodes = (list: readonly Uint8Array<ArrayBuffer>[], request: number): readonly Uint8Array<ArrayBuffer>[] => {
  const answer = honest(list)({ type: 'nodes-request', request, stream: '' as never, root: new Uint8Array(32), rows: 0, from: 0, leaves: list.length })
  return answer.type === 'nodes' ? answer.hashes : []
}

describe('[T32] several peers', () => {
  /** A page in each of 31 parts differs: there is enough for everybody. */
  const MANY = Array.from({ length: 31 }, (_, part) => part * 32 + part)

  it('are asked at once, each at most four questions', () => {
    const bob = withBob(MANY)
    bob.join(1, 2)
    const root = firstOf(bob)
    bob.open.splice(0)
    bob.hears(root.peer, fromTarget(root.frame))
    expect(bob.open.map(({ peer }) => peer).sort()).toEqual([1, 1, 1, 1, 2, 2, 2, 2])
    expect(new Set(bob.open.map(({ frame }) => frame.from)).size).toBe(8)
    for (let turn = 0; turn < 20; turn++) [1, 2].forEach((peer) => bob.served(peer))
    expect(bob.found()).toBe('1000 right')
    expect(bob.descent.view().questions).toBe(32)
  })

  it('stand in for each other: what one was asked goes to another when it leaves', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.leave(1)
    bob.join(2)
    bob.served(2)
    expect(bob.trace()).toMatchInlineSnapshot(`
      "bob -> alice | nodes-request#1 pages 0…999
      bob -> carol | nodes-request#2 pages 0…999
      carol -> bob | nodes#2 32 hashes
      bob -> carol | nodes-request#3 pages 768…799
      carol -> bob | nodes#3 32 hashes
      found 1000 of 1000"
    `)
    expect(bob.found()).toBe('1000 right')
  })

  it('are waited for when nobody is left', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.leave(1)
    bob.waits(60_000)
    expect(bob.found()).toBeNull()
    expect(bob.descent.view()).toMatchObject({ peers: 0, waiting: 1 })
    bob.join(1)
    bob.open.splice(0, 1)
    bob.served(1)
    expect(bob.found()).toBe('1000 right')
  })

  it('are asked no fifth question, however time passes', () => {
    const bob = withBob(MANY)
    bob.join(1)
    const root = firstOf(bob)
    bob.open.splice(0)
    bob.hears(1, fromTarget(root.frame))
    bob.waits(5_000)
    expect(new Set(bob.open.map(({ frame }) => frame.request)).size).toBe(4)
  })

  it('are asked for all that one owed that refuses', () => {
    const bob = withBob(MANY)
    bob.join(1)
    const root = firstOf(bob)
    bob.open.splice(0)
    bob.hears(1, fromTarget(root.frame))
    const owed = bob.open.map(({ frame }) => frame.from)
    bob.hears(1, { type: 'refused', request: 2, code: 'unknown-history', message: '' })
    bob.join(2)
    expect(bob.open.filter(({ peer }) => peer === 2).map(({ frame }) => frame.from)).toEqual(owed)
  })

  it('that refused rest for two seconds, though they say afresh that they serve the history', () => {
    const bob = withBob([777])
    bob.waits(5_000)
    bob.join(1)
    bob.hears(1, { type: 'refused', request: 1, code: 'unknown-history', message: '' })
    bob.join(1)
    bob.waits(1_750)
    expect(bob.descent.view().questions).toBe(1)
    bob.waits(250)
    expect(bob.descent.view().questions).toBe(2)
  })

  it('that left while another was asked too leave the question to that one', () => {
    const bob = withBob([777])
    bob.join(1, 2)
    bob.waits(1_000)
    bob.leave(1)
    bob.trace()
    bob.join(3)
    expect(bob.trace()).toBe('')
    bob.leave(2)
    expect(bob.trace()).toBe('bob -> mallory | nodes-request#3 pages 0…999')
  })

  it('that left, or were never there, are gone, and their frames are nobody’s', () => {
    const bob = withBob([777])
    bob.join(1)
    const root = firstOf(bob)
    for (const peer of [1, 1, 9]) bob.leave(peer)
    bob.trace()
    for (const peer of [1, 9]) bob.hears(peer, fromTarget(root.frame))
    expect(bob.trace().split('\n')).toHaveLength(2)
    expect(bob.descent.view()).toMatchObject({ peers: 0, waiting: 1 })
  })

  it('that are idle are asked what has waited longest, those that owe something or rest are not', () => {
    const bob = withBob([100, 777], { questionsPerPeer: 1 })
    bob.waits(5_000)
    bob.join(1)
    const root = firstOf(bob)
    bob.hears(1, fromTarget(root.frame))
    bob.waits(500)
    bob.join(2)
    bob.waits(500)
    bob.trace()
    bob.join(3)
    expect(bob.trace()).toBe('bob -> mallory | nodes-request#4 pages 96…127')
    bob.hears(3, { type: 'refused', request: 4, code: 'busy', message: '' })
    bob.waits(1_750)
    expect(bob.descent.view().questions).toBe(4)
    bob.waits(250)
    expect(bob.descent.view().questions).toBe(5)
    expect(bob.trace().split('\n').at(-1)).toBe('bob -> mallory | nodes-request#5 pages 96…127')
  })

  it('that are idle are not asked too before a second has passed', () => {
    const bob = withBob([777])
    bob.waits(5_000)
    bob.join(1, 2)
    bob.waits(750)
    expect(bob.descent.view().questions).toBe(1)
    bob.waits(250)
    expect(bob.descent.view().questions).toBe(2)
  })

  it('that are busy rest for two seconds, that refuse are not asked before they confirm afresh', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.hears(1, { type: 'refused', request: 1, code: 'busy', message: '' })
    bob.waits(1_750)
    expect(bob.descent.view().questions).toBe(1)
    bob.waits(500)
    expect(bob.descent.view().questions).toBe(2)
    bob.hears(1, { type: 'refused', request: 2, code: 'unknown-history', message: '' })
    bob.waits(30_000)
    expect(bob.descent.view()).toMatchObject({ questions: 2, peers: 0 })
    bob.join(1)
    expect(bob.descent.view()).toMatchObject({ questions: 3, peers: 1 })
  })

  it('that are slow are not waited for: an idle one is asked too after a second, and no third', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.join(2, 3)
    bob.waits(750)
    expect(bob.descent.view().questions).toBe(1)
    bob.waits(5_000)
    expect(bob.descent.view().questions).toBe(2)
    bob.served(2)
    bob.served(1)
    bob.served(3)
    expect(bob.found()).toBe('1000 right')
    expect(bob.trace()).not.toContain('cut')
  })
})

describe('[T32] a node that two peers owe', () => {
  it('is asked of a third when nobody new was asked for ten seconds, whatever else the two answer', () => {
    const target = pageHashes(3_000)
    const bob = createBob(target, altered(target, [0, 1_100, 1_200]))
    const answers = (peer: number, request: number): void => {
      const question = bob.open.find(({ frame }) => frame.request === request)
      if (question !== undefined) bob.hears(peer, honest(target)(question.frame))
    }
    bob.join(1)
    answers(1, 1)
    bob.join(2)
    bob.waits(1_000)
    answers(1, 3)
    expect([...new Set(bob.trace().split('\n').filter((line) => line.startsWith('bob')))].join('\n')).toMatchInlineSnapshot(`
      "bob -> alice | nodes-request#1 pages 0…2999
      bob -> alice | nodes-request#2 pages 0…1023
      bob -> alice | nodes-request#3 pages 1024…2047
      bob -> carol | nodes-request#4 pages 0…1023
      bob -> alice | nodes-request#5 pages 1088…1119
      bob -> carol | nodes-request#6 pages 1184…1215"
    `)
    bob.waits(9_000)
    answers(1, 5)
    answers(2, 6)
    bob.join(3)
    bob.trace()
    bob.waits(750)
    expect(bob.trace()).not.toContain('mallory')
    bob.waits(250)
    expect(bob.trace()).toContain('bob -> mallory | nodes-request#7 pages 0…1023')
  })
})

describe('[T33] a question', () => {
  it('is asked again under its number every second until it is answered', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.waits(3_250)
    expect(bob.open.map(({ frame }) => frame.request)).toEqual([1, 1, 1, 1])
    bob.served(1)
    expect(bob.found()).toBe('1000 right')
    expect(bob.trace()).not.toContain('cut')
  })

  it('that is answered twice, or late, is nobody’s fault', () => {
    const bob = withBob([777, 3])
    bob.join(1)
    const twice = firstOf(bob)
    bob.hears(1, fromTarget(twice.frame))
    for (let turn = 0; turn < 200; turn++) bob.hears(1, fromTarget(twice.frame))
    bob.open.splice(0, 1)
    bob.served(1)
    expect(bob.found()).toBe('1000 right')
    expect(bob.trace()).not.toContain('cut')
  })

  it('that was never asked is not answered: that is a lie, told once', () => {
    for (const request of [0, 2]) {
      const bob = withBob([777])
      bob.join(1)
      bob.trace()
      for (let times = 0; times < 2; times++) bob.hears(1, { type: 'nodes', request, hashes: [] })
      expect(bob.trace().split('\n').filter((line) => line.startsWith('cut'))).toEqual([`cut alice | protocol: It answered request ${request}, which was never made.`])
    }
  })

  it('is answered by what is of use now and then: frames that are not, and silence, count from then on', () => {
    const late = { type: 'nodes', request: 1, hashes: [] } as const
    const bob = withBob([100, 777], { questionsPerPeer: 1, uselessFrames: 1 })
    bob.join(1)
    const answered = (): void => {
      const question = bob.open.splice(0).at(-1)
      if (question !== undefined) bob.hears(1, fromTarget(question.frame))
    }
    answered()
    bob.hears(1, late)
    bob.waits(9_750)
    answered()
    bob.hears(1, late)
    bob.waits(9_750)
    expect(bob.trace()).not.toContain('cut')
    bob.waits(250)
    expect(bob.trace()).toContain('cut alice | silent: It sent nothing useful for 10 s.')
  })

  it('is answered by saying that one is busy: that is of use, too', () => {
    const bob = withBob([100, 777], { uselessFrames: 1 })
    bob.join(1)
    const root = firstOf(bob)
    const late = fromTarget(root.frame)
    bob.hears(1, late)
    bob.hears(1, late)
    bob.hears(1, { type: 'refused', request: 2, code: 'busy', message: '' })
    bob.hears(1, late)
    expect(bob.trace()).not.toContain('cut')
    bob.hears(1, late)
    expect(bob.trace()).toContain('cut alice | flood: It sent 2 frames in a row that were of no use.')
  })

  it('is not asked any more once everything is found', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.served(1)
    bob.trace()
    bob.join(2)
    bob.waits(2_000)
    expect(bob.trace()).toBe('')
  })

  it('is not answered by frames that nobody asked for, on and on: that is a flood', () => {
    const bob = withBob([777])
    bob.join(1, 2)
    const first = firstOf(bob)
    for (let turn = 0; turn < 300; turn++) bob.hears(2, fromTarget(first.frame))
    expect(bob.trace()).toContain('cut carol | flood')
  })

  it('that stays without an answer for ten seconds cuts the peer as silent; a night with the lid closed is nobody’s silence', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.descent.step({ type: 'tick', now: 40_000_000 })
    expect(bob.descent.view().peers).toBe(1)
    bob.waits(10_250)
    expect(bob.trace()).toContain('cut alice | silent')
  })

  it('is neither asked again nor counted as silence while frames of its peer wait for this node ([T18])', () => {
    const bob = withBob([777])
    bob.join(1)
    bob.trace()
    bob.waits(30_000, 1)
    expect(bob.trace()).toBe('')
    bob.waits(9_750)
    expect(bob.trace()).not.toContain('cut')
    bob.waits(250)
    expect(bob.trace()).toContain('cut alice | silent')
  })
})

it('[T29] nothing that was found comes from a peer that was cut, and its frames are nobody’s afterwards', () => {
  const bob = withBob([777])
  bob.join(3)
  bob.served(3, lie)
  bob.trace()
  bob.hears(3, fromTarget({ type: 'nodes-request', request: 1, stream: '' as never, root: new Uint8Array(32), rows: 0, from: 0, leaves: 1_000 }))
  bob.join(3)
  bob.waits(5_000)
  expect(bob.trace()).toBe('mallory -> bob | nodes#1 32 hashes')
  expect(bob.descent.view()).toMatchObject({ peers: 0, waiting: 1 })
})

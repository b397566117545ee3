import { describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../../../src/base/bytes.ts'
import { createSeededRandom, type Random } from '../../../src/base/random.ts'
import { createMerkleTree, partsOf, PARTS_PER_NODE, type Subtree } from '../../../src/domain/merkle.ts'
import { createDescent } from '../../../src/repair/descent.ts'
import type { DescentEffect, NodesAnswer, NodesQuestion } from '../../../src/repair/descent-events.ts'
import { sha256 } from '../../support/node-key.ts'
import { altered, headOver, honest, pageHashes } from './conversation.ts'

const LIES = ['wrong-hash', 'our-own', 'too-few', 'mute', 'refuses', 'busy', 'other-number', 'twice'] as const
type Lie = (typeof LIES)[number]

/** What a descent can be cut for, by what the peer does. `null`: no blame. */
const BLAME: Record<Lie, readonly (string | null)[]> = {
  'wrong-hash': ['bad-nodes', null],
  'our-own': ['bad-nodes', null],
  'too-few': ['bad-nodes', null],
  mute: ['silent', null],
  refuses: [null],
  busy: [null],
  'other-number': ['protocol', null],
  twice: [null],
}

interface Plan {
  readonly target: readonly Bytes[]
  readonly own: readonly Bytes[]
  readonly runLeaves: number
  readonly peers: number
  /** Of the last peer; null: it is honest. */
  readonly lie: Lie | null
  readonly loss: number
}

const LONGEST = pageHashes(200, 3)
const BEYOND = pageHashes(200, 8)

const planOf = (random: Random): Plan => {
  const target = LONGEST.slice(0, 1 + random.below(200))
  const differing = Array.from({ length: random.below(5) === 0 ? 60 : random.below(6) }, () => random.below(200))
  return {
    target,
    own: altered(LONGEST, differing).slice(0, random.below(201)),
    runLeaves: random.below(2) === 0 ? 1_024 : 8,
    peers: 1 + random.below(4),
    lie: random.below(4) === 0 ? null : (LIES[random.below(LIES.length)] ?? null),
    loss: random.below(3) === 0 ? 0 : random.next() * 0.4,
  }
}

/** Nodes that a descent has to ask about, counted by someone who sees both lists. */
const neededOf = ({ target, own, runLeaves }: Plan): number => {
  const theirs = createMerkleTree(target, sha256)
  const ours = createMerkleTree(own, sha256)
  const isOurs = (node: Subtree): boolean => node.from + node.leaves <= own.length && equalBytes(ours.hashOf(node), theirs.hashOf(node))
  const isLeft = ({ from, leaves }: Subtree): boolean =>
    from >= own.length && from % runLeaves === 0 && (leaves % runLeaves === 0 || from + leaves === target.length)
  const count = (node: Subtree): number =>
    isOurs(node) || isLeft(node) ? 0 : partsOf(node).reduce((sum, part) => sum + (part.leaves === 1 ? 0 : count(part)), 1)
  return count({ from: 0, leaves: target.length })
}

const answerOf = (lie: Lie | null, truth: NodesAnswer, ownAnswer: () => NodesAnswer): readonly NodesAnswer[] => {
  if (truth.type !== 'nodes') return [truth]
  const { request, hashes } = truth
  switch (lie) {
    case 'wrong-hash':
      return [{ ...truth, hashes: hashes.with(hashes.length - 1, new Uint8Array(32)) }]
    case 'our-own':
      return [ownAnswer()]
    case 'too-few':
      return [{ ...truth, hashes: hashes.slice(1) }]
    case 'mute':
      return []
    case 'refuses':
      return [{ type: 'refused', request, code: 'unknown-history', message: '' }]
    case 'busy':
      return [{ type: 'refused', request, code: 'busy', message: '' }]
    case 'other-number':
      return [{ ...truth, request: request + 1_000 }]
    case 'twice':
      return [truth, truth]
    case null:
      return [truth]
  }
}

interface Played {
  readonly found: readonly (Bytes | null)[] | null
  readonly cuts: ReadonlyMap<number, string>
  readonly questions: number
  readonly mostWaiting: number
  readonly ms: number
}

/** Two of five frames may be lost here: ten seconds without luck are nobody's silence. */
const SILENCE_MS = 60_000

/** One descent over a network that loses, delays, reorders and repeats what both sides say. */
const play = (plan: Plan, random: Random): Played => {
  const { target, own, peers, lie, loss } = plan
  const descent = createDescent({ head: headOver(target), pages: target.length, own }, sha256, { runLeaves: plan.runLeaves, silenceMs: SILENCE_MS })
  const truth = honest(target)
  const cuts = new Map<number, string>()
  let found: Played['found'] = null
  let mostWaiting = 0
  let now = 5_000
  const travelling: { readonly at: number; readonly arrive: () => void }[] = []
  const travel = (arrive: () => void): void => {
    const copies = random.next() < loss ? 0 : random.next() < loss / 4 ? 2 : 1
    for (let copy = 0; copy < copies; copy++) travelling.push({ at: now + random.below(loss === 0 ? 1 : 400), arrive })
  }
  const ownAnswer = (question: NodesQuestion) => (): NodesAnswer => {
    const beyond = [...own, ...BEYOND].slice(0, Math.max(own.length, target.length))
    return honest(beyond)(question)
  }
  const perform = (effect: DescentEffect): void => {
    if (effect.type === 'cut') cuts.set(effect.peer, effect.code)
    if (effect.type === 'found') found = effect.hashes
    if (effect.type !== 'send') return
    const { peer, frame } = effect
    const lies = peer === peers && peers > 1 ? lie : null
    travel(() => {
      for (const answer of answerOf(lies, truth(frame), ownAnswer(frame)))
        travel(() => descent.step({ type: 'frame', peer, frame: answer, now }).forEach(perform))
    })
  }
  for (let peer = 1; peer <= peers; peer++) descent.step({ type: 'peer', peer, now }).forEach(perform)
  for (let turn = 0; turn < 4_000 && !descent.view().isOver; turn++) {
    now += 50
    for (const due of travelling.filter(({ at }) => at <= now)) {
      travelling.splice(travelling.indexOf(due), 1)
      due.arrive()
    }
    if (turn % 5 === 0) descent.step({ type: 'tick', now }).forEach(perform)
    mostWaiting = Math.max(mostWaiting, descent.view().waiting)
  }
  return { found, cuts, questions: descent.view().questions, mostWaiting, ms: now - 5_000 }
}

const SEEDS = Number(process.env['SEEDS'] ?? 250)

/** What must have happened somewhere, else the worlds prove little. */
const ENDS = ['wrong-hash: bad-nodes', 'our-own: bad-nodes', 'too-few: bad-nodes', 'other-number: protocol', 'refuses: no blame', 'busy: no blame', 'twice: no blame', 'mute: no blame']

describe('[T1] [T29] [T30] [T33] over any network, with a liar among the peers, from any list of our own', () => {
  it('a descent ends with exactly the page list of the target, honest peers are never cut, and no question is wasted in fair weather', { timeout: 240_000 }, () => {
    const ends = new Set<string>()
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = createSeededRandom(seed)
      const plan = planOf(random)
      const told = `seed ${seed}: ${plan.target.length} pages, ours ${plan.own.length}, ${plan.peers} peers, ${plan.lie ?? 'honest'}, loss ${plan.loss.toFixed(2)}`
      const { found, cuts, questions, mostWaiting, ms } = play(plan, random)
      if (found === null) expect.fail(`${told}: no end`)
      expect(found.length, told).toBe(plan.target.length)
      plan.target.forEach((page, at) => {
        const got = found[at] ?? null
        if (got === null ? at < plan.own.length - (plan.own.length % plan.runLeaves) : !equalBytes(got, page)) expect.fail(`${told}: page ${at}`)
      })
      const liar = plan.peers > 1 ? plan.lie : null
      for (const [peer, code] of cuts) if (peer !== plan.peers || liar === null || !BLAME[liar].includes(code)) expect.fail(`${told}: cut ${peer} for ${code}`)
      const needed = neededOf(plan)
      if (plan.loss === 0 && liar === null) expect(questions, told).toBe(needed)
      // A second asker for each, what a liar was asked, and a busy one again every two seconds.
      expect(questions, told).toBeLessThanOrEqual(2 * needed + 4 + (liar === 'busy' ? (4 * ms) / 2_000 : 0))
      expect(mostWaiting, told).toBeLessThanOrEqual(2 * PARTS_PER_NODE)
      if (liar !== null) ends.add(`${liar}: ${[...cuts.values()].join() || 'no blame'}`)
    }
    for (const end of ENDS) expect([...ends]).toContain(end)
  })
})

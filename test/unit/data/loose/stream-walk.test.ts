import { describe, expect, it } from 'vitest'
import { createAgreement } from '../../../../src/consensus/agreement.ts'
import { AGREEMENT_DEFAULTS } from '../../../../src/consensus/agreement-events.ts'
import { MAX_WALKS } from '../../../../src/data/loose/agreements.ts'
import { createClaimants } from '../../../../src/data/loose/claimants.ts'
import { createLooseRows } from '../../../../src/data/loose/loose-rows.ts'
import { createStreamWalk, type StreamWalk } from '../../../../src/data/loose/stream-walk.ts'
import { createQuestions } from '../../../../src/data/downloads/questions.ts'
import { createPageCache } from '../../../../src/data/history/page-cache.ts'
import { createSerial } from '../../../../src/data/pace/serial.ts'
import { createTurns } from '../../../../src/data/pace/turns.ts'
import type { Entry } from '../../../../src/data/streams/entry.ts'
import type { Row } from '../../../../src/domain/row.ts'
import { NETWORK_SHAPE } from '../../../../src/domain/shape.ts'
import type { PublicKey, StreamId } from '../../../../src/domain/stream.ts'
import type { FrameOf } from '../../../../src/protocol/frame.ts'
import { MAX_USELESS_FRAMES } from '../../../../src/protocol/limits.ts'
import { digest, pass, verify } from '../../../support/data-node.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { sha256 } from '../../../support/node-key.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'
import { having, rowAt, type Peer } from '../../consensus/walker.ts'

const honest = having([10, 20, 30])

/** Its rows count down and all have one time: each is passed over. */
const marking: Peer = ({ row }) => ({ number: (row ?? 1_000_000) - 1, row: rowAt(30) })

type Ask = FrameOf<'row-before-request'>

/** Walks of some streams, with the turns, questions and rows of the product, among peers that answer as each stream has it. */
const startWalks = (streams: Readonly<Record<string, Peer>>) => {
  const clock = createVirtualClock()
  const store = createMemoryStore()
  const loose = createLooseRows(store)
  const held = { store, pages: createPageCache(store, digest), digest, sha256, verify, shape: NETWORK_SHAPE, inTurn: createSerial(), reached: () => undefined, denied: () => Promise.resolve() }
  const questions = createQuestions()
  const claimants = createClaimants()
  const turns = createTurns<StreamWalk>(MAX_WALKS, (walk) => {
    walk.wake()
  })
  const asked: Ask[] = []
  const ends: string[] = []
  const walks = Object.keys(streams).map((stream) => {
    const entry = { history: { record: { stream } } } as unknown as Entry
    const said = { changed: () => undefined, progressed: () => undefined, log: () => undefined }
    return createStreamWalk(entry, createAgreement(loose.viewOf(stream as StreamId)), { loose, questions, claimants, turns, clock, ...held, ...said })
  })
  const answerTo = (link: number, { stream, request, row, time }: Ask): Promise<void> => {
    const said = streams[stream]?.({ row, time }, request)
    if (said === 'mute' || said === undefined) return Promise.resolve()
    if (said === 'declines') return questions.answer(link, { type: 'refused', request, code: 'unknown-row', message: '' })
    return questions.answer(link, { type: 'row-before', request, stream, found: said === null ? null : { ...said, mark: 'quorum' } })
  }
  return {
    clock,
    loose,
    questions,
    asked,
    ends,
    /** A peer is linked and says that it has rows of all. */
    meet: (link: number, peer: string): void => {
      claimants.linked(link, peer as PublicKey)
      questions.linkReady({
        number: link,
        send: (frame) => {
          if (frame.type !== 'row-before-request') return
          asked.push(frame)
          void Promise.resolve().then(() => answerTo(link, frame))
        },
        end: ({ code, message }) => void ends.push(`${code}: ${message}`),
        inHandMs: () => 0,
      })
      for (const walk of walks) claimants.add(link, walk.stream)
      for (const walk of walks) walk.peerCame(link)
    },
    /** Steps that are shorter than a cool-down: answers arrive in between. */
    run: async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 50) await pass(clock, Math.min(50, left))
    },
    /** What is done once a file's rows are kept. */
    sayImported: (): void => {
      for (const walk of walks) walk.imported()
    },
    /** The peer of link 1 answers what it was asked last. */
    answerLast: async (row: Row): Promise<void> => {
      const last = asked.at(-1)
      if (last === undefined) throw new Error('nothing was asked')
      const { request, stream } = last
      await questions.answer(1, { type: 'row-before', request, stream, found: { row, number: null, mark: 'quorum' } })
    },
    askedOf: (): ReadonlySet<string> => new Set(asked.map(({ stream }) => stream)),
  }
}

const named = (count: number, peer: Peer): Record<string, Peer> => Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, peer]))

describe('[C18] walks beyond so many', () => {
  it('wait for their turn and ask nothing, whoever comes meanwhile', async () => {
    const town = startWalks(named(100, () => 'mute'))
    town.meet(1, 'ann')
    await town.run(150)
    expect([town.askedOf().size, town.asked.length]).toEqual([MAX_WALKS, MAX_WALKS])
    for (const [i, name] of ['ben', 'cid', 'dan'].entries()) town.meet(2 + i, name)
    await town.run(300)
    expect([town.askedOf().size, town.asked.length]).toEqual([MAX_WALKS, MAX_WALKS])
  })

  it('have it when another rests', async () => {
    const town = startWalks(named(MAX_WALKS + 1, honest))
    town.meet(1, 'ann')
    await town.run(3_000)
    expect(town.askedOf().size).toBe(MAX_WALKS + 1)
    for (let i = 0; i <= MAX_WALKS; i++) expect(town.loose.count(`s${i}` as StreamId)?.rows).toBe(3)
  })

  it('have it though peers answer all others with what is of no use, without end', async () => {
    const town = startWalks({ ...named(MAX_WALKS, marking), last: honest })
    town.meet(1, 'mal')
    await town.run(5_000)
    expect(town.loose.count('last' as StreamId)?.rows).toBe(3)
  })

  it('have it after thirty questions of another, and so in turn', async () => {
    const town = startWalks(named(MAX_WALKS + 1, marking))
    town.meet(1, 'mal')
    await town.run(4_500)
    const counts = [...town.askedOf()].map((stream) => town.asked.filter((one) => one.stream === stream).length)
    // One that had its turn waits; the others go on with their second, and the last is in the middle of its first.
    expect(counts.filter((count) => count >= 30).sort((a, b) => a - b).slice(0, 2)).toEqual([30, expect.toSatisfy((count: number) => count > 40)])
    expect(counts).toHaveLength(MAX_WALKS + 1)
  })

  it('have it between two questions of another: one that is open is repeated until it is answered', async () => {
    let isMute = false
    const town = startWalks({ ...named(MAX_WALKS, (place, question) => (isMute ? 'mute' : marking(place, question))), last: honest })
    town.meet(1, 'mal')
    await town.run(2_990)
    isMute = true
    town.asked.length = 0
    await town.run(1_200)
    const repeated = new Set(town.asked.map(({ request }) => request))
    expect(town.askedOf().has('last')).toBe(false)
    expect([repeated.size, town.asked.length]).toEqual([MAX_WALKS, 2 * MAX_WALKS])
  })
})

describe('[T18] an answer to a question of a walk', () => {
  it('that comes again is useless, though the walk rests and asks nothing else', async () => {
    const town = startWalks({ only: having([10]) })
    town.meet(1, 'mal')
    await town.run(1_000)
    for (let i = 0; i < MAX_USELESS_FRAMES; i++) await town.answerLast(rowAt(5))
    expect(town.ends).toEqual([])
    await town.answerLast(rowAt(5))
    expect(town.ends).toEqual([`flood: It sent ${MAX_USELESS_FRAMES} frames too many to questions that are over.`])
    expect(town.questions.open()).toBe(0)
  })
})

describe('[C15] rows of a file that come while a walk has a question open', () => {
  it('stay as they are, and the walk begins anew in their light', async () => {
    const stream = 'only' as StreamId
    const town = startWalks({ [stream]: () => 'mute' })
    town.meet(1, 'ann')
    await town.run(100)
    const adding = town.loose.add(stream, [rowAt(30, 'mine')])
    await town.answerLast(rowAt(30, 'theirs'))
    await adding
    town.sayImported()
    expect(town.loose.of(stream)?.newest).toMatchObject({ row: { value: 'mine' }, own: true })
    await town.run(AGREEMENT_DEFAULTS.coolDownMs + 50)
    expect(town.asked.at(-1)).toMatchObject({ row: null, time: null })
    expect(town.asked).toHaveLength(2)
  })

  it('stay its own though the answer comes before the walk has heard of them', async () => {
    const stream = 'only' as StreamId
    const town = startWalks({ [stream]: ({ time }) => (time === null ? { row: rowAt(30), number: null } : 'mute') })
    town.meet(1, 'ann')
    await town.run(250)
    expect(town.asked.at(-1)).toMatchObject({ time: 30 })
    await town.loose.add(stream, [rowAt(30)])
    await town.answerLast(rowAt(20))
    expect(town.loose.of(stream)?.newest).toMatchObject({ own: true, before: 'unknown' })
  })
})

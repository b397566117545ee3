import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { ok } from '../../../../src/base/result.ts'
import type { Entry } from '../../../../src/data/streams/entry.ts'
import { createFetch } from '../../../../src/data/downloads/fetch.ts'
import { createQuestions } from '../../../../src/data/downloads/questions.ts'
import type { StageDeps } from '../../../../src/data/downloads/stage.ts'
import { headBytes, type SignedHead } from '../../../../src/domain/head.ts'
import type { FrameOf, PeerFrame } from '../../../../src/protocol/frame.ts'
import { runAnswer } from '../../../../src/transfer/judge.ts'
import { wrapPage } from '../../../../src/transfer/parcel.ts'
import { verify } from '../../../support/data-node.ts'
import { blankSignature, createHistory, createRows, historyOf, type TestHistory } from '../../../support/history.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, sha256 } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'

const HISTORY = createHistory({ seed: 7, rows: 40, pageRows: 8 })
const RUN = { from: 0, hashes: HISTORY.pageHashes, have: HISTORY.pageHashes.map(() => false) }

/** A download from one peer whose page hashes are known, and whose judge speaks only when it is told to. */
const startFetch = () => {
  const questions = createQuestions()
  const cuts: string[] = []
  const judgements: (() => void)[] = []
  const deps = {
    clock: { now: () => 0 },
    store: createMemoryStore(),
    sha256,
    digest: (bytes: Bytes) => new Promise<Bytes>((resolve) => void judgements.push(() => resolve(sha256(bytes)))),
    shape: { pageRows: 8, runLeaves: 1_024 },
    log: () => undefined,
    questions,
    progressed: () => undefined,
    judged: () => undefined,
    detach: (work: Promise<void>) => void work,
  }
  questions.linkReady({ number: 1, send: () => undefined, end: ({ code }) => void cuts.push(code), inHandMs: () => 0 })
  const history = { record: { stream: HISTORY.stream, head: null }, form: 'observation', adopt: async () => ok(null) }
  const goal = { entry: { history, damaged: false } as unknown as Entry, target: { head: HISTORY.head, signature: blankSignature() } }
  const fetch = createFetch(goal, [RUN], deps as unknown as StageDeps, () => undefined)
  fetch.join(1)
  return { fetch, questions, cuts, judgements }
}

const packetOf = (page: number): FrameOf<'packet'> => {
  const bytes = wrapPage(HISTORY.pages[page] ?? new Uint8Array(0), { form: 'observation', number: page, rows: 8 }, [])
  return { type: 'packet', request: 1, number: page, page, part: 0, parts: 1, bytes }
}

describe('[T47] a page is opened while the one before it is hashed', () => {
  it('and the frame behind the two waits for the judge of the first', async () => {
    const { questions, judgements, cuts } = startFetch()
    const taken: number[] = []
    const hand = async (page: number): Promise<void> => {
      await questions.answer(1, packetOf(page))
      taken.push(page)
    }
    const all = (async () => {
      for (const page of [0, 1, 2, 3]) await hand(page)
    })()
    await settle()
    expect({ taken, judging: judgements.length }).toEqual({ taken: [0], judging: 2 })
    judgements[0]?.()
    await settle()
    expect({ taken, judging: judgements.length }).toEqual({ taken: [0, 1], judging: 3 })
    judgements[1]?.()
    judgements[2]?.()
    await all
    expect(taken).toEqual([0, 1, 2, 3])
    expect(cuts).toEqual([])
  })

  it('no page of an honest sender is dropped for want of room', async () => {
    const { fetch, questions, judgements } = startFetch()
    const hand = async (): Promise<void> => {
      for (const page of [0, 1, 2, 3, 4]) await questions.answer(1, packetOf(page))
    }
    const all = hand()
    for (let judged = 0; judged < 5; judged++) {
      await settle()
      judgements[judged]?.()
    }
    await all
    await settle()
    expect(fetch.view().pagesDone).toBe(5)
  })

  it('a lie in the frame that is taken meanwhile cuts its sender at once', async () => {
    const { questions, judgements, cuts } = startFetch()
    await questions.answer(1, packetOf(0))
    const lie = questions.answer(1, { ...packetOf(1), page: 77 })
    expect(cuts).toEqual(['wrong-page'])
    judgements[0]?.()
    await lie
  })
})

it('[T2] rows where pages were asked for are a lie', async () => {
  const { questions, cuts } = startFetch()
  await questions.answer(1, { type: 'rows', request: 1, from: 0, total: 0, rows: [] })
  expect(cuts).toEqual(['protocol'])
})

/** A download that finds out, with the last page hashes, that its publisher signed two histories. */
const startForked = () => {
  const key = createNodeKey()
  const identity = identityOf(key)
  const [ours, theirs] = [7, 8].map((seed) => historyOf(identity, createRows(createSeededRandom(seed), 40), 8)) as [TestHistory, TestHistory]
  const signed = ({ head }: TestHistory): SignedHead => ({ head, signature: key.sign(headBytes(head)) })
  const questions = createQuestions()
  const asked: PeerFrame[] = []
  questions.linkReady({ number: 1, send: (frame) => void asked.push(frame), end: () => undefined, inHandMs: () => 0 })
  const deps = {
    clock: { now: () => 0 }, store: createMemoryStore(), sha256, digest: async (bytes: Bytes) => sha256(bytes), verify,
    shape: { pageRows: 8, runLeaves: 2 }, log: () => undefined, questions, progressed: () => undefined, judged: () => undefined, detach: (work: Promise<void>) => void work,
  }
  const record = { stream: ours.stream, identity, head: signed(ours), hashes: ours.hashes }
  const entry = { history: { record, form: 'observation', change: async () => ok(null) }, damaged: false } as unknown as Entry
  const ends: (string | undefined)[] = []
  const known = { from: 0, hashes: theirs.pageHashes.slice(0, 2), have: [false, false] }
  const fetch = createFetch({ entry, target: signed(theirs) }, [known], deps as unknown as StageDeps, (failure) => void ends.push(failure?.code))
  fetch.join(1)
  const answer = async (frame: PeerFrame): Promise<void> => {
    const run = frame.type === 'hashes-request' ? runAnswer(theirs.pageHashes, frame.from, sha256, 2) : null
    if (run !== null) await questions.answer(1, { type: 'hashes', request: frame.request, ...run })
  }
  return { asked, answer, ends }
}

it('[D19] a fork that two answers show at once is told once, and ends the download', async () => {
  const { asked, answer, ends } = startForked()
  const runs = asked.filter(({ type }) => type === 'hashes-request')
  expect(runs).toMatchObject([{ from: 2 }, { from: 4 }])
  await Promise.all(runs.map(answer))
  await settle()
  expect(ends).toEqual(['forked'])
})

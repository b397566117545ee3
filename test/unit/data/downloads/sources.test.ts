import { expect, it } from 'vitest'
import { ok } from '../../../../src/base/result.ts'
import { createQuestions } from '../../../../src/data/downloads/questions.ts'
import { createSources } from '../../../../src/data/downloads/sources.ts'
import type { Catalogue } from '../../../../src/data/streams/catalogue.ts'
import type { SignedHead } from '../../../../src/domain/head.ts'
import type { PeerFrame } from '../../../../src/protocol/frame.ts'
import { blankSignature, createHistory } from '../../../support/history.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const HISTORY = createHistory({ seed: 7, rows: 8, pageRows: 8 })
const HEAD: SignedHead = { head: HISTORY.head, signature: blankSignature() }

/** What a peer has said of one stream, which is to be had under HEAD. */
const startSources = () => {
  const clock = createVirtualClock()
  const { stream } = HISTORY
  const entry: { target: SignedHead; [other: string]: unknown } = { target: HEAD, falseEpoch: -1, givenUp: -1, fork: null, history: { record: { stream, identity: HISTORY.identity, head: null } } }
  const catalogue = { get: () => entry, learn: () => Promise.resolve(ok(null)) } as unknown as Catalogue
  const asked: PeerFrame[] = []
  const questions = createQuestions()
  questions.linkReady({ number: 1, send: (frame) => void asked.push(frame), end: ({ code }) => expect.fail(code), inHandMs: () => 0 })
  const sources = createSources({ clock, catalogue, questions, confirmed: () => undefined, served: () => undefined })
  sources.linkReady(1)
  const answers = (serving: boolean, head: SignedHead | null) =>
    questions.answer(1, { type: 'status', request: asked.at(-1)?.request ?? 0, stream, serving, head })
  return {
    clock,
    entry,
    stream,
    sources,
    asked,
    hears: async (serving: boolean, head: SignedHead | null) => {
      sources.askAfresh(stream)
      await answers(serving, head)
      return sources.of(stream)
    },
    answers,
  }
}

it.each<[string, boolean]>([
  ['nothing of it any more', false],
  ['rows of it that nobody signed', true],
])('[D26] a peer serves what it said last, and says that it has %s', async (_, serving) => {
  const { hears } = startSources()
  const source = [{ link: 1, head: HEAD }]
  expect(await hears(true, HEAD)).toEqual(source)
  expect(await hears(serving, null)).toEqual([])
  expect(await hears(true, HEAD)).toEqual(source)
})

it('[D62] a question that has to rest is asked when it has rested, once, and in 30 s once at most', async () => {
  const { clock, stream, sources, asked, answers } = startSources()
  const askedAt: number[] = []
  sources.ask(1, stream)
  await answers(false, null)
  for (let second = 1; second <= 130; second++) {
    // Its rows say that it has the stream, again and again; its answers say that it has not.
    sources.hint(1, stream, true)
    clock.advance(1_000)
    const before = asked.length
    sources.tick()
    if (asked.length === before) continue
    askedAt.push(second)
    await answers(false, null)
  }
  expect(askedAt).toEqual([3, 33, 63, 93])
  clock.advance(200_000)
  const before = asked.length
  sources.tick()
  sources.tick()
  expect(asked.length).toBe(before + 1)
  await answers(false, null)
  clock.advance(200_000)
  sources.tick()
  expect(asked.length).toBe(before + 1)
})

it.each([
  ['rows that come one after the other', true],
  ['one head and another in turn', false],
])('[D62] %s make no peer asked more often', async (_, isGrowing) => {
  const { clock, entry, stream, sources, asked, answers } = startSources()
  sources.ask(1, stream)
  await answers(false, null)
  for (let second = 1; second <= 90; second++) {
    const head: SignedHead = { head: { ...HISTORY.head, rows: isGrowing ? HISTORY.head.rows + second : 1 + (asked.length % 2) }, signature: blankSignature() }
    entry.target = head
    sources.hint(1, stream, isGrowing || asked.length % 2 === 1)
    clock.advance(1_000)
    const before = asked.length
    sources.tick()
    if (asked.length > before) await (isGrowing || asked.length % 2 === 1 ? answers(false, null) : answers(true, head))
  }
  expect(asked.length).toBeLessThanOrEqual(5)
  expect(asked.length).toBeGreaterThanOrEqual(3)
})

it('[D62] an answer that is on its way is later than every hint before it: it is not asked for again', async () => {
  const { clock, stream, sources, asked, answers } = startSources()
  sources.ask(1, stream)
  sources.hint(1, stream, true)
  await answers(true, HEAD)
  clock.advance(100_000)
  sources.tick()
  expect(asked.length).toBe(1)
})

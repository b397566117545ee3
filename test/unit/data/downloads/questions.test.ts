import { describe, expect, it } from 'vitest'
import { createQuestions, type AnswerFrame, type Asker } from '../../../../src/data/downloads/questions.ts'
import type { PeerFrame } from '../../../../src/protocol/frame.ts'
import { MAX_USELESS_FRAMES } from '../../../../src/protocol/limits.ts'

const startLink = () => {
  const questions = createQuestions()
  const said: string[] = []
  const ends: string[] = []
  const hand = { ms: 0 }
  questions.linkReady({ number: 1, send: ({ type, request }) => void said.push(`${type}#${request}`), end: ({ code }) => void ends.push(code), inHandMs: () => hand.ms })
  return { questions, said, ends, hand }
}

const createAsker = () => {
  const heard: string[] = []
  const asker: Asker = { answer: async (link, { type, request }) => void heard.push(`${link} ${type}#${request}`) }
  return { asker, heard }
}

const ask = (request: number): PeerFrame => ({ type: 'status-request', request, stream: '' as never })
const busy = (request: number): AnswerFrame => ({ type: 'refused', request, code: 'busy', message: '' })

describe('[T2] the numbers of questions', () => {
  it('are a link’s own, each used once; an answer comes back to its asker under its own number', async () => {
    const { questions, said } = startLink()
    const [one, other] = [createAsker(), createAsker()]
    questions.send(one.asker, 1, ask(7))
    questions.send(other.asker, 1, ask(7))
    questions.send(one.asker, 1, ask(7))
    questions.send(one.asker, 1, ask(8))
    expect(said).toEqual(['status-request#1', 'status-request#2', 'status-request#1', 'status-request#3'])
    await questions.answer(1, busy(3))
    await questions.answer(1, busy(2))
    expect([one.heard, other.heard]).toEqual([['1 refused#8'], ['1 refused#7']])
  })

  it('that were never used are answered by liars alone; those of what is over are merely late', async () => {
    const { questions, ends } = startLink()
    const { asker, heard } = createAsker()
    questions.send(asker, 1, ask(1))
    questions.send(asker, 1, ask(2))
    questions.close(asker, 1, 1)
    await questions.answer(1, busy(1))
    expect(heard).toEqual([])
    questions.forget(asker)
    await questions.answer(1, busy(2))
    expect([heard, ends]).toEqual([[], []])
    for (const never of [0, 3]) await questions.answer(1, busy(never))
    expect(ends).toEqual(['protocol', 'protocol'])
  })

  it('are remembered as far as their asker says: an answer to an older one is late', async () => {
    const { questions, ends } = startLink()
    const { asker, heard } = createAsker()
    const forgetful: Asker = { ...asker, remembers: 2 }
    for (const request of [1, 2, 3]) questions.send(forgetful, 1, ask(request))
    expect(questions.open()).toBe(2)
    for (const number of [1, 2, 3]) await questions.answer(1, busy(number))
    expect([heard, ends]).toEqual([['1 refused#2', '1 refused#3'], []])
  })

  it('[T14] of a download that has ended: `completed` is answered with `complete`', async () => {
    const { questions, said } = startLink()
    const { asker } = createAsker()
    questions.send(asker, 1, ask(1))
    questions.forget(asker)
    await questions.answer(1, { type: 'completed', request: 1, packets: 3 })
    expect(said).toEqual(['status-request#1', 'complete#1'])
  })

  describe('[T18] that are over, and what still comes for them', () => {
    /** Frames until the link is cut, if it is. */
    const comeFor = async ({ questions, ends }: ReturnType<typeof startLink>, number: number, most: number): Promise<number> => {
      for (let frames = 1; frames <= most; frames++) {
        await questions.answer(1, busy(number))
        if (ends.length > 0) return frames
      }
      return most
    }
    /** One question was answered, and is over. */
    const answered = async () => {
      const link = startLink()
      const { asker } = createAsker()
      link.questions.send(asker, 1, ask(1))
      await link.questions.answer(1, busy(1))
      link.questions.close(asker, 1, 1)
      return { ...link, asker }
    }

    it('is no flood up to a bound, whatever is fetched', async () => {
      const link = await answered()
      expect(await comeFor(link, 1, 2_000)).toBe(MAX_USELESS_FRAMES + 1)
      expect(link.ends).toEqual(['flood'])
    })

    it('is a flood too when each of it says that it is completed', async () => {
      const { questions, ends, said } = await answered()
      for (let frames = 0; frames <= MAX_USELESS_FRAMES; frames++) await questions.answer(1, { type: 'completed', request: 1, packets: 3 })
      expect(ends).toEqual(['flood'])
      expect(said).toHaveLength(MAX_USELESS_FRAMES + 1)
    })

    it('is counted anew after the first answer to another, and only after that one', async () => {
      const link = await answered()
      link.questions.send(link.asker, 1, ask(2))
      expect(await comeFor(link, 1, MAX_USELESS_FRAMES)).toBe(MAX_USELESS_FRAMES)
      await link.questions.answer(1, busy(2))
      expect(await comeFor(link, 1, MAX_USELESS_FRAMES)).toBe(MAX_USELESS_FRAMES)
      await link.questions.answer(1, busy(2))
      expect(link.ends).toEqual([])
      expect(await comeFor(link, 1, 2_000)).toBe(1)
    })

    it('of a slow peer is no flood: what was given up unanswered may still be answered', async () => {
      const link = await answered()
      const streams = 300
      for (let request = 2; request <= streams + 1; request++) link.questions.send(link.asker, 1, ask(request))
      link.questions.forget(link.asker)
      link.questions.send(link.asker, 1, ask(1))
      await link.questions.answer(1, busy(streams + 2))
      const owed = 32 * streams
      expect(await comeFor(link, 2, 20_000)).toBe(owed + MAX_USELESS_FRAMES + 1)
    })

    it('of a peer that was mute for days is one: not everything that it was ever asked is owed', async () => {
      const link = await answered()
      const most = 2_000
      for (let request = 2; request <= 2 * most + 1; request++) link.questions.send(link.asker, 1, ask(request))
      link.questions.forget(link.asker)
      const owed = 32 * most
      expect(await comeFor(link, 2, 2 * owed)).toBe(owed + MAX_USELESS_FRAMES + 1)
    })
  })

  it('end with their link', async () => {
    const { questions, said, ends } = startLink()
    const { asker, heard } = createAsker()
    questions.send(asker, 1, ask(1))
    questions.linkGone(1)
    questions.send(asker, 1, ask(2))
    await questions.answer(1, busy(1))
    expect([said, heard, ends]).toEqual([['status-request#1'], [], []])
  })
})

it('[T18] a link is held while a frame of its peer is in hand from one tick to the next', () => {
  const { questions, hand } = startLink()
  const isHeld = [0, 249, 250, 60_000, 0].map((ms) => {
    hand.ms = ms
    return questions.held().has(1)
  })
  expect(isHeld).toEqual([false, false, true, true, false])
})

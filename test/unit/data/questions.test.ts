import { describe, expect, it } from 'vitest'
import { createQuestions, type AnswerFrame, type Asker } from '../../../src/data/questions.ts'
import type { PeerFrame } from '../../../src/protocol/frame.ts'

const startLink = () => {
  const questions = createQuestions()
  const said: string[] = []
  const ends: string[] = []
  questions.linkReady({ number: 1, send: ({ type, request }) => void said.push(`${type}#${request}`), end: ({ code }) => void ends.push(code) })
  return { questions, said, ends }
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
    expect(questions.open).toBe(2)
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

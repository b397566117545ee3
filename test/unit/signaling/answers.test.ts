import { describe, expect, it } from 'vitest'
import { createAnswers } from '../../../signaling/answers.ts'

const setUp = () => {
  const said: string[] = []
  const answers = createAnswers((thrown) => said.push(`broken ${String(thrown)}`))
  const deferred = () => {
    let resolve = (_: string): void => undefined
    let reject = (_: string): void => undefined
    const promise = new Promise<string>((kept, lost) => ([resolve, reject] = [kept, lost]))
    return { promise, resolve: (text: string) => resolve(text), reject: (text: string) => reject(text), settled: () => promise.then(() => null, () => null) }
  }
  return { said, answers, deferred, say: (text: string) => () => void said.push(text) }
}

describe('the answers of one connection', () => {
  it('[S16] are immediate while nothing waits', () => {
    const { said, answers, say } = setUp()
    answers.inTurn(say('a'))
    answers.inTurn(say('b'))
    expect(said).toEqual(['a', 'b'])
  })

  it('[S16] wait for those before them, whichever is kept first', async () => {
    const { said, answers, deferred, say } = setUp()
    const [first, second] = [deferred(), deferred()]
    answers.whenKept(first.promise, (outcome) => void said.push(outcome))
    answers.inTurn(say('directory'))
    answers.whenKept(second.promise, (outcome) => void said.push(outcome))
    second.resolve('second kept')
    await second.settled()
    expect(said).toEqual([])
    first.resolve('first kept')
    await first.settled()
    expect(said).toEqual(['first kept', 'directory', 'second kept'])
  })

  it('[S16] a request that waits when its turn has come is answered before those that were queued behind it', async () => {
    const { said, answers, deferred, say } = setUp()
    const [published, claimed] = [deferred(), deferred()]
    answers.whenKept(published.promise, (outcome) => void said.push(outcome))
    answers.inTurn(() => answers.whenKept(claimed.promise, (outcome) => void said.push(outcome)))
    answers.inTurn(say('peers'))
    published.resolve('published')
    await published.settled()
    expect(said).toEqual(['published'])
    claimed.resolve('called')
    await claimed.settled()
    expect(said).toEqual(['published', 'called', 'peers'])
  })

  it('go on when one of them breaks', async () => {
    const { said, answers, deferred, say } = setUp()
    const lost = deferred()
    answers.whenKept(lost.promise, say('never'))
    answers.inTurn(() => {
      throw new Error('defect')
    })
    answers.inTurn(say('next'))
    lost.reject('store')
    await lost.settled()
    expect(said).toEqual(['broken store', 'broken Error: defect', 'next'])
  })

  it('asked for by an answer come after it', () => {
    const { said, answers, say } = setUp()
    answers.inTurn(() => {
      answers.inTurn(say('inner'))
      said.push('outer')
    })
    expect(said).toEqual(['outer', 'inner'])
  })
})

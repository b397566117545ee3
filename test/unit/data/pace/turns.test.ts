import { describe, expect, it } from 'vitest'
import { createTurns } from '../../../../src/data/pace/turns.ts'

const setUp = (most: number) => {
  const woken: string[] = []
  const turns = createTurns<string>(most, (one) => {
    woken.push(one)
    turns.take(one)
  })
  return { turns, woken }
}

describe('turns', () => {
  it('are so many at a time: who comes beyond that waits, and is woken in the order of coming', () => {
    const { turns, woken } = setUp(2)
    expect(['ann', 'ben', 'cid', 'dan', 'ann'].map(turns.take)).toEqual([true, true, false, false, true])
    expect(['ann', 'cid', 'dan'].map(turns.isWaiting)).toEqual([false, true, true])
    turns.give('ben')
    expect(woken).toEqual(['cid'])
    // It had none: nobody gets one for it.
    turns.give('ben')
    turns.give('dan')
    expect(woken).toEqual(['cid'])
    turns.give('ann')
    expect([woken, turns.isWanted()]).toEqual([['cid', 'dan'], false])
  })

  it('are given way to who waits, and come round again', () => {
    const { turns, woken } = setUp(1)
    for (const one of ['ann', 'ben', 'cid']) turns.take(one)
    turns.giveWay('ann')
    expect([woken, turns.isWaiting('ann')]).toEqual([['ben'], true])
    turns.giveWay('ben')
    turns.giveWay('cid')
    expect(woken).toEqual(['ben', 'cid', 'ann'])
  })

  it('of who wants none any more are the next one’s', () => {
    const { turns, woken } = setUp(1)
    for (const one of ['ann', 'ben', 'cid']) turns.take(one)
    turns.forget('ben')
    turns.forget('ann')
    expect([woken, turns.isWanted()]).toEqual([['cid'], false])
  })
})

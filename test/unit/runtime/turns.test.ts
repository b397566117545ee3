import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { afterStart, idleTurn, nextTurn } from '../../../src/runtime/page/turns.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the next turn', () => {
  it('is another one: what is waiting in this one comes first', async () => {
    const order: string[] = []
    const next = nextTurn().then(() => order.push('next turn'))
    for (let i = 0; i < 5; i++) await Promise.resolve().then(() => order.push('this turn'))
    await next
    expect(order).toEqual([...Array<string>(5).fill('this turn'), 'next turn'])
  })

  it('waits for no timer: a hidden page has slow ones', async () => {
    await nextTurn()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('an idle turn', () => {
  it('is the browser’s to choose, within a bound', async () => {
    const asked = vi.fn((run: () => void) => run())
    vi.stubGlobal('requestIdleCallback', asked)
    await idleTurn()
    expect(asked).toHaveBeenCalledWith(expect.any(Function), { timeout: 1_000 })
  })

  it('comes where the browser knows none', async () => {
    const idle = idleTurn()
    await vi.runAllTimersAsync()
    await idle
  })
})

it('what nobody waits for comes seconds after the start', async () => {
  vi.stubGlobal('requestIdleCallback', (run: () => void) => run())
  const done = vi.fn()
  const later = afterStart().then(done)
  await vi.advanceTimersByTimeAsync(2_999)
  expect(done).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await later
})

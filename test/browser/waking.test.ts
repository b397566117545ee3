import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchWaking } from '../../src/runtime/page/waking.ts'

let stop = (): void => undefined
let woke = 0
let isHidden = false

beforeEach(() => {
  vi.useFakeTimers()
  woke = 0
  isHidden = false
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => isHidden)
  stop = watchWaking(() => void (woke += 1))
})
afterEach(() => {
  stop()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const settled = (): number => {
  vi.advanceTimersByTime(1_000)
  return woke
}
const hideFor = (ms: number): void => {
  isHidden = true
  document.dispatchEvent(new Event('visibilitychange'))
  vi.advanceTimersByTime(ms)
  isHidden = false
  document.dispatchEvent(new Event('visibilitychange'))
}

it.each([
  ['the network came back', () => dispatchEvent(new Event('online'))],
  ['the page was frozen', () => document.dispatchEvent(new Event('resume'))],
  ['the page comes out of the cache', () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))],
  ['the network is another', () => (navigator as unknown as { readonly connection: EventTarget }).connection.dispatchEvent(new Event('change'))],
  ['it was hidden for more than a minute', () => hideFor(60_001)],
])('[L36] wakes when %s', (_why, happen) => {
  happen()
  expect(settled()).toBe(1)
})

it.each([
  ['a page that is shown for the first time', () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }))],
  ['a look at another tab', () => hideFor(60_000)],
  ['a network that goes away', () => dispatchEvent(new Event('offline'))],
])('[L36] %s wakes nobody', (_why, happen) => {
  happen()
  expect(settled()).toBe(0)
})

it('[L36] tells once of what comes together, and nothing after it was stopped', () => {
  for (const one of ['online', 'online']) dispatchEvent(new Event(one))
  document.dispatchEvent(new Event('resume'))
  expect(settled()).toBe(1)
  dispatchEvent(new Event('online'))
  stop()
  dispatchEvent(new Event('online'))
  expect(settled()).toBe(1)
})

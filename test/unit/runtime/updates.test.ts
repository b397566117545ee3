import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchUpdates } from '../../../src/runtime/page/updates.ts'
import { settle } from '../../support/pipes.ts'

/** A service worker as a page sees it. */
class FakeWorker extends EventTarget {
  state = 'installing'
  readonly heard: unknown[] = []
  postMessage(message: unknown): void {
    this.heard.push(message)
  }
  become(state: string): void {
    this.state = state
    this.dispatchEvent(new Event('statechange'))
  }
}

class FakeRegistration extends EventTarget {
  installing: FakeWorker | null = null
  waiting: FakeWorker | null = null
  active: FakeWorker | null = null
  readonly update = vi.fn(async () => undefined)
  find(): FakeWorker {
    this.installing = new FakeWorker()
    this.dispatchEvent(new Event('updatefound'))
    return this.installing
  }
}

describe('a new version of the app', () => {
  let registration: FakeRegistration
  const reload = vi.fn()

  beforeEach(() => {
    registration = new FakeRegistration()
    reload.mockClear()
    vi.useFakeTimers({ toFake: ['setInterval'] })
    vi.stubGlobal('navigator', { serviceWorker: { register: async () => registration } })
    vi.stubGlobal('location', { reload })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  /** A tab: how often it was asked, and what answers yes. */
  const open = async () => {
    const offers: (() => void)[] = []
    watchUpdates((apply) => offers.push(apply))
    await settle()
    return offers
  }

  it('is offered once it waits, in every tab, and put in force by a yes in one: then every tab loads itself anew', async () => {
    registration.active = new FakeWorker()
    const [one, other] = [await open(), await open()]
    const fresh = registration.find()
    expect([one.length, other.length]).toEqual([0, 0])
    fresh.become('installed')
    expect([one.length, other.length]).toEqual([1, 1])
    expect(fresh.heard).toEqual([])
    one[0]?.()
    expect(fresh.heard).toEqual(['SKIP_WAITING'])
    fresh.become('activating')
    expect(reload).not.toHaveBeenCalled()
    fresh.become('activated')
    expect(reload).toHaveBeenCalledTimes(2)
  })

  it('is offered to a tab that opens while it waits already', async () => {
    registration.active = new FakeWorker()
    registration.waiting = new FakeWorker()
    expect(await open()).toHaveLength(1)
  })

  it('is none the first time: nobody is asked, and nothing is loaded anew under a person', async () => {
    const offers = await open()
    const first = registration.find()
    first.become('installed')
    registration.active = first
    first.become('activating')
    first.become('activated')
    expect([offers.length, reload.mock.calls.length]).toEqual([0, 0])
  })

  it('is looked for every hour, as long as the tab stays open', async () => {
    await open()
    vi.advanceTimersByTime(3 * 3_600_000)
    expect(registration.update).toHaveBeenCalledTimes(3)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchUpdates } from '../../../src/runtime/page/updates.ts'
import { settle } from '../../support/pipes.ts'

const deferred = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settled) => (resolve = settled))
  return { promise, resolve }
}

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

class FakeContainer extends EventTarget {
  controller: FakeWorker | null = null
  readonly register: () => Promise<FakeRegistration>
  constructor(register: () => Promise<FakeRegistration>) {
    super()
    this.register = register
  }
}

describe('a new version of the app', () => {
  let registration: FakeRegistration
  let container: FakeContainer
  const reload = vi.fn()

  beforeEach(() => {
    registration = new FakeRegistration()
    reload.mockClear()
    vi.useFakeTimers({ toFake: ['setInterval'] })
    container = new FakeContainer(async () => registration)
    vi.stubGlobal('navigator', { serviceWorker: container })
    vi.stubGlobal('location', { reload })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  /** A tab: how often it was asked, and what answers yes. */
  const open = async () => {
    const offers: (() => void)[] = []
    watchUpdates(Promise.resolve())((apply) => offers.push(apply))
    await settle()
    return offers
  }

  it('on a first visit nothing is fetched to be kept before the node has started; a page that is kept already is registered at once', async () => {
    const register = vi.spyOn(container, 'register')
    const { promise: started, resolve: start } = deferred()
    watchUpdates(started)
    await settle()
    expect(register).not.toHaveBeenCalled()
    start()
    await settle()
    expect(register).toHaveBeenCalledTimes(1)
    container.controller = new FakeWorker()
    watchUpdates(new Promise(() => undefined))
    expect(register).toHaveBeenCalledTimes(2)
  })

  it('is offered once it waits, in every tab, and put in force by a yes in one: then every tab loads itself anew', async () => {
    registration.active = new FakeWorker()
    const [one, other] = [await open(), await open()]
    const fresh = registration.find()
    expect([one.length, other.length]).toEqual([0, 0])
    fresh.become('installed')
    expect([one.length, other.length]).toEqual([1, 1])
    expect(fresh.heard).toEqual([])
    registration.waiting = fresh
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

  it('is offered also to a window that is built later, or anew: the page is watched once', async () => {
    registration.active = registration.waiting = new FakeWorker()
    const listen = watchUpdates(Promise.resolve())
    await settle()
    const told: string[] = []
    listen(() => told.push('first'))
    listen(() => told.push('second'))
    registration.find().become('installed')
    expect(told).toEqual(['first', 'second', 'second'])
    vi.advanceTimersByTime(3_600_000)
    expect(registration.update).toHaveBeenCalledOnce()
  })

  it('is offered to a tab that opens while it is being installed', async () => {
    registration.active = new FakeWorker()
    const fresh = registration.find()
    const offers = await open()
    expect(offers).toHaveLength(0)
    fresh.become('installed')
    expect(offers).toHaveLength(1)
  })

  it('that is newer than the one which was offered is the one that a yes puts in force', async () => {
    registration.active = new FakeWorker()
    const offered = new FakeWorker()
    registration.waiting = offered
    const offers = await open()
    const newer = registration.find()
    newer.become('installed')
    registration.waiting = newer
    offers[0]?.()
    expect([offered.heard, newer.heard]).toEqual([[], ['SKIP_WAITING']])
    registration.waiting = null
    offers[0]?.()
    expect(reload).toHaveBeenCalledOnce()
  })

  it('that comes into force unseen loads the tab anew, once; the first of all does not', async () => {
    await open()
    container.dispatchEvent(new Event('controllerchange'))
    expect(reload).not.toHaveBeenCalled()
    container = new FakeContainer(async () => registration)
    vi.stubGlobal('navigator', { serviceWorker: container })
    container.controller = registration.active = new FakeWorker()
    await open()
    container.dispatchEvent(new Event('controllerchange'))
    container.dispatchEvent(new Event('controllerchange'))
    expect(reload).toHaveBeenCalledOnce()
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

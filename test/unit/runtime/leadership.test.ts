import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLeadership } from '../../../src/runtime/page/leadership.ts'
import { settle } from '../../support/pipes.ts'

interface Request {
  readonly steal: boolean
  readonly hold: () => Promise<unknown>
  readonly reject: (why: Error) => void
}

/** The browser's locks, one name, as several tabs see them: who steals is granted it in a later turn, and who had it is told then. */
const createFakeLocks = () => {
  let holder: Request | null = null
  const queue: Request[] = []
  const grant = (request: Request): void => {
    const before = holder
    holder = request
    before?.reject(new Error('stolen'))
    void request.hold()
  }
  return {
    get waiting() {
      return queue.length
    },
    request: (_name: string, { steal = false, signal }: LockOptions, hold: () => Promise<unknown>) =>
      new Promise((_, reject) => {
        const request = { steal, hold, reject }
        if (steal) {
          queueMicrotask(() => grant(request))
          return
        }
        queue.push(request)
        signal?.addEventListener('abort', () => {
          if (queue.includes(request)) queue.splice(queue.indexOf(request), 1)
          reject(new Error('aborted'))
        })
        queueMicrotask(() => {
          const next = holder === null ? queue.shift() : undefined
          if (next !== undefined) grant(next)
        })
      }),
  }
}

describe('the lead of a node', () => {
  let locks: ReturnType<typeof createFakeLocks>

  beforeEach(() => {
    locks = createFakeLocks()
    vi.stubGlobal('navigator', { locks })
  })
  afterEach(() => vi.unstubAllGlobals())

  const open = () => {
    const told: string[] = []
    const leadership = createLeadership('p', {
      onGained: () => told.push('gained'),
      onLost: () => {
        told.push('lost')
        leadership.wait()
      },
    })
    leadership.wait()
    return { leadership, told }
  }

  it('is one tab’s, and taken over by another that then has it alone', async () => {
    const [one, other] = [open(), open()]
    await settle()
    expect([one.told, other.told]).toEqual([['gained'], []])
    other.leadership.steal()
    await settle()
    expect([one.told, other.told]).toEqual([['gained', 'lost'], ['gained']])
    expect(locks.waiting).toBe(1)
  })

  it('is taken once, however often it is asked for on the way, and again later', async () => {
    const [one, other] = [open(), open()]
    await settle()
    other.leadership.steal()
    other.leadership.steal()
    await settle()
    expect(other.told).toEqual(['gained'])
    one.leadership.steal()
    await settle()
    other.leadership.steal()
    await settle()
    expect([one.told, other.told]).toEqual([['gained', 'lost', 'gained', 'lost'], ['gained', 'lost', 'gained']])
    expect(locks.waiting).toBe(1)
  })

  it('is not lost to oneself: a hold that was taken from this very tab is followed by its next', async () => {
    const { leadership, told } = open()
    leadership.steal()
    await settle()
    leadership.steal()
    await settle()
    expect(told).not.toContain('lost')
  })
})

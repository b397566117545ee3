import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fail, failureOf, ok, type Result } from '../../../../src/base/result.ts'
import type { PublicKey } from '../../../../src/domain/stream.ts'
import { createHousehold, keptAddresses, rememberRestored, type Care } from '../../../../src/neuron/page/household.ts'

const KEY = 'ab'.repeat(32) as PublicKey

const createStorage = (given: Record<string, string> = {}): Storage => {
  const map = new Map(Object.entries(given))
  return {
    get length() {
      return map.size
    },
    key: (i) => [...map.keys()][i] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
    clear: () => map.clear(),
  }
}

const begin = (care: Partial<Care> = {}, given: Record<string, string> = {}) => {
  const storage = createStorage(given)
  const ended = vi.fn()
  const refusing = async (): Promise<Result<never>> => fail('no-answer', 'No.')
  const household = createHousehold({ profile: 'main', storage, isSecure: false, care: { backUp: refusing, restore: refusing, erase: refusing, ...care }, ended })
  const keys = (): readonly string[] => Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '').sort()
  return { household, storage, ended, keys }
}

const codeOf = (call: Promise<unknown>): Promise<string> => call.then(() => 'done', (thrown: unknown) => failureOf(thrown).code)

describe('addresses', () => {
  it('are kept when they can be used, and else stay as they were', async () => {
    const { household, storage } = begin()
    const addresses = { server: 'https://example.org', peerServer: '', iceServers: '' }
    await household.keepAddresses(addresses)
    expect(await codeOf(household.keepAddresses({ ...addresses, server: 'nonsense' }))).toBe('bad-server')
    expect([household.addresses, keptAddresses('other', storage)]).toEqual([addresses, { server: '', peerServer: '', iceServers: '' }])
  })
})

describe('a budget for the disk', () => {
  it('is one of those offered, none at first, and used up by a byte more', async () => {
    const { household, storage } = begin()
    expect([household.budget, household.isOverBudget(1e15)]).toEqual([null, false])
    for (const budget of household.budgets) {
      await household.keepBudget(budget)
      expect([household.budget, ...[budget * 1e9, budget * 1e9 + 1, null].map((used) => household.isOverBudget(used))]).toEqual([budget, false, true, false])
    }
    await household.keepBudget(null)
    expect([household.budget, storage.length]).toEqual([null, 0])
  })
})

describe('a backup', () => {
  it('that was made is remembered; one that was not is not', async () => {
    const failing = begin()
    expect(await codeOf(failing.household.backUp('x'))).toBe('no-answer')
    expect(failing.household.isBackedUp).toBe(false)
    const { household } = begin({ backUp: async () => ok(new Uint8Array([1])) })
    await household.backUp('x')
    expect(household.isBackedUp).toBe(true)
  })

  it('put back marks the identity before it is changed: a power cut between the two leaves a careful node', async () => {
    let marked: string | null = ''
    const { household, storage } = begin({
      restore: async () => {
        ;({ restored: marked } = rememberRestored('main', storage))
        return ok(KEY)
      },
    })
    expect(await household.restore(new Blob(['x']), 'word')).toBe(KEY)
    expect([marked, rememberRestored('main', storage).restored, household.isBackedUp]).toEqual(['fresh', 'fresh', true])
    rememberRestored('main', storage).settled()
    expect(rememberRestored('main', storage).restored).toBe('settled')
  })

  it.each([[undefined, null], ['settled', 'settled']])('that does not open leaves the mark as it was: %s', async (before, after) => {
    const { household, storage } = begin({}, before === undefined ? {} : { 'zazen:main:restored': before })
    expect(await codeOf(household.restore(new Blob(['x']), 'word'))).toBe('no-answer')
    expect(rememberRestored('main', storage).restored).toBe(after)
  })

  it('of megabytes is not even read', async () => {
    const restore = vi.fn<Care['restore']>()
    expect(await codeOf(begin({ restore }).household.restore(new Blob([new Uint8Array(65_537)]), 'word'))).toBe('not-a-backup')
    expect(restore).not.toHaveBeenCalled()
  })
})

describe('erasing', () => {
  const unregister = vi.fn(async () => true)
  const remove = vi.fn(async () => true)
  const given = { 'zazen:main:log': '', 'zazen:main:paused': 'yes', 'zazen:second:paused': 'yes', 'zazen-window:theme': 'dark', else: '' }

  beforeEach(() => {
    vi.stubGlobal('navigator', { serviceWorker: { getRegistrations: async () => [{ unregister }] } })
    vi.stubGlobal('caches', { keys: async () => ['app'], delete: remove })
    return () => {
      vi.unstubAllGlobals()
      vi.clearAllMocks()
    }
  })

  it('beside another node takes what is its own, and leaves the app and the other alone', async () => {
    const { household, ended, keys } = begin({ erase: async () => ok(1) }, given)
    await household.erase()
    expect(keys()).toEqual(['else', 'zazen-window:theme', 'zazen:second:paused'])
    expect(ended).toHaveBeenCalledExactlyOnceWith(1)
    expect(unregister).not.toHaveBeenCalled()
  })

  it('the last node takes the app along, and nothing that is not of it', async () => {
    const { household, keys } = begin({ erase: async () => ok(0) }, given)
    await household.erase()
    expect(keys()).toEqual(['else'])
    expect(unregister).toHaveBeenCalledOnce()
    expect(remove).toHaveBeenCalledExactlyOnceWith('app')
  })

  it('that fails changes nothing, and the node goes on', async () => {
    const { household, ended, keys } = begin({}, given)
    expect(await codeOf(household.erase())).toBe('no-answer')
    expect(keys()).toHaveLength(5)
    expect(ended).not.toHaveBeenCalled()
  })
})

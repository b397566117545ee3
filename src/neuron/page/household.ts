import { fail, type Result } from '../../base/result.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { PublicKey } from '../../domain/stream.ts'
import { orReject, reject } from '../rejection.ts'
import type { AddressTexts, Household } from '../household.ts'
import { judgeAddresses, readKeptAddresses } from './addresses.ts'
import { BUDGETS_GB, isOverBudget, keepBudget, keptBudget } from './budget.ts'

/** What the data process does for the person alone: never for a peer, and not for the neuron. */
export interface Care {
  backUp(passphrase: string): Promise<Result<Bytes>>
  restore(file: Bytes, passphrase: string): Promise<Result<PublicKey>>
  erase(): Promise<Result<number>>
}

export interface HouseholdDeps {
  readonly profile: string
  readonly storage: Storage
  readonly isSecure: boolean
  readonly care: Care
  /** Ends the processes; `others`: nodes of other profiles that this browser still holds. */
  readonly ended: (others: number) => void
}

/** No backup is longer; what is longer is not read into memory. */
const MAX_FILE_BYTES = 65_536

/** Keys in `localStorage`, all of one profile. */
const prefixOf = (profile: string): string => `zazen:${profile}:`
const addressesKey = (profile: string): string => `${prefixOf(profile)}addresses`
const backedUpKey = (profile: string): string => `${prefixOf(profile)}backed-up`
const restoredKey = (profile: string): string => `${prefixOf(profile)}restored`

export const keptAddresses = (profile: string, storage: Storage): AddressTexts => readKeptAddresses(storage.getItem(addressesKey(profile)))

/** Whether the identity of a profile came from a backup, and how to write down that it has learnt what it had signed. */
export const rememberRestored = (profile: string, storage: Storage) => {
  const text = storage.getItem(restoredKey(profile))
  return {
    restored: text === 'fresh' || text === 'settled' ? text : null,
    settled: (): void => {
      storage.setItem(restoredKey(profile), 'settled')
    },
  } as const
}

export const createHousehold = ({ profile, storage, isSecure, care, ended }: HouseholdDeps): Household => ({
  get addresses() {
    return keptAddresses(profile, storage)
  },
  keepAddresses: async (addresses) => {
    orReject(judgeAddresses(addresses, { isSecure }))
    storage.setItem(addressesKey(profile), JSON.stringify(addresses))
  },
  get budget() {
    return keptBudget(profile, storage)
  },
  budgets: BUDGETS_GB,
  isOverBudget: (usedBytes) => isOverBudget(usedBytes, keptBudget(profile, storage)),
  keepBudget: async (budget) => {
    keepBudget(profile, storage, budget)
  },
  get isBackedUp() {
    return storage.getItem(backedUpKey(profile)) === 'yes'
  },
  backUp: async (passphrase) => {
    const file = orReject(await care.backUp(passphrase))
    storage.setItem(backedUpKey(profile), 'yes')
    return file
  },
  restore: async (file, passphrase) => {
    if (file.size > MAX_FILE_BYTES) return orReject(fail('not-a-backup', 'This file is no backup of a Zazen identity.'))
    const bytes = new Uint8Array(await file.arrayBuffer())
    const before = storage.getItem(restoredKey(profile))
    // First: between the two a power cut leaves a node that asks once too often, never one that signs unasked.
    storage.setItem(restoredKey(profile), 'fresh')
    const restored = await care.restore(bytes, passphrase)
    if (restored.ok) {
      storage.setItem(backedUpKey(profile), 'yes')
      return restored.value
    }
    if (before === null) storage.removeItem(restoredKey(profile))
    else storage.setItem(restoredKey(profile), before)
    return reject(restored.error)
  },
  erase: async () => {
    const others = orReject(await care.erase())
    ended(others)
    for (const key of keysOf(storage)) if (key.startsWith(others === 0 ? 'zazen' : prefixOf(profile))) storage.removeItem(key)
    // The app's own files are all profiles'; the last one takes them along.
    if (others === 0) await forgetApp()
  },
})

const keysOf = (storage: Storage): readonly string[] =>
  Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter((key) => key !== null)

const forgetApp = async (): Promise<void> => {
  const registrations = await navigator.serviceWorker.getRegistrations()
  await Promise.all(registrations.map((registration) => registration.unregister()))
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)))
}

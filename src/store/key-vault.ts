import type { ReplaceableVault } from '../ports/key-vault.ts'
import type { Database } from './database.ts'
import type { Fence } from './fence.ts'

/** The identity's keys in the profile's database. CryptoKeys are stored as they are: never as bytes. */
export const createKeyVault = (database: Database, fence: Fence): ReplaceableVault<CryptoKey> => ({
  load: async () => (await database.get('keys', 'identity')) ?? null,
  // `add` fails where a key is already there: an identity is never overwritten by chance.
  save: (keys) => fence.write(['keys'], (transaction) => [() => transaction.objectStore('keys').add({ name: 'identity', ...keys })], STRICT),
  replace: (keys) => fence.write(['keys'], (transaction) => [() => transaction.objectStore('keys').put({ name: 'identity', ...keys })], STRICT),
})

const STRICT = { durability: 'strict' } as const

import type { ReplaceableVault } from '../ports/key-vault.ts'
import type { Database } from './database.ts'

/** The identity's keys in the profile's database. CryptoKeys are stored as they are: never as bytes. */
export const createKeyVault = (database: Database): ReplaceableVault<CryptoKey> => ({
  load: async () => (await database.get('keys', 'identity')) ?? null,
  // `add` fails where a key is already there: an identity is never overwritten by chance.
  save: async (keys) => {
    const transaction = database.transaction('keys', 'readwrite', { durability: 'strict' })
    await Promise.all([transaction.store.add({ name: 'identity', ...keys }), transaction.done])
  },
  replace: async (keys) => {
    const transaction = database.transaction('keys', 'readwrite', { durability: 'strict' })
    await Promise.all([transaction.store.put({ name: 'identity', ...keys }), transaction.done])
  },
})

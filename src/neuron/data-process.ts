import { sha256 } from '@noble/hashes/sha2.js'
import { err, fail, failureOf, ok, type Result } from '../base/result.ts'
import { startDataServer, type DataServer } from '../data/data-server.ts'
import { backUpIdentity, createVerify, openIdentity, restoreIdentity } from '../identity/web-identity.ts'
import { createChannelPipe } from '../link/channel-pipe.ts'
import { createPortPipe } from '../link/port-pipe.ts'
import { createOpenPeerLink } from '../link/secure-link.ts'
import type { LogDep } from '../ports/log.ts'
import type { Pipe } from '../ports/pipe.ts'
import type { DataProcess } from '../runtime/processes.ts'
import { createSystemClock, createSystemRandom, digestSha256 } from '../runtime/system.ts'
import { eraseDatabase, openDatabase, type Database } from '../store/database.ts'
import { createIndexedDbStore } from '../store/indexeddb-store.ts'
import { createKeyVault } from '../store/key-vault.ts'

/** The data process of one profile: composes the server from the platform's storage, keys and hashes. */
export const createDataProcess = (): DataProcess => {
  let server: DataServer | null = null
  let opened: Database | null = null
  // As many as the page dials at a time: it tells of each dial's end.
  const held = new Map<string, Pipe>()
  const compose = async (profile: string) => {
    const clock = createSystemClock()
    const verify = createVerify()
    const begun = clock.now()
    // A database that is lost under us ends the worker: the page starts it anew, and says why when that does not help.
    const database = await openDatabase(`zazen:${profile}`, ({ message }) => {
      throw new Error(message)
    })
    opened = database
    const openedAt = clock.now()
    const identity = await openIdentity(createKeyVault(database))
    const made = clock.now()
    const openPeerLink = createOpenPeerLink({ clock, random: createSystemRandom(), identity, verify })
    const createStore = (deps: LogDep) => createIndexedDbStore(database, deps)
    const started = await startDataServer({ clock, createStore, identity, verify, sha256, digest: digestSha256, openPeerLink })
    if (!started.ok) return started
    server = started.value
    return ok({ publicKey: identity.publicKey, openedMs: openedAt - begun, identityMs: made - openedAt })
  }
  const withDatabase = async <T>(work: (database: Database) => Promise<Result<T>>): Promise<Result<T>> => {
    if (opened === null) return fail('not-started', 'The store of histories is not open.')
    try {
      return await work(opened)
    } catch (thrown) {
      return err(failureOf(thrown, 'store-failed'))
    }
  }
  return {
    start: async (profile) => {
      if (server !== null) return fail('started', 'The data process runs already.')
      try {
        return await compose(profile)
      } catch (thrown) {
        return err(failureOf(thrown, 'store-failed'))
      }
    },
    attachLocal: (port, role) => {
      server?.attachLocal(createPortPipe(port), role)
    },
    attachPeer: (port, facts, key) => {
      server?.attachPeer(createPortPipe(port), facts, held.get(key) ?? null)
      held.delete(key)
    },
    holdBulk: (key, channel) => {
      held.set(key, createChannelPipe(channel, { clock: createSystemClock() }))
    },
    dropBulk: (key) => {
      held.get(key)?.close()
      held.delete(key)
    },
    backUp: (passphrase) => withDatabase((database) => backUpIdentity(createKeyVault(database), passphrase)),
    restore: (file, passphrase) => withDatabase((database) => restoreIdentity(createKeyVault(database), file, passphrase)),
    erase: () => withDatabase(async (database) => ok(await eraseDatabase(database))),
    ping: () => undefined,
  }
}

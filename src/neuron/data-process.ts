import { sha256 } from '@noble/hashes/sha2.js'
import { err, fail, failureOf, ok } from '../base/result.ts'
import { startDataServer, type DataServer } from '../data/data-server.ts'
import { createVerify, openIdentity } from '../identity/web-identity.ts'
import { createChannelPipe } from '../link/channel-pipe.ts'
import { createPortPipe } from '../link/port-pipe.ts'
import { createOpenPeerLink } from '../link/secure-link.ts'
import type { LogDep } from '../ports/log.ts'
import type { Pipe } from '../ports/pipe.ts'
import type { DataProcess } from '../runtime/processes.ts'
import { createSystemClock, createSystemRandom, digestSha256 } from '../runtime/system.ts'
import { openDatabase } from '../store/database.ts'
import { createIndexedDbStore } from '../store/indexeddb-store.ts'
import { createKeyVault } from '../store/key-vault.ts'

/** The data process of one profile: composes the server from the platform's storage, keys and hashes. */
export const createDataProcess = (): DataProcess => {
  let server: DataServer | null = null
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
    const opened = clock.now()
    const identity = await openIdentity(createKeyVault(database))
    const made = clock.now()
    const openPeerLink = createOpenPeerLink({ clock, random: createSystemRandom(), identity, verify })
    const createStore = (deps: LogDep) => createIndexedDbStore(database, deps)
    const started = await startDataServer({ clock, createStore, identity, verify, sha256, digest: digestSha256, openPeerLink })
    if (!started.ok) return started
    server = started.value
    return ok({ publicKey: identity.publicKey, openedMs: opened - begun, identityMs: made - opened })
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
      held.set(key, createChannelPipe(channel))
    },
    dropBulk: (key) => {
      held.get(key)?.close()
      held.delete(key)
    },
    ping: () => undefined,
  }
}

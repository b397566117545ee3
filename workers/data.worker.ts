import { sha256 } from '@noble/hashes/sha2.js'
import { expose } from 'comlink'
import { err, fail, failureOf, ok } from '../src/base/result.ts'
import { startDataServer, type DataServer } from '../src/data/data-server.ts'
import { createVerify, openIdentity } from '../src/identity/web-identity.ts'
import { createPortPipe } from '../src/link/port-pipe.ts'
import { createOpenPeerLink } from '../src/link/secure-link.ts'
import type { LogDep } from '../src/ports/log.ts'
import type { DataProcess } from '../src/runtime/processes.ts'
import { createSystemClock, createSystemRandom, digestSha256 } from '../src/runtime/system.ts'
import { openDatabase } from '../src/store/database.ts'
import { createIndexedDbStore } from '../src/store/indexeddb-store.ts'
import { createKeyVault } from '../src/store/key-vault.ts'

let server: DataServer | null = null

const start: DataProcess['start'] = async (profile) => {
  if (server !== null) return fail('started', 'The data process runs already.')
  const clock = createSystemClock()
  const verify = createVerify()
  const begun = clock.now()
  try {
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
  } catch (thrown) {
    return err(failureOf(thrown, 'store-failed'))
  }
}

const api: DataProcess = {
  start,
  attachLocal: (port, role) => {
    server?.attachLocal(createPortPipe(port), role)
  },
  attachPeer: (port, facts) => {
    server?.attachPeer(createPortPipe(port), facts)
  },
}
expose(api)

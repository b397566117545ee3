import { sha256 } from '@noble/hashes/sha2.js'
import { err, fail, failureOf, ok, type Result } from '../base/result.ts'
import { startDataServer, type DataServer } from '../data/data-server.ts'
import { backUpIdentity, createVerify, openIdentity, restoreIdentity } from '../identity/web-identity.ts'
import { createPortPipe } from '../link/port-pipe.ts'
import type { LogDep } from '../ports/log.ts'
import type { OpenPeerLink } from '../ports/peer-link.ts'
import { createPeerEntrance } from './peer-entrance.ts'
import { createLate } from '../runtime/late.ts'
import type { DataProcess, TabClaim } from '../runtime/processes.ts'
import { createSystemClock, createSystemRandom, digestSha256 } from '../runtime/system.ts'
import { eraseDatabase, openDatabase, storeFailureOf, type Database } from '../store/database.ts'
import { claimFence, SupersededError, type Fence } from '../store/fence.ts'
import { createIndexedDbStore } from '../store/indexeddb-store.ts'
import { createKeyVault } from '../store/key-vault.ts'

/** The data process of one profile: composes the server from the platform's storage, keys and hashes. */
export const createDataProcess = (): DataProcess => {
  let server: DataServer | null = null
  let opened: { readonly database: Database; readonly fence: Fence } | null = null
  const code = createLate(async () => (await import('./with-peers.ts')).withPeers)
  const entrance = createPeerEntrance({
    clock: createSystemClock(),
    log: (entry) => server?.log(entry),
    load: code.load,
    attach: (pipe, facts, bulk) => server?.attachPeer(pipe, facts, bulk),
  })
  const compose = async (profile: string, claim: TabClaim) => {
    const clock = createSystemClock()
    const verify = createVerify()
    const begun = clock.now()
    // A database that is lost under us ends the worker: the page starts it anew, and says why when that does not help.
    const database = await openDatabase(`zazen:${profile}`, ({ message }) => {
      throw new Error(message)
    })
    // Whoever has taken it over since is the node now: this process ends, as one does that has lost its database.
    const fence = await claimFence(database, claim, () => {
      reportError(new SupersededError())
    })
    opened = { database, fence }
    const openedAt = clock.now()
    const identity = await openIdentity(createKeyVault(database, fence))
    const made = clock.now()
    const linkDeps = { clock, random: createSystemRandom(), identity, verify }
    let open: OpenPeerLink | null = null
    const openPeerLink: OpenPeerLink = (...link) => {
      if (code.now === null) throw new Error('A peer has been let in before there was anything to prove its link with.')
      open ??= code.now.createOpenPeerLink(linkDeps)
      return open(...link)
    }
    const createStore = (deps: LogDep) => createIndexedDbStore(database, fence, deps)
    const started = await startDataServer({ clock, createStore, identity, verify, sha256, digest: digestSha256, openPeerLink, code })
    if (!started.ok) return started
    server = started.value
    return ok({ publicKey: identity.publicKey, openedMs: openedAt - begun, identityMs: made - openedAt })
  }
  const withDatabase = async <T>(work: (database: Database, fence: Fence) => Promise<Result<T>>): Promise<Result<T>> => {
    if (opened === null) return fail('not-started', 'The store of histories is not open.')
    try {
      return await work(opened.database, opened.fence)
    } catch (thrown) {
      return err(failureOf(thrown, 'store-failed'))
    }
  }
  return {
    start: async (profile, claim) => {
      if (server !== null) return fail('started', 'The data process runs already.')
      try {
        return await compose(profile, claim)
      } catch (thrown) {
        return err(thrown instanceof DOMException ? storeFailureOf(thrown) : failureOf(thrown, 'store-failed'))
      }
    },
    attachLocal: (port, role) => {
      server?.attachLocal(createPortPipe(port), role)
    },
    ...entrance,
    backUp: (passphrase) => withDatabase((database, fence) => backUpIdentity(createKeyVault(database, fence), passphrase)),
    restore: (file, passphrase) => withDatabase((database, fence) => restoreIdentity(createKeyVault(database, fence), file, passphrase)),
    erase: () => withDatabase(async (database, fence) => {
      // Another tab's node is not erased from under it.
      await fence.write([], () => [])
      return ok(await eraseDatabase(database))
    }),
    prepare: () => {
      // When it cannot be had now, the log says so when a peer or a walk needs it.
      code.load().catch(() => undefined)
    },
    ping: () => undefined,
  }
}

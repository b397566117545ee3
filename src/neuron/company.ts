import type { Snapshot } from './snapshot.ts'
import { createBans, readBans, type Bans } from './bans.ts'
import { lastSeen, notThere, readKnownPeers, writeKnownPeers } from './known-peers.ts'
import { createPeering, type Peering, type PeeringDeps } from './peering.ts'

/** The peers of this node: those that it is linked with or looks for, those that it has seen, and those that a person refuses. */
export interface Company {
  readonly peering: Peering
  readonly commands: Bans['commands']
  view(): Pick<Snapshot, 'peers' | 'seen' | 'banned'>
}

export interface CompanyDeps extends Omit<PeeringDeps, 'known' | 'keepKnown' | 'banned'> {
  /** Whom a person has banned, as the page has kept it; left out: nobody. */
  readonly keptBans?: string | null
  /** Whom to look for without a server, as an earlier life has said by `keepPeers`. */
  readonly knownPeers: string | null
  readonly keepPeers: (text: string) => void
}

export const createCompany = (deps: CompanyDeps): Company => {
  const { clock, log } = deps
  const judged = readBans(deps.keptBans ?? null)
  if (!judged.ok) log({ level: 'error', message: `the list of banned peers cannot be read, and nobody is banned: ${judged.error.message}` })
  const kept = judged.ok ? judged.value : []
  const known = readKnownPeers(deps.knownPeers, clock.now())
  let seen = lastSeen(known)
  const peering = createPeering({
    ...deps,
    banned: kept.map(({ id }) => id),
    known,
    keepKnown: (now) => {
      seen = lastSeen(now)
      deps.keepPeers(writeKnownPeers(now))
    },
  })
  const bans = createBans({ ...deps, kept, refuse: peering.refuse, admit: peering.admit })
  return {
    peering,
    commands: bans.commands,
    view: () => {
      const peers = peering.views()
      return { peers, seen: notThere(seen, peers, bans.all), banned: bans.all }
    },
  }
}

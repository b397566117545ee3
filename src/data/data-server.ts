import type { StreamId } from '../domain/stream.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import type { PublicKey } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { HistoryStore, StoreFailure } from '../ports/history-store.ts'
import type { Identity, Verify } from '../ports/identity.ts'
import type { Log, LogDep } from '../ports/log.ts'
import type { LinkEnd, LinkFacts, LinkHandlers, OpenPeerLink, PeerLink } from '../ports/peer-link.ts'
import type { Pipe } from '../ports/pipe.ts'
import type { Sha256 } from '../domain/hash.ts'
import { MAX_LINKS, MAX_REASON_BYTES } from '../protocol/limits.ts'
import type { StreamState } from '../protocol/local.ts'
import { createParcels } from '../transfer/parcels.ts'
import { createCatalogue, type Entry } from './catalogue.ts'
import { createDownloads } from './downloads.ts'
import { createDrafts } from './drafts.ts'
import { clipUtf8 } from '../domain/text.ts'
import { createLiveRows } from './live-rows.ts'
import { serveLocal, type LocalRole, type LocalSessionDeps } from './local-session.ts'
import { createPageClaims } from './page-claims.ts'
import { createPageCache } from './page-cache.ts'
import type { Digest } from './page-builder.ts'
import { createPeerSession, type PeerSession } from './peer-session.ts'
import { createSerial } from './serial.ts'
import { createWatchers } from './watchers.ts'

export interface DataServerDeps extends ClockDep {
  readonly createStore: (deps: LogDep) => HistoryStore
  readonly identity: Identity
  readonly verify: Verify
  readonly sha256: Sha256
  readonly digest: Digest
  readonly openPeerLink: OpenPeerLink
}

/** The data process: the only one that touches histories. Whoever is local got a port; strangers get a link and fewer rights. */
export interface DataServer {
  attachLocal(pipe: Pipe, role: LocalRole): void
  /** Takes a fresh channel to a stranger, and the second one of the same connection where there is one; answers the link's number. */
  attachPeer(pipe: Pipe, facts: LinkFacts, bulk?: Pipe | null): number
  readonly publicKey: PublicKey
}

/** How often what waits is looked at while anything waits, milliseconds. */
const TICK_MS = 250

interface Link {
  readonly peer: PublicKey
  readonly link: PeerLink
  session: PeerSession | null
}

export const startDataServer = async (deps: DataServerDeps): Promise<Result<DataServer, StoreFailure>> => {
  const { identity, clock, sha256, openPeerLink } = deps
  const links = new Map<number, Link>()
  let nextLink = 1
  const watchers = createWatchers({
    clock,
    stateOf: (stream) => {
      const entry = catalogue.get(stream)
      return entry === undefined ? null : stateOf(entry)
    },
  })
  const log: Log = (entry) => {
    watchers.log({ level: 'info', direction: 'none', stream: null, peer: null, ...entry })
  }
  const changed = (stream: StreamId): void => {
    watchers.changed(stream)
  }
  const store = deps.createStore({ log })
  const claims = createPageClaims()
  const pages = createPageCache(store, deps.digest)
  const catalogue = createCatalogue({ ...deps, store, claims, pages, log, changed })
  const downloads = createDownloads({ ...deps, store, claims, pages, log, changed, catalogue, progressed: watchers.progressed })
  const drafts = createDrafts({ catalogue, store })
  const parcels = createParcels()
  const live = createLiveRows({ catalogue, downloads, watchers })
  const stateOf = (entry: Entry): StreamState => {
    const { record, rows } = entry.history
    const { stream, subscribed, paused, head } = record
    const targetRows = entry.target?.head.rows ?? rows
    const { own } = entry
    const problem = entry.problem && { code: entry.problem.code, message: short(entry.problem.message) }
    return { stream, identity: record.identity, own, subscribed, paused, rows, head, targetRows, problem, ...downloads.view(entry) }
  }
  const endLink = (number: number, end: LinkEnd): void => {
    const link = links.get(number)
    if (link === undefined) return
    links.delete(number)
    live.linkGone(number)
    downloads.linkGone(number)
    const { peer } = link
    watchers.notify({ type: 'link-event', link: number, peer, event: end.cut ? 'cut' : 'closed', code: end.code, message: short(end.message) })
    log({ level: end.cut ? 'warn' : 'info', peer, message: `${end.cut ? 'cut off' : 'link closed'} (${end.code}): ${end.message}` })
  }
  const attachPeer: DataServer['attachPeer'] = (pipe, facts, bulk = null) => {
    const number = nextLink++
    const handlers: LinkHandlers = {
      ready: (peer) => {
        const held = links.get(number)
        if (held === undefined) return
        held.session = createPeerSession(number, link, { catalogue, downloads, live, clock, sha256, parcels })
        watchers.notify({ type: 'link-event', link: number, peer, event: 'ready', code: 'ready', message: '' })
        log({ peer, message: 'link proved and ready' })
        live.linkReady({ number, peer, send: link.send })
        downloads.linkReady({ number, send: link.send, end: link.end })
      },
      frame: (frame) => links.get(number)?.session?.frame(frame),
      ended: (end) => {
        endLink(number, end)
      },
    }
    const link = openPeerLink(pipe, facts, handlers, bulk)
    links.set(number, { peer: facts.expected, link, session: null })
    if (links.size > MAX_LINKS) link.end({ code: 'busy', message: 'This node has all the links it can keep.', cut: false })
    return number
  }
  const tick = (): void => {
    downloads.tick()
    for (const { session } of links.values()) session?.tick()
    clock.after(TICK_MS, tick)
  }

  const loaded = await catalogue.load()
  if (!loaded.ok) return err(loaded.error)
  const collected = await store.collect()
  if (collected.ok && collected.value > 0) log({ message: `${collected.value} ${collected.value === 1 ? 'page that no history names was' : 'pages that no history names were'} cleared away` })
  if (!collected.ok) log({ level: 'error', message: collected.error.message })
  clock.after(TICK_MS, tick)
  const session: LocalSessionDeps = {
    catalogue,
    downloads,
    drafts,
    live,
    watchers,
    identity,
    clock,
    stateOf,
    changed,
    inTurn: createSerial(),
    dropLink: (number, code, message) => {
      links.get(number)?.link.end({ code, message, cut: false })
    },
  }
  return ok({
    publicKey: identity.publicKey,
    attachLocal: (pipe, role) => {
      serveLocal(pipe, role, session)
    },
    attachPeer,
  })
}

const short = (message: string): string => clipUtf8(message, MAX_REASON_BYTES)

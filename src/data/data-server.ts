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
import { NETWORK_SHAPE, type HistoryShape } from '../domain/shape.ts'
import { MAX_LINKS, MAX_REASON_BYTES } from '../protocol/limits.ts'
import type { StreamState } from '../protocol/local.ts'
import { createParcels } from '../transfer/parcels.ts'
import { startAppointments } from './appointments.ts'
import { createAgreements } from './agreements.ts'
import { createBesideLinks } from './beside-links.ts'
import { createCatalogue } from './catalogue.ts'
import { createDownloads } from './downloads.ts'
import { createDrafts } from './drafts.ts'
import { clipUtf8 } from '../domain/text.ts'
import type { Entry } from './entry.ts'
import { beginEpoch } from './epochs.ts'
import { createEvidenceRelay } from './evidence-relay.ts'
import { createForgetting } from './forgetting.ts'
import { createForks } from './forks.ts'
import { createLiveRows } from './live-rows.ts'
import { createLooseRows } from './loose-rows.ts'
import { createLinkTraffic } from './link-traffic.ts'
import { serveLocal, type LocalRole, type LocalSessionDeps } from './local-session.ts'
import { createNewestHeads } from './newest-heads.ts'
import { createPageClaims } from './page-claims.ts'
import { createPageCache, type PageFailure } from './page-cache.ts'
import type { Digest } from './page-builder.ts'
import { createPageTimes } from './page-times.ts'
import { createPeerSession, type PeerSession } from './peer-session.ts'
import { createQuestions } from './questions.ts'
import { createSerial } from './serial.ts'
import { watchStuckPredictions } from './stuck-predictions.ts'
import { createSteadyClock } from './steady-clock.ts'
import { createServedTrees } from './served-trees.ts'
import { createWatchers } from './watchers.ts'

export interface DataServerDeps extends ClockDep {
  readonly createStore: (deps: LogDep) => HistoryStore
  readonly identity: Identity
  readonly verify: Verify
  readonly sha256: Sha256
  readonly digest: Digest
  readonly openPeerLink: OpenPeerLink
  /** Of the network's histories; the simulator has its own. */
  readonly shape?: HistoryShape
}

/** The data process: the only one that touches histories. Whoever is local got a port; strangers get a link and fewer rights. */
export interface DataServer {
  attachLocal(pipe: Pipe, role: LocalRole): void
  /** Takes a fresh channel to a stranger, and the second one of the same connection where there is one; answers the link's number. */
  attachPeer(pipe: Pipe, facts: LinkFacts, bulk?: Pipe | null): number
  readonly publicKey: PublicKey
  /** What is in memory on behalf of others at this moment. */
  held(): HeldForOthers
}

/** Counts that strangers can drive up, each to a bound: `limits.ts`, and of questions some for each link and wanted stream. */
export interface HeldForOthers {
  readonly links: number
  /** Asked of peers and not over. */
  readonly questions: number
  /** Requests of peers for pages, not over. */
  readonly requests: number
  /** Live rows for which it is too soon. */
  readonly rowsWaiting: number
}

/** How often what waits is looked at while anything waits, milliseconds. */
const TICK_MS = 250

interface Link {
  readonly peer: PublicKey
  readonly via: LinkFacts['via']
  /** Of a lossy line's several links to one peer only the first is known outside. */
  readonly beside: boolean
  readonly link: PeerLink
  session: PeerSession | null
}

export const startDataServer = async (deps: DataServerDeps): Promise<Result<DataServer, StoreFailure>> => {
  const { identity, clock, sha256, openPeerLink, shape = NETWORK_SHAPE } = deps
  // Read at every tick, so that no step of the machine's clock lasts longer than one.
  const steady = createSteadyClock(clock)
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
  const forks = createForks({
    ...deps,
    shape,
    log,
    changed,
    condemned: (entry) => {
      const { stream } = entry.history.record
      downloads.cancel(stream)
      for (const link of live.hearers(stream)) evidence.tell(link, entry)
    },
  })
  const { accuse, condemn } = forks
  const catalogue = createCatalogue({ ...deps, shape, store, claims, pages, log, changed, accuse })
  const evidence = createEvidenceRelay({ ...deps, shape, catalogue, condemn })
  const questions = createQuestions()
  const served = (link: number, stream: StreamId, serving: boolean): void => {
    const { peer, beside = true } = links.get(link) ?? {}
    if (peer !== undefined && !beside) watchers.notify({ type: 'link-serves', link, peer, stream, serving })
  }
  const judged = (link: number, good: boolean): void => {
    traffic.judged(link, good)
  }
  const downloads = createDownloads({ ...deps, clock: steady, shape, store, claims, pages, log, changed, catalogue, questions, condemn, served, judged, progressed: watchers.progressed, promoted: (stream) => promoted(stream), claimed: (link, stream, has) => agreements.claimed(link, stream, has), answeredIn: (link, ms) => traffic.answeredIn(link, ms) })
  const drafts = createDrafts({ catalogue, store })
  const parcels = createParcels()
  const trees = createServedTrees(sha256)
  const live = createLiveRows({ catalogue, downloads, watchers })
  const besides = createBesideLinks({ clock: steady })
  const traffic = createLinkTraffic({ clock: steady, live, watchers })
  const damaged = async (entry: Entry, failure: PageFailure): Promise<void> => {
    await catalogue.noteDamage(entry, failure)
    downloads.consider(entry.history.record.stream)
  }
  const loose = createLooseRows(store)
  const agreements = createAgreements({
    catalogue,
    loose,
    questions,
    clock: steady,
    log,
    shape,
    sources: (entry) => downloads.view(entry).peers,
    changed,
    progressed: watchers.progressed,
  })
  const promoted = async (stream: StreamId): Promise<void> => {
    const entry = catalogue.get(stream)
    if (entry !== undefined) await agreements.settle(entry)
    await live.caughtUp(stream)
  }
  const looseOf = (stream: StreamId): StreamState['loose'] => {
    const count = loose.count(stream)
    return count === null ? null : { ...count, walking: agreements.isWalking(stream) }
  }
  const reading = { catalogue, times: createPageTimes(shape), damaged, sha256, shape, loose }
  const stateOf = (entry: Entry): StreamState => {
    const { record, rows } = entry.history
    const { stream, subscribed, paused, head } = record
    const targetRows = entry.target?.head.rows ?? rows
    const { own } = entry
    const problem = entry.problem && { code: entry.problem.code, message: short(entry.problem.message) }
    return {
      stream,
      identity: record.identity,
      own,
      subscribed,
      paused,
      rows,
      head,
      targetRows,
      problem,
      forked: entry.fork !== null,
      archived: record.archive.length,
      loose: looseOf(stream),
      checkedAt: record.checkedAt,
      ...downloads.view(entry),
    }
  }
  const endLink = (number: number, end: LinkEnd): void => {
    const link = links.get(number)
    if (link === undefined) return
    links.delete(number)
    live.linkGone(number)
    agreements.linkGone(number)
    evidence.linkGone(number)
    downloads.linkGone(number)
    traffic.gone(number)
    besides.gone(number)
    const { peer, via } = link
    if (link.beside) {
      // A lie over one is a lie over all; anything else is the end of this one alone.
      if (end.cut) for (const other of [...links.values()]) if (other.peer === peer && !other.beside) other.link.end(end)
      return
    }
    watchers.notify({ type: 'link-event', link: number, peer, via, event: end.cut ? 'cut' : 'closed', code: end.code, message: short(end.message) })
    log({ level: end.cut ? 'warn' : 'info', peer, message: `${end.cut ? 'cut off' : 'link closed'} (${end.code}): ${end.message}` })
  }
  const attachPeer: DataServer['attachPeer'] = (pipe, facts, bulk = null) => {
    const number = nextLink++
    const over = { early: null as LinkEnd | null }
    const handlers: LinkHandlers = {
      ready: (peer) => {
        const held = links.get(number)
        if (held === undefined) return
        held.session = createPeerSession(number, link, { ...reading, downloads, live, clock: steady, parcels, trees, evidence })
        // The first words over it may be its end: nobody begins with a link that is gone, because nobody would ever be told.
        const begin = (...beginnings: readonly (() => void)[]): void => {
          for (const one of beginnings) if (links.has(number)) one()
        }
        const download = (): void => {
          downloads.linkReady({ number, send: link.send, end: link.end })
        }
        if (held.beside) {
          log({ peer, message: 'the line loses packets: one more connection carries pages' })
          begin(download, () => { besides.ready(number, link) })
          return
        }
        watchers.notify({ type: 'link-event', link: number, peer, via: facts.via, event: 'ready', code: 'ready', message: '' })
        log({ peer, message: 'link proved and ready' })
        begin(
          () => { evidence.linkReady(number, link) },
          () => { live.linkReady({ number, peer, send: link.send }) },
          () => { agreements.linkReady(number, peer) },
          download,
          () => { traffic.ready(number, peer, link) },
        )
      },
      frame: (frame) => links.get(number)?.session?.frame(frame),
      ended: (end) => {
        over.early = end
        endLink(number, end)
      },
    }
    const link = openPeerLink(pipe, facts, handlers, bulk)
    links.set(number, { peer: facts.expected, via: facts.via, beside: facts.beside === true, link, session: null })
    // Its very first word was its end, before it was known here.
    if (over.early !== null) endLink(number, over.early)
    if (links.size > MAX_LINKS) link.end({ code: 'busy', message: 'This node has all the links it can keep.', cut: false })
    return number
  }
  const tick = (): void => {
    downloads.tick()
    agreements.tick()
    traffic.tick()
    besides.tick()
    stuck.tick()
    for (const { session } of links.values()) session?.tick()
    clock.after(TICK_MS, tick)
  }

  const loaded = await catalogue.load()
  if (!loaded.ok) return err(loaded.error)
  const read = await Promise.all([...catalogue.all()].map(({ history }) => loose.load(history.record.stream, history.form)))
  for (const one of read) if (!one.ok) return one
  // It got its history in the last moment of the process before.
  for (const entry of catalogue.all()) if (entry.history.record.head !== null) await agreements.settle(entry)
  const collected = catalogue.isDoubtful ? ok(0) : await store.collect()
  if (collected.ok && collected.value > 0) log({ message: `${collected.value} ${collected.value === 1 ? 'page that no history names was' : 'pages that no history names were'} cleared away` })
  if (!collected.ok) log({ level: 'error', message: collected.error.message })
  const appointments = startAppointments({
    ...deps,
    shape,
    catalogue,
    damaged,
    disproved: (entry, failure) => {
      catalogue.disprove(entry, failure)
      downloads.consider(entry.history.record.stream)
    },
    askPeers: downloads.askPeers,
    changed,
  })
  const session: LocalSessionDeps = {
    log,
    ...reading,
    downloads,
    drafts,
    live,
    watchers,
    identity,
    clock,
    stateOf,
    changed,
    appointments,
    forget: createForgetting({ agreements, catalogue, downloads, drafts, live, store, watchers, log }),
    agreements,
    inTurn: createSerial(),
    store,
    newest: createNewestHeads({ self: identity.publicKey, catalogue, consider: downloads.consider, clock, sha256, verify: deps.verify }),
    dropLink: (number, code, message) => {
      links.get(number)?.link.end({ code, message, cut: false })
    },
  }
  const stuck = watchStuckPredictions({
    catalogue,
    clock: steady,
    log,
    hasLinks: () => [...links.values()].some(({ session: proved }) => proved !== null),
    beginEpoch: (stream) => beginEpoch(stream, session),
  })
  clock.after(TICK_MS, tick)
  return ok({
    publicKey: identity.publicKey,
    attachLocal: (pipe, role) => {
      serveLocal(pipe, role, session)
    },
    attachPeer,
    held: () => ({
      links: links.size,
      questions: questions.open,
      requests: [...links.values()].reduce((sum, { session: peer }) => sum + (peer?.requests ?? 0), 0),
      rowsWaiting: live.waiting,
    }),
  })
}

const short = (message: string): string => clipUtf8(message, MAX_REASON_BYTES)

import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { NETWORK_SHAPE, type HistoryShape } from '../domain/shape.ts'
import type { StreamId } from '../domain/stream.ts'
import type { PublicKey } from '../domain/stream.ts'
import { clipUtf8 } from '../domain/text.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { HistoryStore, StoreFailure } from '../ports/history-store.ts'
import type { Identity, Verify } from '../ports/identity.ts'
import type { Late } from '../ports/late.ts'
import type { Log, LogDep } from '../ports/log.ts'
import type { LinkFacts, OpenPeerLink } from '../ports/peer-link.ts'
import type { Pipe } from '../ports/pipe.ts'
import { MAX_REASON_BYTES } from '../protocol/limits.ts'
import type { StreamState } from '../protocol/local.ts'
import { createDownloads } from './downloads/downloads.ts'
import { createQuestions } from './downloads/questions.ts'
import type { Digest } from './history/kept-page.ts'
import { createPageCache, type PageFailure } from './history/page-cache.ts'
import { createPageClaims } from './history/page-claims.ts'
import { createEvidenceRelay } from './live/evidence-relay.ts'
import { createLiveRows } from './live/live-rows.ts'
import { createWatchers } from './live/watchers.ts'
import { createAgreements } from './loose/agreements.ts'
import { createLooseRows } from './loose/loose-rows.ts'
import { createDrafts } from './own/drafts.ts'
import { beginEpoch } from './own/epochs.ts'
import { createLearntShelf } from './own/learnt-shelf.ts'
import { createNewestHeads } from './own/newest-heads.ts'
import { watchStuckPredictions } from './own/stuck-predictions.ts'
import { createSerial } from './pace/serial.ts'
import { createSteadyClock } from './pace/steady-clock.ts'
import { startTicking } from './pace/ticking.ts'
import type { PeerCode } from './peer-code.ts'
import { createPageTimes } from './reading/page-times.ts'
import { createBesideLinks } from './sessions/beside-links.ts'
import { createForgetting } from './sessions/forgetting.ts'
import { createLinkTraffic } from './sessions/link-traffic.ts'
import type { LocalRole } from './sessions/local-rights.ts'
import { serveLocal, type LocalSessionDeps } from './sessions/local-session.ts'
import { createPeerLinks } from './sessions/peer-links.ts'
import type { PeerSessionDeps } from './sessions/peer-session.ts'
import { startAppointments } from './streams/appointments.ts'
import { createCatalogue } from './streams/catalogue.ts'
import type { Entry } from './streams/entry.ts'
import { createForks } from './streams/forks.ts'

export interface DataServerDeps extends ClockDep {
  readonly createStore: (deps: LogDep) => HistoryStore
  readonly identity: Identity
  readonly verify: Verify
  readonly sha256: Sha256
  readonly digest: Digest
  readonly openPeerLink: OpenPeerLink
  /** There before the first link is attached. */
  readonly code: Late<PeerCode>
  /** Of the network's histories; the simulator has its own. */
  readonly shape?: HistoryShape
}

/** The data process: the only one that touches histories. Whoever is local got a port; strangers get a link and fewer rights. */
export interface DataServer {
  attachLocal(pipe: Pipe, role: LocalRole): void
  /** Takes a fresh channel to a stranger, and the second one of the same connection where there is one; answers the link's number. */
  attachPeer(pipe: Pipe, facts: LinkFacts, bulk?: Pipe | null): number
  readonly publicKey: PublicKey
  /** For what its process has to say, beside its own lines. */
  readonly log: Log
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

export const startDataServer = async (deps: DataServerDeps): Promise<Result<DataServer, StoreFailure>> => {
  const { identity, clock, sha256, openPeerLink, shape = NETWORK_SHAPE } = deps
  // Read at every tick, so that no step of the machine's clock lasts longer than one.
  const steady = createSteadyClock(clock)
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
  const code = (): PeerCode => {
    if (deps.code.now === null) throw new Error('A peer has been let in before there was anything to answer it with.')
    return deps.code.now
  }
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
  const downloads = createDownloads({
    ...deps,
    clock: steady,
    ...{ shape, store, claims, pages, log, changed, catalogue, questions, condemn },
    createPursuit: (...wanted) => code().createPursuit(...wanted),
    progressed: watchers.progressed,
    served: (link, stream, serving) => {
      const peer = links.peerOf(link)
      if (peer !== null) watchers.notify({ type: 'link-serves', link, peer, stream, serving })
    },
    judged: (link, good) => {
      traffic.judged(link, good)
    },
    promoted: (stream) => promoted(stream),
    claimed: (link, stream, has) => agreements.claimed(link, stream, has),
    answeredIn: (link, ms) => traffic.answeredIn(link, ms),
  })
  const drafts = createDrafts({ catalogue, store })
  const shelf = createLearntShelf({ store, log })
  // What is served over all links.
  let shared: Pick<PeerSessionDeps, 'parcels' | 'trees'> | null = null
  const live = createLiveRows({ catalogue, downloads, watchers })
  const besides = createBesideLinks({ clock: steady })
  const traffic = createLinkTraffic({ clock: steady, live, watchers })
  const damaged = async (entry: Entry, failure: PageFailure): Promise<void> => {
    await catalogue.noteDamage(entry, failure)
    downloads.consider(entry.history.record.stream)
  }
  const loose = createLooseRows(store)
  const agreements = createAgreements({
    ...{ store, sha256, digest: deps.digest, verify: deps.verify, code: deps.code, clock: steady, log },
    ...{ shape, pages, changed, catalogue, loose, questions },
    sources: (entry) => downloads.view(entry).peers,
    reached: downloads.reached,
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
  const links = createPeerLinks({
    ...{ openPeerLink, watchers, log, live, agreements, evidence, downloads, traffic, besides },
    createSession: (number, link) => {
      shared ??= { parcels: code().createParcels(), trees: code().createServedTrees(sha256) }
      return code().createPeerSession(number, link, { ...reading, downloads, live, clock: steady, ...shared, evidence })
    },
  })

  const loaded = await catalogue.load()
  if (!loaded.ok) return err(loaded.error)
  const read = await Promise.all([...catalogue.all()].map(({ history }) => loose.load(history.record.stream, history.form)))
  for (const one of read) if (!one.ok) return one
  // It got its history in the last moment of the process before.
  for (const entry of catalogue.all()) if (entry.history.record.head !== null) await agreements.settle(entry)
  const collected = catalogue.isDoubtful() ? ok(0) : await store.collect()
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
    forget: createForgetting({ agreements, catalogue, downloads, drafts, live, shelf, store, watchers, log }),
    agreements,
    inTurn: createSerial(),
    followInTurn: createSerial(),
    shelf,
    newest: createNewestHeads({ self: identity.publicKey, catalogue, consider: downloads.consider, clock, sha256, verify: deps.verify }),
    dropLink: links.drop,
    refusePeers: links.refuse,
    holdSigning: (held) => {
      stuck.hold(held)
    },
  }
  const stuck = watchStuckPredictions({
    catalogue,
    clock: steady,
    log,
    hasLinks: () => [...links.proved()].length > 0,
    beginEpoch: (stream) => beginEpoch(stream, session),
  })
  startTicking({ clock, log }, function* () {
    yield* [downloads, agreements, traffic, besides, stuck]
    yield* links.proved()
  })
  return ok({
    publicKey: identity.publicKey,
    log,
    attachLocal: (pipe, role) => {
      serveLocal(pipe, role, session)
    },
    attachPeer: links.attach,
    held: () => ({
      links: links.size(),
      questions: questions.open(),
      requests: [...links.proved()].reduce((sum, session) => sum + session.requests(), 0),
      rowsWaiting: live.waiting(),
    }),
  })
}

const short = (message: string): string => clipUtf8(message, MAX_REASON_BYTES)

import type { createAgreement } from '../../consensus/agreement.ts'
import type { AgreementConfig } from '../../consensus/agreement-events.ts'
import type { LooseRow } from '../../consensus/loose-row.ts'
import { isNewer, type SignedHead } from '../../domain/head.ts'
import { isKeyless, type PublicKey, type StreamId } from '../../domain/stream.ts'
import type { Late } from '../../ports/late.ts'
import { createSerial } from '../pace/serial.ts'
import { createTurns } from '../pace/turns.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { barredEpoch, type Entry } from '../streams/entry.ts'
import { createClaimants } from './claimants.ts'
import type { sayUntrue } from './loose-check.ts'
import type { createStreamWalk, StreamWalk, StreamWalkDeps } from './stream-walk.ts'

/**
 * The walks (M18): decides which streams are walked and how many at a time, and lets go of what they found when the signed history
 * comes, or its head denies it.
 */
export interface Agreements {
  linkReady(link: number, peer: PublicKey): void
  linkGone(link: number): void
  /** A peer has said whether it has rows of the stream, signed or not. */
  claimed(link: number, stream: StreamId, has: boolean): void
  /** Rows of the stream were imported. */
  imported(stream: StreamId): void
  /** The stream has its signed history: what was believed without it goes, and what was not true is said. */
  settle(entry: Entry): Promise<void>
  /** Nothing of the stream is kept any more. */
  stop(stream: StreamId): Promise<void>
  isWalking(stream: StreamId): boolean
  tick(): void
}

/** A signed stream is walked when nobody has served its history for so long, or when it takes longer than that to come, milliseconds. */
export const SOURCELESS_MS = 5_000
export const SLOW_MS = 15_000

/** Walks under way at a time: each asks every peer ten questions a second, and a peer's patience for one node has a bound (T27). */
export const MAX_WALKS = 8

const CONSIDER_EVERY_MS = 1_000

/** The code for walks is asked for again after this long, milliseconds: what is wanted is considered every second. */
const LOAD_AGAIN_MS = 30_000

export interface AgreementsDeps extends Omit<StreamWalkDeps, 'claimants' | 'turns' | 'inTurn' | 'denied'> {
  readonly catalogue: Catalogue
  readonly code: Late<{ readonly createAgreement: typeof createAgreement; readonly createStreamWalk: typeof createStreamWalk; readonly sayUntrue: typeof sayUntrue }>
  /** Peers that the stream's history is being fetched from. */
  readonly sources: (entry: Entry) => number
  readonly config?: Partial<AgreementConfig>
}

export const createAgreements = (deps: AgreementsDeps): Agreements => {
  const { catalogue, loose, clock, log, changed } = deps
  const claimants = createClaimants()
  const walks = new Map<StreamId, StreamWalk>()
  const turns = createTurns<StreamWalk>(MAX_WALKS, (walk) => {
    walk.wake()
  })
  const inTurn = createSerial()
  const waitingSince = new Map<StreamId, number>()
  /** The head that denied what was found of a stream: it is not walked again before there is a newer one. Of kept streams only. */
  const deniedBy = new Map<StreamId, SignedHead>()
  let considerAt = 0
  let loadAt = 0
  let hasMissed = false

  /** Keyless streams always; others while their history is long in coming. Never where there is one: the walk would overrule it. */
  const isWanted = (entry: Entry): boolean => {
    const { record } = entry.history
    if (!record.subscribed || entry.own || record.head !== null || entry.fork !== null) return false
    if (isKeyless(record.identity)) return true
    const no = deniedBy.get(record.stream)
    const isDenied = no !== undefined && no.head.epoch > barredEpoch(entry)
    if (isDenied && (entry.target === null || !isNewer(entry.target.head, no.head))) return false
    const since = waitingSince.get(record.stream) ?? clock.now()
    waitingSince.set(record.stream, since)
    return clock.now() - since >= (deps.sources(entry) > 0 ? SLOW_MS : SOURCELESS_MS)
  }
  const consider = (): void => {
    for (const entry of catalogue.all()) {
      const { stream, subscribed } = entry.history.record
      if (!subscribed) waitingSince.delete(stream)
      if (isWanted(entry) && !walks.has(stream)) start(entry)
    }
    for (const walk of walks.values()) {
      if (catalogue.get(walk.stream) === walk.entry && isWanted(walk.entry)) walk.compare()
      else end(walk)
    }
    for (const stream of waitingSince.keys()) if (catalogue.get(stream) === undefined) waitingSince.delete(stream)
  }

  const fetchCode = (): void => {
    if (clock.now() < loadAt) return
    loadAt = Infinity
    deps.code.load().catch(tellMissing)
  }
  const tellMissing = (thrown: unknown): void => {
    if (!hasMissed) log({ level: 'error', message: `What finds rows without a signature could not be loaded: reload the page. (${String(thrown)})` })
    hasMissed = true
    loadAt = clock.now() + LOAD_AGAIN_MS
  }
  const start = (entry: Entry): void => {
    const { stream } = entry.history.record
    const code = deps.code.now
    if (code === null) {
      fetchCode()
      return
    }
    const machine = code.createAgreement(loose.viewOf(stream), { ...deps.config, form: entry.history.form })
    const walk = code.createStreamWalk(entry, machine, { ...deps, claimants, turns, inTurn, denied })
    walks.set(stream, walk)
    for (const link of claimants.linksOf(stream)) walk.peerCame(link)
  }
  const end = (walk: StreamWalk | undefined): void => {
    if (walk === undefined) return
    walks.delete(walk.stream)
    walk.end()
  }
  const unclaim = (link: number, stream: StreamId): void => {
    if (claimants.remove(link, stream)) walks.get(stream)?.peerLeft(link)
  }

  const drop = async (stream: StreamId): Promise<boolean> => {
    const dropped = await loose.drop(stream)
    if (!dropped.ok) log({ level: 'error', stream, message: dropped.error.message })
    return dropped.ok
  }
  /** Nobody waits for it: a process may be starting, and the code for it be far. */
  const sayOf = ({ history }: Entry, rows: readonly LooseRow[]): void => {
    deps.code.load().then(({ sayUntrue }) => sayUntrue(rows, history, deps)).catch(tellMissing)
  }
  const denied: StreamWalkDeps['denied'] = async (entry, head) => {
    const { stream } = entry.history.record
    waitingSince.delete(stream)
    end(walks.get(stream))
    // What could not be dropped is walked on, and denied again.
    if (await drop(stream)) deniedBy.set(stream, head)
    changed(stream)
  }
  return {
    linkReady: claimants.linked,
    linkGone: (link) => {
      for (const stream of claimants.streams()) unclaim(link, stream)
      claimants.unlinked(link)
    },
    claimed: (link, stream, has) => {
      // It may have gone while its head was judged.
      if (claimants.peerOf(link) === undefined) return
      if (!has) {
        unclaim(link, stream)
        return
      }
      claimants.add(link, stream)
      walks.get(stream)?.peerCame(link)
    },
    imported: (stream) => {
      walks.get(stream)?.imported()
    },
    settle: async (entry) => {
      const { stream } = entry.history.record
      const walk = walks.get(stream)
      end(walk)
      const rows = loose.of(stream)
      // The last row of a walk may still be on its way to disk.
      if (rows === null && walk === undefined) return
      if (rows !== null) sayOf(entry, rows.slice(0, rows.size))
      await drop(stream)
      changed(stream)
    },
    stop: async (stream) => {
      deniedBy.delete(stream)
      end(walks.get(stream))
      await drop(stream)
    },
    isWalking: (stream) => walks.get(stream)?.isResting() === false,
    tick: () => {
      if (clock.now() < considerAt) return
      considerAt = clock.now() + CONSIDER_EVERY_MS
      consider()
    },
  }
}

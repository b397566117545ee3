import { equalBytes } from '../../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../../base/result.ts'
import type { Sha256 } from '../../domain/hash.ts'
import { createMerkleFrontier } from '../../domain/merkle.ts'
import { pagesOf } from '../../domain/page.ts'
import { splitPageList } from '../../domain/page-list.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { Verify } from '../../ports/identity.ts'
import { judgeHead } from '../history/judge-head.ts'
import type { PageFailure } from '../history/page-cache.ts'
import { createSerial } from '../pace/serial.ts'
import type { Catalogue } from './catalogue.ts'
import type { Entry } from './entry.ts'
import { wrongList } from './stored-record.ts'

const DAY_MS = 86_400_000

/** How often this node looks whose appointment has come, milliseconds: O(streams) each time. */
export const LOOK_EVERY_MS = 60_000

/** A check that storage did not let come to its end, or that found damage, is made again after so many looks: an hour. */
const LOOKS_AFTER_FAILURE = 60

/** Pages checked in one go, and how many times as long the data process then does other things. */
const PAGES_A_SLICE = 16
const REST = 4
const SHORTEST_REST_MS = 10
const LONGEST_REST_MS = 1_000

/** What a check found. */
export interface Checked {
  readonly good: number
  readonly bad: number
}

/**
 * The daily full check of every history that is kept (M15), each at a time of day of its own, so that neither the node nor its
 * peers do all of them at once. O(pages) a history; a million rows are 977 pages, and 0.4 s to read and hash in Chromium, as
 * much again to open where they rest packed (measured), spread over five times as long.
 */
export interface Appointments {
  /** Checks a stream now. */
  check(entry: Entry): Promise<Result<Checked>>
}

export interface AppointmentsDeps extends ClockDep {
  readonly catalogue: Catalogue
  readonly sha256: Sha256
  readonly verify: Verify
  readonly shape: HistoryShape
  readonly damaged: (entry: Entry, failure: PageFailure) => Promise<void>
  /** The record itself is wrong. */
  readonly disproved: (entry: Entry, failure: Failure) => void
  readonly askPeers: (stream: StreamId) => void
  readonly changed: (stream: StreamId) => void
}

/** The stream's time of day, milliseconds after midnight UTC: its first 48 bits. */
export const appointmentOf = (stream: StreamId): number => Number.parseInt(stream.slice(0, 12), 16) % DAY_MS

/** When the stream's last appointment was, at or before `now`. */
export const lastAppointment = (stream: StreamId, now: number): number => {
  const today = Math.floor(now / DAY_MS) * DAY_MS + appointmentOf(stream)
  return today <= now ? today : today - DAY_MS
}

export const startAppointments = (deps: AppointmentsDeps): Appointments => {
  const { catalogue, clock, sha256, verify, changed } = deps
  const { pageRows } = deps.shape
  const inTurn = createSerial()
  /** Somebody waits for an answer: then nothing rests. */
  let waiting = 0
  /** Checks that came to no end, and the look at which each may be tried again. Counted in looks: clocks step. */
  const restUntil = new WeakMap<Entry, number>()
  let looks = 0

  const isDue = ({ history: { record } }: Entry): boolean =>
    record.head !== null &&
    (record.checkedAt === null || record.checkedAt < lastAppointment(record.stream, clock.now()))
  const look = async (): Promise<void> => {
    looks++
    for (const entry of [...catalogue.all()]) {
      await mendTime(entry)
      if (!isDue(entry) || (restUntil.get(entry) ?? 0) > looks) continue
      const checked = await inTurn(() => checkNow(entry))
      if (!checked.ok || checked.value.bad > 0) restUntil.set(entry, looks + LOOKS_AFTER_FAILURE)
    }
  }
  const lookOften = (): void => {
    clock.after(LOOK_EVERY_MS, () => {
      void look().finally(lookOften)
    })
  }
  /** The clock was set back: the check was before now, whenever that was. Else it would be due only when that time comes again. */
  const mendTime = async ({ history }: Entry): Promise<void> => {
    const now = clock.now()
    if ((history.record.checkedAt ?? 0) > now) await history.change({ checkedAt: now })
  }

  const checkNow = async (entry: Entry): Promise<Result<Checked>> => {
    const { history } = entry
    const { stream } = history.record
    deps.askPeers(stream)
    const checked = await checkPages(entry)
    if (!checked.ok) return checked
    const isSound = await checkRecord(entry)
    // What was found damaged has not passed the check: it stays due, though not at once, until it is mended.
    const kept = isSound && checked.value.bad === 0 ? await history.change({ checkedAt: clock.now() }) : ok(null)
    changed(stream)
    return kept.ok ? checked : kept
  }
  /** Counts the pages as they are when their turn comes: the history may grow, or be replaced, meanwhile. */
  const checkPages = async (entry: Entry): Promise<Result<Checked>> => {
    const { history } = entry
    const found = { good: 0, bad: 0 }
    let began = clock.now()
    for (let page = 0; page < pagesOf(history.rows, pageRows); page++) {
      if (catalogue.get(history.record.stream) !== entry) return forgotten
      const bytes = await history.pageBytes(page, history.rows)
      if (!bytes.ok) await deps.damaged(entry, bytes.error)
      if (!bytes.ok && bytes.error.code !== 'damaged-page') return bytes
      found[bytes.ok ? 'good' : 'bad']++
      if ((page + 1) % PAGES_A_SLICE !== 0) continue
      await rest(clock.now() - began)
      began = clock.now()
    }
    return ok(found)
  }
  const rest = (workedMs: number): Promise<void> =>
    new Promise((resolve) => {
      const restMs = Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, workedMs * REST))
      if (waiting > 0) resolve()
      else clock.after(restMs, resolve)
    })
  /** The list against the root, and the root against the signature. */
  const checkRecord = async (entry: Entry): Promise<boolean> => {
    const { record } = entry.history
    if (record.head === null) return false
    const tree = createMerkleFrontier(sha256)
    for (const hash of splitPageList(record.hashes)) tree.push(hash)
    const isList = equalBytes(tree.rootWith(null), record.head.head.root)
    const signed = await judgeHead(record.head, record, verify)
    // It was replaced meanwhile, and what came was verified.
    if (entry.history.record.hashes !== record.hashes) return true
    if (!signed.ok) deps.disproved(entry, signed.error)
    else if (!isList) deps.disproved(entry, wrongList)
    return signed.ok && isList
  }

  lookOften()
  return {
    check: async (entry) => {
      waiting++
      try {
        return await inTurn(() => checkNow(entry))
      } finally {
        waiting--
      }
    },
  }
}

const forgotten = fail('unknown-stream', 'The stream was forgotten.')

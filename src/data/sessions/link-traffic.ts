import type { PublicKey } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { PeerLink } from '../../ports/peer-link.ts'
import type { LiveRows } from '../live/live-rows.ts'
import type { Watchers } from '../live/watchers.ts'

/** What a link has carried is told at most this often, milliseconds. */
const TELL_EVERY_MS = 2_000

/** Round trips of questions that are looked at: the least of a few is the line's, the others wait behind pages. */
const MAX_TRIPS = 8

/** Tells what each link has carried, as long as that changes. */
export interface LinkTraffic {
  ready(number: number, peer: PublicKey, link: PeerLink): void
  gone(number: number): void
  /** A page that this link brought was what it should be, or was not. */
  judged(number: number, good: boolean): void
  /** A question over this link and its answer took so long, milliseconds. */
  answeredIn(number: number, ms: number): void
  tick(): void
}

interface Told {
  readonly peer: PublicKey
  readonly link: PeerLink
  pagesGood: number
  pagesBad: number
  /** The last few round trips of questions. A side that sends little never gets credit, by which delay is measured otherwise. */
  readonly trips: number[]
  /** What was told last, as one text. */
  said: string
}

export interface LinkTrafficDeps extends ClockDep {
  readonly live: Pick<LiveRows, 'followedOver'>
  readonly watchers: Pick<Watchers, 'notify'>
}

export const createLinkTraffic = ({ clock, live, watchers }: LinkTrafficDeps): LinkTraffic => {
  const links = new Map<number, Told>()
  let tellAt = 0
  const tell = (number: number, told: Told): void => {
    const { peer, link, pagesGood, pagesBad } = told
    const { bytesIn, bytesOut, rttMs: creditMs } = link.traffic()
    const rttMs = creditMs ?? (told.trips.length > 0 ? Math.min(...told.trips) : null)
    const report = { bytesIn, bytesOut, pagesGood, pagesBad, rttMs: rttMs && Math.round(rttMs), follows: live.followedOver(number) }
    const said = Object.values(report).join()
    if (said === told.said) return
    told.said = said
    watchers.notify({ type: 'link-traffic', link: number, peer, ...report })
  }
  return {
    ready: (number, peer, link) => {
      links.set(number, { peer, link, pagesGood: 0, pagesBad: 0, trips: [], said: '' })
    },
    gone: (number) => {
      links.delete(number)
    },
    judged: (number, good) => {
      const told = links.get(number)
      if (told === undefined) return
      if (good) told.pagesGood++
      else told.pagesBad++
    },
    answeredIn: (number, ms) => {
      const trips = links.get(number)?.trips
      if (trips !== undefined && trips.push(ms) > MAX_TRIPS) trips.shift()
    },
    tick: () => {
      if (clock.now() < tellAt) return
      tellAt = clock.now() + TELL_EVERY_MS
      for (const [number, told] of links) tell(number, told)
    },
  }
}

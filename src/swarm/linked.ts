import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { SwarmConfig } from './config.ts'
import type { Traffic, Way } from './words.ts'

/** One proved link, as the swarm sees it. */
export interface Linked {
  readonly link: number
  readonly peer: PublicKey
  readonly via: Way
  /** This node has dialled. */
  readonly begun: boolean
  readonly since: number
  traffic: Traffic
  trafficAt: number
  bytesInPerSecond: number
  bytesOutPerSecond: number
  /** When it last carried more than next to nothing, and until when it counts as transferring. */
  carriedAt: number
  busyUntil: number
  /** For how long rows have been lacking over it or it has been transferring, and for how long they have been lacking since it last brought a verified page, milliseconds. */
  heldMs: number
  vainMs: number
  /** Verified pages when that was counted last. */
  pagesCounted: number
  /** It has to give a sign by then. */
  probedUntil: number | null
  /** Its end was asked for and is not yet told. */
  closing: boolean
  /** When streams were asked of it, beyond what the data process asks by itself. */
  readonly askedAt: Map<StreamId, number>
  /** What it has said last that it serves. */
  readonly serves: Set<StreamId>
  /** Wanted streams that it has said it serves, and that it has said it does not. */
  readonly confirms: Set<StreamId>
  readonly denies: Set<StreamId>
}

export const createLinked = (link: number, peer: PublicKey, via: Way, begun: boolean, now: number): Linked => ({
  link,
  peer,
  via,
  begun,
  since: now,
  traffic: { bytesIn: 0, bytesOut: 0, pagesGood: 0, pagesBad: 0, rttMs: null, follows: 0 },
  trafficAt: now,
  bytesInPerSecond: 0,
  bytesOutPerSecond: 0,
  carriedAt: now,
  busyUntil: 0,
  heldMs: 0,
  vainMs: 0,
  pagesCounted: 0,
  probedUntil: null,
  closing: false,
  askedAt: new Map(),
  serves: new Set(),
  confirms: new Set(),
  denies: new Set(),
})

/** A report of what it has carried; answers the pages since the last one. */
export const takeTraffic = (linked: Linked, traffic: Traffic, now: number, config: SwarmConfig): { readonly good: number; readonly bad: number } => {
  const before = linked.traffic
  const seconds = Math.max(0.001, (now - linked.trafficAt) / 1000)
  const bytesIn = traffic.bytesIn - before.bytesIn
  const bytesOut = traffic.bytesOut - before.bytesOut
  linked.bytesInPerSecond = bytesIn / seconds
  linked.bytesOutPerSecond = bytesOut / seconds
  if (bytesIn + bytesOut >= config.idleBytes) linked.carriedAt = now
  if (bytesIn + bytesOut >= config.busyBytes) linked.busyUntil = now + config.busyMs
  if (bytesIn > 0) linked.probedUntil = null
  linked.traffic = traffic
  linked.trafficAt = now
  return { good: traffic.pagesGood - before.pagesGood, bad: traffic.pagesBad - before.pagesBad }
}

/** Nobody needs it: no wanted stream is confirmed over it, its peer follows nothing of ours, and it has carried nothing for long. */
export const isIdle = (linked: Linked, now: number, config: SwarmConfig): boolean =>
  linked.confirms.size === 0 && linked.traffic.follows === 0 && now - linked.carriedAt >= config.idleMs

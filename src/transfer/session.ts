import { pagesOf } from '../domain/page.ts'
import type { Head } from '../domain/head.ts'
import { MAX_UNVERIFIED_PAGES } from '../protocol/limits.ts'
import type { DownloadConfig, DownloadEffect, QuestionFrame } from './download-events.ts'
import { createLedger, type KnownRun, type Ledger } from './ledger.ts'
import type { Receipt } from './receipt.ts'

// The state of one download and the few moves that everything else is made of.

export interface AskedRun {
  readonly kind: 'run'
  readonly frame: QuestionFrame
  readonly from: number
  readonly askedAt: number
  repeatedAt: number
}

export interface AskedPages {
  readonly kind: 'pages'
  readonly frame: QuestionFrame
  readonly receipt: Receipt
  readonly askedAt: number
  repeatedAt: number
  /** Any answer has come: the question need not be repeated. */
  heard: boolean
  /** A `completed` waits for our answer. */
  completedDue: boolean
  missingAt: number | null
  /** Something new has come since the last `missing`. */
  progressed: boolean
}

export type Asked = AskedRun | AskedPages

export interface Peer {
  readonly number: number
  /**
   * `declined`: does not serve us until it says afresh that it does, no blame. `cut` and `gone` are only remembered while
   * something is left to settle.
   */
  standing: 'serving' | 'declined' | 'cut' | 'gone'
  readonly open: Map<number, Asked>
  /** Pages of this peer with the judge; the question they answered. */
  readonly judgingPages: Map<number, AskedPages>
  readonly judgingRuns: Set<number>
  readonly declined: Set<number>
  /** How long it has owed an answer and sent nothing of use; stands still while nothing is owed. */
  quietMs: number
  restUntil: number
  useless: number
}

export interface Session {
  readonly head: Head
  readonly settings: DownloadConfig
  readonly ledger: Ledger
  readonly peers: Map<number, Peer>
  phase: 'fetching' | 'promoting' | 'done' | 'failed'
  effects: DownloadEffect[]
  /** Milliseconds of the download's own stopwatch. */
  now: number
  watchedAt: number
  lastRequest: number
  bytesReceived: number
}

export const createSession = (head: Head, settings: DownloadConfig, known: readonly KnownRun[]): Session => ({
  head,
  settings,
  ledger: createLedger(pagesOf(head.rows, settings.pageRows), { runLeaves: settings.runLeaves, patienceMs: settings.silenceMs }, known),
  peers: new Map(),
  phase: 'fetching',
  effects: [],
  now: 0,
  watchedAt: 0,
  lastRequest: 0,
  bytesReceived: 0,
})

export const send = (session: Session, peer: Peer, frame: QuestionFrame): void => {
  session.effects.push({ type: 'send', peer: peer.number, frame })
}

/** Parts of pages, and whole pages with the judge, that this peer makes us hold. */
export const pagesHeld = (peer: Peer): number =>
  [...peer.open.values()].reduce((sum, asked) => sum + (asked.kind === 'pages' ? asked.receipt.assembling() : 0), peer.judgingPages.size)

export const mayBeginPage = (peer: Peer): boolean => pagesHeld(peer) < MAX_UNVERIFIED_PAGES

export const useful = (peer: Peer): void => {
  peer.quietMs = 0
  peer.useless = 0
}

/** open → closed: what was asked goes back to the pool, except what is with the judge. */
export const abandon = (session: Session, peer: Peer, asked: Asked): void => {
  peer.open.delete(asked.frame.request)
  if (asked.kind === 'run') return session.ledger.releaseRun(asked.from)
  for (const page of asked.receipt.pages)
    if (asked.receipt.stateOf(page) !== 'judging' && asked.receipt.settle(page)) session.ledger.releasePage(page)
}

export const abandonAll = (session: Session, peer: Peer): void => {
  for (const asked of [...peer.open.values()]) abandon(session, peer, asked)
}

/** serving → cut: with a code for programs and a sentence for a person. */
export const cut = (session: Session, peer: Peer, code: string, message: string): void => {
  if (peer.standing === 'cut' || peer.standing === 'gone') return
  peer.standing = 'cut'
  session.effects.push({ type: 'cut', peer: peer.number, code, message })
  abandonAll(session, peer)
}

/** A question whose every page is settled is over, whether or not its sender has said so. */
export const closeIfSettled = (session: Session, peer: Peer, request: number): void => {
  const asked = peer.open.get(request)
  if (asked?.kind !== 'pages' || asked.receipt.open > 0) return
  peer.open.delete(request)
  send(session, peer, { type: 'complete', request })
}

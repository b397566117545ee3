import { unreachable } from '../base/unreachable.ts'
import type { Head } from '../domain/head.ts'
import { onFrame } from './answers.ts'
import { decide, watch } from './asking.ts'
import {
  DOWNLOAD_DEFAULTS,
  type DownloadConfig,
  type DownloadEffect,
  type DownloadEvent,
} from './download-events.ts'
import type { KnownRun } from './ledger.ts'
import {
  abandonAll,
  closeIfSettled,
  createSession,
  cut,
  mayBeginPage,
  pagesHeld,
  send,
  useful,
  type Peer,
  type Session,
} from './session.ts'
import { createStopwatch } from './stopwatch.ts'

export { DOWNLOAD_DEFAULTS, type AnswerFrame, type DownloadConfig, type DownloadEffect, type DownloadEvent, type QuestionFrame } from './download-events.ts'

export interface DownloadView {
  readonly pagesDone: number
  readonly pagesTotal: number
  /** Bytes of packets that were of use. */
  readonly bytesReceived: number
  /** Peers that serve us now. */
  readonly peers: number
  readonly phase: 'hashes' | 'pages' | 'promoting' | 'done' | 'failed'
}

/**
 * One download of one stream towards one verified head, from any number of peers: SPEC, section T. It begins with the
 * runs of page hashes that are `known`. No clock, no hash, no disk: the driver carries out the effects in their order and
 * answers with events. After `promoted` or a failure of the store, and when it is not wanted any more, every step is empty.
 */
export interface Download {
  step(event: DownloadEvent): readonly DownloadEffect[]
  view(): DownloadView
  /**
   * False: a packet of this peer would be dropped, because its pages are still with the judge. A driver that holds the link
   * back (no credit until the frame is consumed) waits for `page-judged`, or, as ours [T47], opens one page while another is
   * with the judge; one that cannot loses nothing but time.
   */
  hasRoom(peer: number): boolean
  /** What a peer makes us hold: its bounds are MAX_UNVERIFIED_PAGES and that many times the largest page. */
  held(peer: number): { readonly pages: number; readonly requests: number }
}

export const createDownload = (head: Head, config: Partial<DownloadConfig> = {}, known: readonly KnownRun[] = []): Download => {
  const settings = { ...DOWNLOAD_DEFAULTS, ...config }
  const session = createSession(head, settings, known)
  const stopwatch = createStopwatch(settings.silenceMs / 2)
  return {
    step(event) {
      if (session.phase === 'done' || session.phase === 'failed') return []
      if ('now' in event) session.now = stopwatch(event.now)
      session.effects = []
      apply(session, event)
      if (session.phase === 'fetching') decide(session)
      return session.effects
    },
    view: () => viewOf(session),
    hasRoom(number) {
      const peer = session.peers.get(number)
      return peer === undefined || peer.judgingPages.size === 0 || mayBeginPage(peer)
    },
    held(number) {
      const peer = session.peers.get(number)
      return peer === undefined ? { pages: 0, requests: 0 } : { pages: pagesHeld(peer), requests: peer.open.size }
    },
  }
}

const viewOf = ({ ledger, phase, peers, bytesReceived }: Session): DownloadView => ({
  pagesDone: ledger.pagesDone(),
  pagesTotal: ledger.pages,
  bytesReceived,
  peers: [...peers.values()].filter((peer) => peer.standing === 'serving').length,
  phase: phase !== 'fetching' ? phase : ledger.hashesDone() ? 'pages' : 'hashes',
})

const apply = (session: Session, event: DownloadEvent): void => {
  switch (event.type) {
    case 'peer':
      return onPeer(session, event.peer)
    case 'peer-gone':
      return onPeerGone(session, event.peer)
    case 'frame': {
      const peer = session.peers.get(event.peer)
      // A frame of a link that is being closed is nobody's.
      return peer?.standing === 'serving' || peer?.standing === 'declined' ? onFrame(session, peer, event.frame) : undefined
    }
    case 'run-judged':
      return onRunJudged(session, event)
    case 'page-judged':
      return onPageJudged(session, event)
    case 'promoted':
      return end(session, 'done')
    case 'unwanted':
      for (const peer of session.peers.values()) stopServing(session, peer)
      return end(session, 'failed')
    case 'store-failed':
      for (const peer of session.peers.values()) stopServing(session, peer)
      session.effects.push({ type: 'failed', failure: event.failure })
      return end(session, 'failed')
    case 'tick':
      return watch(session, event.held)
    default:
      return unreachable(event)
  }
}

const onPeer = (session: Session, number: number): void => {
  const known = session.peers.get(number)
  if (known?.standing === 'gone') {
    known.standing = 'serving'
    useful(known)
  }
  if (known?.standing === 'declined') revive(known)
  // It may have mended, or fetched by now, the pages that it did not have. Not while it answers: what it has just declined it has not.
  if (known?.standing === 'serving' && known.open.size === 0 && known.declined.size > 0) {
    known.declined.clear()
    known.restUntil = session.now + session.settings.restMs
  }
  if (known !== undefined) return
  session.peers.set(number, {
    number,
    standing: 'serving',
    open: new Map(),
    judgingPages: new Map(),
    judgingRuns: new Set(),
    declined: new Set(),
    quietMs: 0,
    restUntil: 0,
    useless: 0,
  })
}

/** declined → serving: it says afresh that it serves this history. The rest that it was given when it declined still holds. */
const revive = (peer: Peer): void => {
  peer.standing = 'serving'
  peer.declined.clear()
  useful(peer)
}

const onPeerGone = (session: Session, number: number): void => {
  const peer = session.peers.get(number)
  if (peer === undefined) return
  abandonAll(session, peer)
  peer.standing = 'gone'
  forget(session, peer)
}

/** A peer that is gone is remembered only until the judge has spoken about the last that it sent. */
const forget = (session: Session, peer: Peer): void => {
  if (peer.standing === 'gone' && peer.judgingPages.size === 0 && peer.judgingRuns.size === 0)
    session.peers.delete(peer.number)
}

const onRunJudged = (session: Session, event: Extract<DownloadEvent, { type: 'run-judged' }>): void => {
  const peer = session.peers.get(event.peer)
  if (peer?.judgingRuns.delete(event.from) !== true) return
  if (event.good) {
    session.ledger.acceptRun(event.from, event.hashes, event.have)
    settleRunElsewhere(session, event.from)
    useful(peer)
  } else cut(session, peer, 'bad-hashes', `Its page hashes from ${event.from} do not lead to the head.`)
  session.ledger.releaseRun(event.from)
  forget(session, peer)
}

const settleRunElsewhere = (session: Session, from: number): void => {
  for (const peer of session.peers.values())
    for (const [request, asked] of peer.open)
      if (asked.kind === 'run' && asked.from === from) {
        peer.open.delete(request)
        session.ledger.releaseRun(from)
      }
}

const onPageJudged = (session: Session, event: Extract<DownloadEvent, { type: 'page-judged' }>): void => {
  const peer = session.peers.get(event.peer)
  const asked = peer?.judgingPages.get(event.page)
  if (peer === undefined || asked === undefined) return
  peer.judgingPages.delete(event.page)
  asked.receipt.settle(event.page)
  if (event.verdict === 'good') {
    session.ledger.finishPage(event.page)
    useful(peer)
    closeIfSettled(session, peer, asked.frame.request)
  } else cut(session, peer, 'bad-page', `It sent a bad page: ${event.reason}.`)
  session.ledger.releasePage(event.page)
  if (session.ledger.isHeld(event.page)) cancelElsewhere(session, event.page)
  forget(session, peer)
}

/** A page that is here is cancelled where it was asked for too. */
const cancelElsewhere = (session: Session, page: number): void => {
  if (!session.ledger.isDone(page)) return
  for (const peer of session.peers.values())
    for (const [request, asked] of peer.open) {
      if (asked.kind !== 'pages') continue
      if (asked.receipt.stateOf(page) === 'judging' || !asked.receipt.settle(page)) continue
      session.ledger.releasePage(page)
      send(session, peer, { type: 'cancel', request, pages: [page] })
      closeIfSettled(session, peer, request)
    }
}

/** Senders are told, so that they do not go on for nothing. */
const stopServing = (session: Session, peer: Peer): void => {
  for (const [request, asked] of peer.open)
    if (asked.kind === 'pages') send(session, peer, { type: 'cancel', request, pages: asked.receipt.pages })
}

const end = (session: Session, phase: 'done' | 'failed'): void => {
  session.phase = phase
  session.peers.clear()
}

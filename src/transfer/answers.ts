import { unreachable } from '../base/unreachable.ts'
import { MAX_DECLINED_PAGES, MAX_LATE_FRAMES, type AnswerFrame } from './download-events.ts'
import {
  abandon,
  abandonAll,
  closeIfSettled,
  cut,
  mayBeginPage,
  send,
  useful,
  type Asked,
  type AskedPages,
  type Peer,
  type Session,
} from './session.ts'

type Answer<T extends AnswerFrame['type']> = Extract<AnswerFrame, { type: T }>

/** What a peer says, checked against what it was asked. */
export const onFrame = (session: Session, peer: Peer, frame: AnswerFrame): void => {
  if (frame.request < 1 || frame.request > session.lastRequest)
    return cut(session, peer, 'protocol', `It answered request ${frame.request}, which was never made.`)
  const asked = peer.open.get(frame.request)
  if (asked === undefined) return onLate(session, peer, frame)
  switch (frame.type) {
    case 'hashes':
      return onHashes(session, peer, asked, frame)
    case 'refused':
      return onRefused(session, peer, asked, frame)
    case 'packet':
    case 'completed':
    case 'unavailable':
      return asked.kind === 'pages' ? onPages(session, peer, asked, frame) : mismatch(session, peer, frame)
    default:
      return unreachable(frame)
  }
}

const mismatch = (session: Session, peer: Peer, frame: AnswerFrame): void =>
  cut(session, peer, 'protocol', `It answered request ${frame.request} with ${frame.type}, which is no answer to it.`)

/** It may have crossed our `complete` or `cancel`: no blame, and no silence while that can be, but not for ever. */
const onLate = (session: Session, peer: Peer, frame: AnswerFrame): void => {
  if (frame.type === 'packet' || frame.type === 'hashes') heard(peer)
  if (frame.type === 'completed') send(session, peer, { type: 'complete', request: frame.request })
  useless(session, peer)
}

/** Somebody who sends what others were quicker to bring is there: on a slow line of ours all of them are late. */
const heard = (peer: Peer): void => {
  if (peer.useless < MAX_LATE_FRAMES) peer.quietMs = 0
}

const useless = (session: Session, peer: Peer): void => {
  if (++peer.useless > session.settings.uselessFrames)
    cut(session, peer, 'flood', `It sent ${peer.useless} frames in a row that were of no use.`)
}

/** asked → being judged. */
const onHashes = (session: Session, peer: Peer, asked: Asked, frame: Answer<'hashes'>): void => {
  if (asked.kind !== 'run') return mismatch(session, peer, frame)
  const { from, hashes, proof } = frame
  if (from !== asked.from || hashes.length !== session.ledger.runLength(from))
    return cut(session, peer, 'bad-hashes', `It sent ${hashes.length} page hashes from ${from} where others were asked for.`)
  peer.open.delete(frame.request)
  peer.judgingRuns.add(from)
  useful(peer)
  session.effects.push({ type: 'judge-run', peer: peer.number, from, hashes, proof })
}

const onPages = (
  session: Session,
  peer: Peer,
  asked: AskedPages,
  frame: Answer<'packet'> | Answer<'completed'> | Answer<'unavailable'>,
): void => {
  asked.heard = true
  if (frame.type === 'packet') onPacket(session, peer, asked, frame)
  else if (frame.type === 'completed') onCompleted(session, peer, asked, frame)
  else onUnavailable(session, peer, asked, frame)
}

const onPacket = (session: Session, peer: Peer, asked: AskedPages, frame: Answer<'packet'>): void => {
  const taking = asked.receipt.take(frame, mayBeginPage(peer))
  if (taking.kind === 'lie') return cut(session, peer, taking.code, taking.message)
  if (taking.kind === 'useless' || taking.kind === 'dropped') {
    heard(peer)
    return useless(session, peer)
  }
  useful(peer)
  asked.progressed = true
  session.bytesReceived += frame.bytes.length
  if (taking.kind === 'kept') return
  peer.judgingPages.set(taking.page, asked)
  const hash = session.ledger.hashOf(taking.page)
  session.effects.push({ type: 'judge-page', peer: peer.number, page: taking.page, parcel: taking.parcel, hash })
}

const onCompleted = (session: Session, peer: Peer, asked: AskedPages, frame: Answer<'completed'>): void => {
  const isNews = asked.receipt.packets === null
  const problem = asked.receipt.completed(frame.packets)
  if (problem !== null) return cut(session, peer, 'protocol', problem)
  asked.completedDue = true
  if (isNews) useful(peer)
  else useless(session, peer)
}

const onUnavailable = (session: Session, peer: Peer, asked: AskedPages, frame: Answer<'unavailable'>): void => {
  const stranger = frame.pages.find((page) => asked.receipt.stateOf(page) === null)
  if (stranger !== undefined)
    return cut(session, peer, 'wrong-page', `It declined page ${stranger}, which was not asked for.`)
  const before = asked.receipt.open
  for (const page of frame.pages) {
    // Whole pages are the judge's, whatever their sender says afterwards.
    if (asked.receipt.stateOf(page) === 'judging' || !asked.receipt.settle(page)) continue
    peer.declined.add(page)
    session.ledger.releasePage(page)
  }
  if (asked.receipt.open < before) useful(peer)
  else useless(session, peer)
  closeIfSettled(session, peer, frame.request)
  if (peer.declined.size > MAX_DECLINED_PAGES) decline(session, peer)
}

const onRefused = (session: Session, peer: Peer, asked: Asked, frame: Answer<'refused'>): void => {
  abandon(session, peer, asked)
  if (frame.code !== 'busy') return decline(session, peer)
  useful(peer)
  peer.restUntil = session.now + session.settings.restMs
}

/** serving → declined: not asked again before it says afresh that it serves this history, and not soon; not cut. */
const decline = (session: Session, peer: Peer): void => {
  peer.standing = 'declined'
  peer.restUntil = session.now + session.settings.restMs
  abandonAll(session, peer)
}

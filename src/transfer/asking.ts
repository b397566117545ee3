import { MIN_SHARE, type QuestionFrame } from './download-events.ts'
import { maxParcelBytes } from './parcel.ts'
import { createReceipt } from './receipt.ts'
import { cut, send, type Asked, type AskedPages, type Peer, type Session } from './session.ts'

/** The one decision: answers what is due, then sees to it that nobody who could help stands idle. */
export const decide = (session: Session): void => {
  for (const peer of session.peers.values()) answerCompleted(session, peer)
  const { ledger } = session
  if (ledger.pagesDone() === ledger.pages) return promote(session)
  for (let depth = 0; depth < session.settings.requestsPerPeer; depth++)
    for (const peer of session.peers.values()) if (isFree(session, peer) && peer.open.size <= depth) ask(session, peer)
  for (const peer of session.peers.values()) if (isFree(session, peer) && peer.open.size === 0) askToo(session, peer)
}

const NOBODY: ReadonlySet<number> = new Set()

/** Time passes: questions are repeated, silence is noticed. */
export const watch = (session: Session, held: ReadonlySet<number> = NOBODY): void => {
  const passedMs = session.now - session.watchedAt
  session.watchedAt = session.now
  for (const peer of session.peers.values()) {
    // What it owes may lie with us.
    if (held.has(peer.number)) continue
    // While its pages are with the judge it is we who owe.
    const owes = peer.open.size > 0 && peer.judgingPages.size === 0 && peer.judgingRuns.size === 0
    if (owes) peer.quietMs += passedMs
    if (peer.quietMs >= session.settings.silenceMs)
      cut(session, peer, 'silent', `It sent nothing useful for ${Math.round(session.settings.silenceMs / 1000)} s.`)
    for (const asked of peer.open.values()) repeat(session, peer, asked)
  }
}

const repeat = (session: Session, peer: Peer, asked: Asked): void => {
  const { repeatMs, hashesRepeatMs } = session.settings
  const leastMs = asked.kind === 'run' ? hashesRepeatMs : repeatMs
  // Twice as long each time: a copy of an answer that is on its way already makes a slow line slower.
  const waitMs = asked.kind === 'run' ? Math.max(leastMs, asked.repeatedAt - asked.askedAt) : leastMs
  if ((asked.kind === 'pages' && asked.heard) || session.now - asked.repeatedAt < waitMs) return
  asked.repeatedAt = session.now
  send(session, peer, asked.frame)
}

const isFree = (session: Session, peer: Peer): boolean => peer.standing === 'serving' && session.now >= peer.restUntil

const promote = (session: Session): void => {
  session.phase = 'promoting'
  session.effects.push({ type: 'promote', hashes: session.ledger.allHashes() })
}

/** completed(N) → missing(numbers). A page with the judge may make room or end the question, so its verdict comes first. */
const answerCompleted = (session: Session, peer: Peer): void => {
  if (peer.judgingPages.size > 0) return
  for (const [request, asked] of peer.open) {
    if (asked.kind !== 'pages' || !asked.completedDue) continue
    asked.completedDue = false
    const numbers = asked.receipt.missing()
    const isSoon = asked.missingAt !== null && session.now - asked.missingAt < session.settings.missingAgainMs
    if (numbers.length === 0 || (isSoon && !asked.progressed)) continue
    asked.missingAt = session.now
    asked.progressed = false
    send(session, peer, { type: 'missing', request, numbers })
  }
}

/** pool → asked: a run of hashes first, because pages without hashes cannot be judged. */
const ask = (session: Session, peer: Peer): void => {
  const from = session.ledger.takeRun(session.now)
  if (from !== null) return askRun(session, peer, from)
  const serving = [...session.peers.values()].filter((other) => isFree(session, other)).length
  const share = Math.max(MIN_SHARE, Math.ceil(session.ledger.unassigned() / serving))
  const limit = Math.min(session.settings.pagesPerRequest, share)
  askPages(session, peer, session.ledger.takePages(limit, (page) => !peer.declined.has(page), session.now))
}

/** The end game: the pool is empty and this peer is idle, so it is asked for what the slowest one owes. */
const askToo = (session: Session, peer: Peer): void => {
  const slowest = slowestOf(session, peer)
  if (slowest === null) return
  const { asked } = slowest
  if (asked.kind === 'run') {
    if (session.ledger.joinRun(asked.from, session.now)) askRun(session, peer, asked.from)
    return
  }
  // From its far end, half of it: the two meet in the middle. All of it, when nothing at all has come.
  const owed = stealable(session, peer, asked).reverse()
  const pages = asked.heard ? owed.slice(0, Math.ceil(owed.length / 2)) : owed
  askPages(session, peer, pages.filter((page) => session.ledger.joinPage(page, session.now)))
}

const slowestOf = (session: Session, idle: Peer): { readonly asked: Asked; readonly slowness: number } | null => {
  let slowest: { asked: Asked; slowness: number } | null = null
  for (const peer of session.peers.values()) {
    for (const asked of peer.open.values()) {
      const age = session.now - asked.askedAt
      const settled = asked.kind === 'pages' ? asked.receipt.pages.length - asked.receipt.open : 0
      const slowness = age / (1 + settled)
      if (age < (asked.kind === 'run' ? session.settings.hashesRepeatMs : session.settings.stealAfterMs) || slowness <= (slowest?.slowness ?? -1)) continue
      if (isStealable(session, idle, asked)) slowest = { asked, slowness }
    }
  }
  return slowest
}

const isStealable = (session: Session, idle: Peer, asked: Asked): boolean =>
  asked.kind === 'run' ? session.ledger.mayJoinRun(asked.from, session.now) : stealable(session, idle, asked).length > 0

const stealable = (session: Session, idle: Peer, asked: AskedPages): number[] =>
  asked.receipt.pages.filter((page) => {
    const state = asked.receipt.stateOf(page)
    return (state === 'wanted' || state === 'assembling') && session.ledger.mayJoinPage(page, session.now) && !idle.declined.has(page)
  })

const askRun = (session: Session, peer: Peer, from: number): void => {
  const request = nextRequest(session, peer)
  const { stream, root, rows } = session.head
  const frame: QuestionFrame = { type: 'hashes-request', request, stream, root, rows, from }
  open(session, peer, { kind: 'run', frame, from, askedAt: session.now, repeatedAt: session.now })
}

const askPages = (session: Session, peer: Peer, pages: readonly number[]): void => {
  if (pages.length === 0) return
  const request = nextRequest(session, peer)
  const { stream, root, rows } = session.head
  const { form, pageRows, encodings } = session.settings
  const frame: QuestionFrame = { type: 'pages-request', request, stream, root, rows, pages, encodings }
  const receipt = createReceipt(pages, maxParcelBytes(form, pageRows))
  const times = { askedAt: session.now, repeatedAt: session.now, missingAt: null }
  open(session, peer, { kind: 'pages', frame, receipt, ...times, heard: false, completedDue: false, progressed: false })
}

const open = (session: Session, peer: Peer, asked: Asked): void => {
  peer.open.set(asked.frame.request, asked)
  send(session, peer, asked.frame)
}

const nextRequest = (session: Session, peer: Peer): number => {
  const number = session.settings.nextRequest?.(peer.number) ?? session.lastRequest + 1
  session.lastRequest = Math.max(session.lastRequest, number)
  return number
}

import type { Failure } from '../../base/result.ts'
import { unreachable } from '../../base/unreachable.ts'
import { isPart } from '../../domain/merkle.ts'
import { clipUtf8 } from '../../domain/text.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { LinkEnd, PeerLink } from '../../ports/peer-link.ts'
import type { FrameOf, PeerFrame } from '../../protocol/frame.ts'
import { MAX_FOLLOWED_PER_LINK, MAX_REASON_BYTES } from '../../protocol/limits.ts'
import type { Parcels } from '../../transfer/parcels.ts'
import { createUpload, type UploadEffect, type UploadEvent } from '../../transfer/upload.ts'
import type { Downloads } from '../downloads/downloads.ts'
import type { EvidenceRelay } from '../live/evidence-relay.ts'
import type { LiveRows } from '../live/live-rows.ts'
import { createBudget, overBudget, type Budget } from '../reading/budget.ts'
import { createReadAhead } from '../reading/read-ahead.ts'
import { createReading, type Question, type ReadingDeps } from '../reading/reading.ts'
import type { ServedTrees } from '../reading/served-trees.ts'
import type { Catalogue } from '../streams/catalogue.ts'

export interface PeerSessionDeps extends ClockDep, ReadingDeps {
  readonly catalogue: Catalogue
  readonly downloads: Downloads
  readonly live: LiveRows
  readonly parcels: Parcels
  readonly trees: ServedTrees
  readonly evidence: EvidenceRelay
}

/** One proved peer: its questions are answered from verified history only, its answers go to the downloads. */
export interface PeerSession {
  frame(frame: PeerFrame): Promise<void>
  tick(): void
  /** Its requests for pages that are not over. */
  requests(): number
}

/** Of the budget: to check one signature. */
const VERIFY_COST = 1 / 16

export const createPeerSession = (number: number, link: PeerLink, deps: PeerSessionDeps): PeerSession => {
  const { catalogue, downloads, live, clock, parcels, trees, evidence, damaged } = deps
  const { pageRows } = deps.shape
  const upload = createUpload({ pageRows })
  const payFrom = (purse: Budget) => (cost: number): boolean => {
    if (cost === 0) return true
    const verdict = purse.spend(cost, clock.now())
    if (verdict === 'flood') link.end({ code: 'flood', message: 'It makes this node compute far more than its share.', cut: true })
    return verdict === 'granted'
  }
  const budget = createBudget(clock.now())
  const afford = payFrom(budget)
  // Apart: a proof must not be lost on a peer whose own questions have cost its share. One beyond this is, until it is told again.
  const affordProof = payFrom(createBudget(clock.now()))
  const reading = createReading(deps, { isPeer: true, afford })
  const refuse = (request: number, { code, message }: Failure): void => {
    link.send({ type: 'refused', request, code, message: clipUtf8(message, MAX_REASON_BYTES) })
  }
  const reply = async (question: Question): Promise<void> => {
    const answer = await reading.answer(question)
    if (answer.ok) link.send({ ...answer.value, request: question.request })
    else refuse(question.request, answer.error)
  }
  /** `busy` or the end of the link, when the peer has asked for too much already. */
  const mayAsk = (frame: FrameOf<'pages-request' | 'nodes-request'>, cost = reading.costOf(frame)): boolean => {
    const may = afford(cost)
    if (!may) refuse(frame.request, overBudget.error)
    return may
  }
  const onLive = async ({ stream, live: bytes }: FrameOf<'live'>): Promise<void> => {
    if (live.isRepeat(stream, bytes) || !afford(VERIFY_COST)) {
      // It says that it has the row, also where that is not looked at.
      if (catalogue.get(stream) !== undefined) downloads.hint(number, stream, true)
      return
    }
    const taken = await live.take(stream, bytes, number)
    if (taken.ok && taken.value === 'appended') budget.giveBack(VERIFY_COST)
    if (taken.ok && taken.value === 'behind') downloads.heardOf(number, stream)
    if (taken.ok) downloads.hint(number, stream, true)
    // A node passes on only what it has verified: a forged head or no message at all is a lie of this peer.
    if (!taken.ok && (taken.error.code === 'forged-head' || taken.error.code === 'malformed'))
      link.end({ code: taken.error.code, message: taken.error.message, cut: true })
  }
  const tellForks = (streams: readonly StreamId[]): void => {
    for (const stream of streams) {
      const entry = catalogue.get(stream)
      if (entry !== undefined && entry.fork !== null) evidence.tell(number, entry)
    }
  }
  /** One level of a descent: which parts of a node are whose, for the asker to find out. */
  const onNodes = async (frame: FrameOf<'nodes-request'>): Promise<void> => {
    if (!mayAsk(frame)) return
    const leaves = await reading.leavesOf(frame)
    if (leaves === null || !isPart(frame, leaves.length)) {
      refuse(frame.request, { code: 'unknown-history', message: 'This node does not have that history, or it has no such part.' })
      return
    }
    if (!mayAsk(frame, trees.costOf(frame.root, leaves.length))) return
    link.send({ type: 'nodes', request: frame.request, hashes: trees.nodesOf(frame.root, leaves, frame) })
  }
  const loadParcel = createReadAhead(async (wanted) => {
    const entry = catalogue.get(wanted.stream)
    const before = entry?.history.record.head ?? null
    const hash = (await reading.leavesOf(wanted))?.[wanted.page]
    if (hash === undefined || entry === undefined) return null
    const { page: number, rows, encodings } = wanted
    const kept = parcels.kept(hash, encodings)
    if (kept !== null) return kept
    const parcel = await entry.history.parcel(number, rows, encodings)
    if (!parcel.ok) {
      await damaged(entry, parcel.error)
      return null
    }
    const { head } = entry.history.record
    // In another epoch those rows may be others: a page that is not what was asked for would be our lie.
    if (head?.head.epoch !== before?.head.epoch) return null
    // Only under a hash that was surely its own is it kept for others too: the history may have changed meanwhile.
    return head === before ? parcels.keep(hash, encodings, parcel.value) : parcel.value
  })
  const step = async (event: UploadEvent): Promise<void> => {
    for (const effect of upload.step(event)) await perform(effect)
  }
  const perform = async (effect: UploadEffect): Promise<void> => {
    switch (effect.type) {
      case 'send':
        link.send(effect.frame)
        return
      case 'load-page': {
        const parcel = await loadParcel(effect)
        await step({ type: 'page-loaded', request: effect.request, page: effect.page, parcel })
        return
      }
      case 'await-room':
        // Not awaited: while the link is full the peer's other frames must still be read, its credit among them.
        link.whenRoom(() => {
          go(step({ type: 'room' }))
        })
        return
      case 'cut':
        link.end({ code: effect.code, message: effect.message, cut: true })
        return
      default:
        unreachable(effect)
    }
  }
  const go = (work: Promise<void>): void => {
    work.catch((thrown: unknown) => {
      link.end({ ...serveFailure, message: `${serveFailure.message} ${String(thrown)}` })
    })
  }
  const onFrame = async (frame: PeerFrame): Promise<void> => {
    switch (frame.type) {
      case 'status-request':
      case 'rows-request':
      case 'rows-at-request':
      case 'row-before-request':
      case 'hashes-request':
        await reply(frame)
        if (frame.type === 'status-request') tellForks([frame.stream])
        return
      case 'nodes-request':
        await onNodes(frame)
        return
      case 'pages-request':
        if (mayAsk(frame)) go(step({ type: 'frame', frame, now: clock.now() }))
        return
      case 'missing':
      case 'complete':
      case 'cancel':
        go(step({ type: 'frame', frame, now: clock.now() }))
        return
      case 'status':
      case 'rows':
      case 'hashes':
      case 'nodes':
      case 'row-before':
      case 'packet':
      case 'completed':
      case 'unavailable':
      case 'refused':
        await downloads.answer(number, frame)
        return
      case 'follow':
        if (!live.follow(number, frame.streams))
          link.end({ code: 'too-many', message: `More than ${MAX_FOLLOWED_PER_LINK} streams are followed over one link.`, cut: true })
        else tellForks(frame.streams)
        return
      case 'unfollow':
        live.unfollow(number, frame.streams)
        evidence.unfollowed(number, frame.streams)
        for (const stream of frame.streams) downloads.hint(number, stream, false)
        return
      case 'live':
        await onLive(frame)
        return
      case 'evidence': {
        const taken = await evidence.take(number, frame, affordProof)
        if (!taken.ok) link.end({ ...taken.error, cut: true })
        return
      }
      case 'hello':
      case 'auth':
      case 'credit':
      case 'bye':
        return
      default:
        unreachable(frame)
    }
  }
  return {
    frame: onFrame,
    tick: () => {
      go(step({ type: 'tick', now: clock.now() }))
    },
    requests: () => upload.active,
  }
}

const serveFailure: LinkEnd = { code: 'internal', message: 'Serving this peer broke:', cut: false }


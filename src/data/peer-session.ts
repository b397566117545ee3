import { equalBytes, type Bytes } from '../base/bytes.ts'
import { unreachable } from '../base/unreachable.ts'
import { merkleRoot, RUN_LEAVES, runLength, runProof } from '../domain/merkle.ts'
import { PAGE_ROWS, pagesOf, rowsInPage } from '../domain/page.ts'
import type { Sha256 } from '../domain/hash.ts'
import type { StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { LinkEnd, PeerLink } from '../ports/peer-link.ts'
import type { FrameOf, PeerFrame } from '../protocol/frame.ts'
import { MAX_FOLLOWED_PER_LINK } from '../protocol/limits.ts'
import { wrapPage } from '../transfer/parcel.ts'
import type { Parcels } from '../transfer/parcels.ts'
import { createUpload, type UploadEffect, type UploadEvent } from '../transfer/upload.ts'
import { createBudget } from './budget.ts'
import type { Catalogue, Entry } from './catalogue.ts'
import type { Downloads } from './downloads.ts'
import type { LiveRows } from './live-rows.ts'
import type { PageFailure } from './page-cache.ts'

export interface PeerSessionDeps extends ClockDep {
  readonly catalogue: Catalogue
  readonly downloads: Downloads
  readonly live: LiveRows
  readonly sha256: Sha256
  readonly parcels: Parcels
}

/** One proved peer: its questions are answered from verified history only, its answers go to the downloads. */
export interface PeerSession {
  frame(frame: PeerFrame): Promise<void>
  tick(): void
  readonly serving: boolean
}

/** Of the budget: to cut a page where a shorter history ends, to check one signature. */
const CUT_COST = 1 / 8
const VERIFY_COST = 1 / 16

/** A proof is a part of the tree, and most histories are one run and need none. */
const PROOF_SHARE = 1 / 4

interface Named {
  readonly stream: StreamId
  readonly root: Bytes
  readonly rows: number
}

export const createPeerSession = (number: number, link: PeerLink, deps: PeerSessionDeps): PeerSession => {
  const { catalogue, downloads, live, clock, sha256, parcels } = deps
  const upload = createUpload()
  const budget = createBudget(clock.now())
  // The root of the shorter history asked about last: computing it anew for each of its pages would be O(pages²).
  let judged: Named | null = null

  const serves = (entry: Entry | undefined): entry is Entry =>
    entry !== undefined && !entry.damaged && entry.history.record.head !== null
  /** The page hashes of the history that a question names; null when it is not (a prefix of) ours. */
  const leavesOf = async ({ stream, root, rows }: Named): Promise<readonly Bytes[] | null> => {
    const entry = catalogue.get(stream)
    if (!serves(entry)) return null
    const leaves = await entry.history.leavesAt(rows)
    if (!leaves.ok) {
      await damaged(entry, leaves.error)
      return null
    }
    if (leaves.value === null) return null
    const own = entry.history.record.head?.head
    const known = own?.rows === rows ? own.root : judged?.rows === rows && judged.stream === stream ? judged.root : null
    const ours = known ?? merkleRoot(leaves.value, sha256)
    judged = { stream, rows, root: ours }
    return equalBytes(ours, root) ? leaves.value : null
  }
  /** In thousands of hashes, about. Our own newest head costs nothing: its root is at hand. */
  const costOf = ({ type, stream, rows }: FrameOf<'hashes-request' | 'pages-request'>): number => {
    const entry = catalogue.get(stream)
    if (!serves(entry) || rows > entry.history.rows) return 0
    const weight = pagesOf(rows, PAGE_ROWS) / RUN_LEAVES
    const isKnown = rows === entry.history.rows || (judged?.rows === rows && judged.stream === stream)
    const proof = type === 'hashes-request' && weight > 1 ? weight * PROOF_SHARE : 0
    return (isKnown ? 0 : CUT_COST + weight) + proof
  }
  const afford = (cost: number): boolean => {
    if (cost === 0) return true
    const verdict = budget.spend(cost, clock.now())
    if (verdict === 'flood') link.end({ code: 'flood', message: 'It makes this node compute far more than its share.', cut: true })
    return verdict === 'granted'
  }
  /** `busy` or the end of the link, when the peer has asked for too much already. */
  const mayAsk = (frame: FrameOf<'hashes-request' | 'pages-request'>): boolean => {
    const may = afford(costOf(frame))
    if (!may) link.send({ type: 'refused', request: frame.request, code: 'busy', message: 'That is more than one peer can ask for now.' })
    return may
  }
  const onLive = async ({ stream, live: bytes }: FrameOf<'live'>): Promise<void> => {
    if (live.isRepeat(stream, bytes) || !afford(VERIFY_COST)) return
    const taken = await live.take(stream, bytes, number)
    if (taken.ok && taken.value === 'appended') budget.giveBack(VERIFY_COST)
    if (taken.ok && taken.value === 'behind') downloads.heardOf(number, stream)
    // A node passes on only what it has verified: a forged head or no message at all is a lie of this peer.
    if (!taken.ok && (taken.error.code === 'forged-head' || taken.error.code === 'malformed'))
      link.end({ code: taken.error.code, message: taken.error.message, cut: true })
  }
  const damaged = async (entry: Entry, failure: PageFailure): Promise<void> => {
    await catalogue.noteDamage(entry, failure)
    downloads.consider(entry.history.record.stream)
  }
  const refuse = (request: number): void => {
    link.send({ type: 'refused', request, code: 'unknown-history', message: 'This node does not have that history.' })
  }
  const onHashes = async (frame: FrameOf<'hashes-request'>): Promise<void> => {
    const leaves = await leavesOf(frame)
    if (leaves === null || frame.from % RUN_LEAVES !== 0 || frame.from >= leaves.length) {
      refuse(frame.request)
      return
    }
    const hashes = leaves.slice(frame.from, frame.from + runLength(frame.from, leaves.length))
    const proof = runProof(leaves, frame.from, sha256)
    link.send({ type: 'hashes', request: frame.request, from: frame.from, hashes, proof })
  }
  const loadParcel = async (effect: Extract<UploadEffect, { type: 'load-page' }>): Promise<Bytes | null> => {
    const entry = catalogue.get(effect.stream)
    const head = entry?.history.record.head
    const hash = (await leavesOf(effect))?.[effect.page]
    if (hash === undefined || entry === undefined) return null
    const { page: number, rows, encodings } = effect
    const bytes = await entry.history.pageBytes(number, rows)
    const shape = { form: entry.history.form, number, rows: rowsInPage(number, rows, PAGE_ROWS) }
    // Only under a hash that was surely theirs are bytes packed for others too: the history may have changed meanwhile.
    const isUnchanged = entry.history.record.head === head
    if (bytes.ok) return isUnchanged ? parcels.of(bytes.value, hash, shape, encodings) : wrapPage(bytes.value, shape, encodings)
    await damaged(entry, bytes.error)
    return null
  }
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
      case 'status-request': {
        const entry = catalogue.get(frame.stream)
        const head = serves(entry) ? entry.history.record.head : null
        link.send({ type: 'status', request: frame.request, stream: frame.stream, serving: head !== null, head })
        return
      }
      case 'hashes-request':
        if (mayAsk(frame)) await onHashes(frame)
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
      case 'hashes':
      case 'packet':
      case 'completed':
      case 'unavailable':
      case 'refused':
        await downloads.answer(number, frame)
        return
      case 'follow':
        if (!live.follow(number, frame.streams))
          link.end({ code: 'too-many', message: `More than ${MAX_FOLLOWED_PER_LINK} streams are followed over one link.`, cut: true })
        return
      case 'unfollow':
        live.unfollow(number, frame.streams)
        return
      case 'live':
        await onLive(frame)
        return
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
    get serving() {
      return upload.active > 0
    },
  }
}

const serveFailure: LinkEnd = { code: 'internal', message: 'Serving this peer broke:', cut: false }


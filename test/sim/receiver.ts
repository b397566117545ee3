import { equalBytes, type Bytes } from '../../src/base/bytes.ts'
import type { Random } from '../../src/base/random.ts'
import { unreachable } from '../../src/base/unreachable.ts'
import { verifyRun } from '../../src/domain/merkle.ts'
import { maxPageBytes, rowsInPage } from '../../src/domain/page.ts'
import type { HistoryRecord } from '../../src/ports/history-store.ts'
import { decodeFrame, encodeFrame } from '../../src/protocol/frame.ts'
import { createDownload, type AnswerFrame, type Download, type DownloadConfig, type DownloadEffect, type DownloadEvent } from '../../src/transfer/download.ts'
import { judgePage } from '../../src/transfer/judge.ts'
import { openParcel } from '../../src/transfer/parcel.ts'
import { blankSignature, type TestHistory } from '../support/history.ts'
import type { MemoryStore, SyncStore } from '../support/memory-store.ts'
import { hash } from './hash.ts'
import type { SimLink } from './link.ts'
import type { Timeline } from './timeline.ts'

/** The process is gone; the disk is as it is. */
export class Crash extends Error {}

/** Every check that keeps a history true, so that a test can take one away and see the simulator notice. */
export interface Deps {
  readonly judgePage: typeof judgePage
  readonly verifyRun: typeof verifyRun
  readonly promote: (store: SyncStore, record: HistoryRecord) => void
  readonly isAtomic: boolean
  readonly maySend: (effect: Extract<DownloadEffect, { type: 'send' }>) => boolean
}

export const HONEST_DEPS: Deps = {
  judgePage,
  verifyRun,
  promote: (store, record) => store.commit({ record }),
  isAtomic: true,
  maySend: () => true,
}

export interface ReceiverPlan {
  readonly config: Partial<DownloadConfig> & { readonly pageRows: number; readonly runLeaves: number }
  /** Holds a link back while its pages are with the judge. */
  readonly isPatient: boolean
  readonly judgeMs: number
}

export interface ReceiverWorld {
  readonly timeline: Timeline
  readonly random: Random
  readonly history: TestHistory
  readonly store: MemoryStore
  readonly deps: Deps
  /** Before every effect; may throw Crash. */
  crashPoint(where: string): void
  onEffect(effect: DownloadEffect): void
  /** Lies that a node must never stand: the link is to be cut by the time the verdict is in. */
  onLie(link: number, lie: string): void
  onStep(download: Download): void
}

/** One life of the receiving node: from its start to its crash. The driver of `src/data` in virtual time. */
export interface Receiver {
  readonly download: Download
  isOpen(link: number): boolean
  attach(link: SimLink): void
  onFrame(link: number, bytes: Bytes): void
  onClose(link: number): void
  tick(): void
  /** Nothing that was under way comes back into this life. */
  die(): void
}

export const createReceiver = (world: ReceiverWorld, plan: ReceiverPlan): Receiver => {
  const { timeline, history, store, deps } = world
  const { pageRows, runLeaves } = plan.config
  const download = createDownload(history.head, plan.config)
  const links = new Map<number, { readonly link: SimLink; readonly waiting: Bytes[] }>()
  let isAlive = true

  const later = (delayMs: number, run: () => void): void =>
    timeline.after(delayMs * world.random.next(), () => {
      if (isAlive) run()
    })
  const step = (event: DownloadEvent): void => {
    for (const effect of download.step(event)) {
      world.crashPoint(`before ${effect.type}`)
      world.onEffect(effect)
      carryOut(effect)
    }
    world.onStep(download)
  }
  const carryOut = (effect: DownloadEffect): void => {
    switch (effect.type) {
      case 'send':
        if (deps.maySend(effect)) links.get(effect.peer)?.link.toSender(encodeFrame(effect.frame))
        return
      case 'judge-run':
        return later(plan.judgeMs, () => judgeRun(effect))
      case 'judge-page':
        return later(plan.judgeMs, () => judgeOne(effect))
      case 'promote':
        return promote(effect.hashes)
      case 'cut':
        return close(effect.peer)
      case 'failed':
        throw new Error(`the store cannot fail here: ${effect.failure.message}`)
      default:
        return unreachable(effect)
    }
  }
  const judgeRun = ({ peer, from, hashes, proof }: Extract<DownloadEffect, { type: 'judge-run' }>): void => {
    const claim = { from, leaves: history.pageHashes.length, root: history.head.root, proof }
    const good = deps.verifyRun(hashes, claim, hash, runLeaves)
    const isTrue = hashes.every((one, index) => equalBytes(one, history.pageHashes[from + index] ?? new Uint8Array()))
    step({ type: 'run-judged', peer, from, good, hashes, have: store.sync.has(hashes), now: timeline.now })
    if (!isTrue) world.onLie(peer, 'untrue page hashes')
  }
  const judgeOne = ({ peer, page, parcel, hash: expected }: Extract<DownloadEffect, { type: 'judge-page' }>): void => {
    const rows = rowsInPage(page, history.head.rows, pageRows)
    const shape = { form: 'observation', number: page, rows } as const
    const opened = openParcel(parcel, shape)
    const bytes = opened.ok ? opened.value : new Uint8Array(0)
    if (bytes.length > maxPageBytes('observation', rows)) throw new Error(`a parcel of page ${page} opened to ${bytes.length} bytes`)
    const judged = opened.ok ? deps.judgePage(bytes, hash(bytes), { hash: expected, ...shape }) : opened
    if (judged.ok) store.sync.stage([{ hash: expected, bytes }])
    const reason = judged.ok ? '' : judged.error.message
    step({ type: 'page-judged', peer, page, verdict: judged.ok ? 'good' : 'bad', reason, now: timeline.now })
    if (!equalBytes(bytes, history.pages[page] ?? new Uint8Array())) world.onLie(peer, `an untrue page ${page}`)
    drain(peer)
  }
  const promote = (hashes: Bytes): void => {
    const head = { head: history.head, signature: blankSignature() }
    const base = { stream: history.stream, identity: history.identity, subscribed: true, paused: false, download: null, archive: [], fork: null, checkedAt: null, toldOf: null }
    deps.promote(store.sync, { ...base, head, hashes })
    step({ type: 'promoted' })
  }
  const close = (number: number): void => links.get(number)?.link.closeByReceiver()
  const drain = (number: number): void => {
    const open = links.get(number)
    while (open !== undefined && links.has(number) && (!plan.isPatient || download.hasRoom(number))) {
      const bytes = open.waiting.shift()
      if (bytes === undefined) return
      consume(number, bytes)
    }
  }
  const consume = (number: number, bytes: Bytes): void => {
    const frame = decodeFrame(bytes)
    if (!frame.ok) {
      world.onEffect({ type: 'cut', peer: number, code: frame.error.code, message: frame.error.message })
      close(number)
      return world.onLie(number, 'bytes that are no frame')
    }
    const { phase } = download.view()
    // A completed that nobody waits for is answered, so that its sender can forget the request.
    if (phase === 'done') return frame.value.type === 'completed' ? sayComplete(number, frame.value.request) : undefined
    step({ type: 'frame', peer: number, frame: frame.value as AnswerFrame, now: timeline.now })
    if (frame.value.request > 900_000) world.onLie(number, 'an answer to a question that was never asked')
  }
  const sayComplete = (number: number, request: number): void =>
    links.get(number)?.link.toSender(encodeFrame({ type: 'complete', request }))

  return {
    download,
    isOpen: (number) => links.has(number),
    attach(link) {
      links.set(link.number, { link, waiting: [] })
      step({ type: 'peer', peer: link.number, now: timeline.now })
    },
    onFrame(number, bytes) {
      links.get(number)?.waiting.push(bytes)
      drain(number)
    },
    onClose(number) {
      if (links.delete(number) && isAlive) step({ type: 'peer-gone', peer: number, now: timeline.now })
    },
    tick: () => step({ type: 'tick', now: timeline.now }),
    die() {
      isAlive = false
      for (const { link } of [...links.values()]) link.closeByReceiver()
    },
  }
}

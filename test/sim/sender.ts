import type { Bytes } from '../../src/base/bytes.ts'
import { equalBytes } from '../../src/base/bytes.ts'
import type { Mutable } from '../../src/base/mutable.ts'
import type { Random } from '../../src/base/random.ts'
import { unreachable } from '../../src/base/unreachable.ts'
import { decodeFrame, encodeFrame, isPeerFrame, type Frame, type PeerFrame } from '../../src/protocol/frame.ts'
import { rowsInPage } from '../../src/domain/page.ts'
import { runAnswer } from '../../src/transfer/judge.ts'
import { wrapPage } from '../../src/transfer/parcel.ts'
import { createUpload, type Upload, type UploadEffect, type UploadEvent } from '../../src/transfer/upload.ts'
import type { TestHistory } from '../support/history.ts'
import { createFault, type Fault, type FaultName } from './faults.ts'
import { hash } from './hash.ts'
import type { End, SimLink } from './link.ts'
import type { Timeline } from './timeline.ts'

export interface SenderPlan {
  readonly faults: readonly FaultName[]
  readonly pageRows: number
  readonly runLeaves: number
  readonly packetBytes: number
  /** How long the disk takes for a page, and the link for room. */
  readonly loadMs: number
  readonly roomMs: number
}

/** Serves one link, as the data process would: one upload machine, and page hashes straight from the history. */
export interface Sender extends End {
  attach(link: SimLink): void
  tick(): void
  active(): number
  /** Why this sender itself closed the link, if it did. */
  readonly cutReason: string | null
}

export interface SenderWorld {
  readonly timeline: Timeline
  readonly random: Random
  readonly history: TestHistory
  fired(fault: FaultName): void
}

/** Who is late goes on without an answer: a word each few seconds, as long as its link lasts. */
const FOR_EVER = { completedRepeatMs: 4_000, completedRepeats: Infinity }

export const createSender = (world: SenderWorld, plan: SenderPlan): Sender => {
  const { timeline, random, history } = world
  const faults: readonly Fault[] = plan.faults.map((name) => createFault(name, random))
  const declines = plan.faults.includes('unavailable') ? 0.2 + random.next() * 0.8 : 0
  const { pageRows, packetBytes } = plan
  let upload: Upload | null = createUpload({ pageRows, packetBytes, ...(plan.faults.includes('late') && FOR_EVER) })
  let link: SimLink | null = null

  const say = (frame: Frame): void => {
    for (const fault of faults) {
      const mark: { fired: boolean } = { fired: false }
      const said = fault.distort(frame, () => (mark.fired = true))
      if (!mark.fired) continue
      world.fired(fault.name)
      for (const { bytes, extraMs } of said) link?.toReceiver(bytes, extraMs)
      return
    }
    link?.toReceiver(encodeFrame(frame))
  }
  const parcelOf = ({ page, rows, encodings }: Extract<UploadEffect, { type: 'load-page' }>): Bytes | null => {
    const bytes = history.pages[page]
    const shape = { form: 'observation', number: page, rows: rowsInPage(page, rows, pageRows) } as const
    return bytes === undefined ? null : wrapPage(bytes, shape, encodings)
  }
  const step = (event: UploadEvent): void => {
    for (const effect of upload?.step(event) ?? []) carryOut(effect)
  }
  const carryOut = (effect: UploadEffect): void => {
    switch (effect.type) {
      case 'load-page': {
        const isGone = random.next() < declines
        if (isGone) world.fired('unavailable')
        const parcel = isGone ? null : parcelOf(effect)
        timeline.after(plan.loadMs, () => step({ type: 'page-loaded', request: effect.request, page: effect.page, parcel }))
        return
      }
      case 'send':
        return say(effect.frame)
      case 'await-room':
        return timeline.after(plan.roomMs, () => step({ type: 'room' }))
      case 'cut':
        sender.cutReason = `${effect.code}: ${effect.message}`
        return link?.closeBySender()
      default:
        return unreachable(effect)
    }
  }
  const answer = (frame: PeerFrame): void => {
    if (frame.type === 'hashes-request') {
      const run = equalBytes(frame.root, history.root) ? runAnswer(history.pageHashes, frame.from, hash, plan.runLeaves) : null
      if (run !== null) say({ type: 'hashes', request: frame.request, ...run })
      else say({ type: 'refused', request: frame.request, code: 'no-such-history', message: 'Another history.' })
    } else if (frame.type === 'pages-request' || frame.type === 'missing' || frame.type === 'complete' || frame.type === 'cancel')
      step({ type: 'frame', frame, now: timeline.now })
  }
  const sender: Mutable<Sender> = {
    attach: (attached) => {
      link = attached
    },
    onFrame(bytes) {
      const frame = decodeFrame(bytes)
      if (!frame.ok || !isPeerFrame(frame.value)) sender.cutReason = 'the receiver spoke nonsense'
      else answer(frame.value)
    },
    onClose() {
      upload = null
      link = null
    },
    tick: () => step({ type: 'tick', now: timeline.now }),
    active: () => upload?.active ?? 0,
    cutReason: null,
  }
  return sender
}

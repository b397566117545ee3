import type { Clock } from '../../../src/ports/clock.ts'
import type { OpenPeerLink } from '../../../src/ports/peer-link.ts'
import { failureOf } from '../../../src/base/result.ts'
import { decodeFrame, encodeFrame, isPeerFrame, type PeerFrame } from '../../../src/protocol/frame.ts'
import { clipUtf8 } from '../../../src/domain/text.ts'
import { MAX_REASON_BYTES } from '../../../src/protocol/limits.ts'

/**
 * A peer link without proof and credit, for wires that lose, repeat and reorder: section L counts on a reliable wire, section
 * T does not. Frames are handled one at a time, as in the real link.
 */
export const createPlainLink =
  (clock: Clock, roomMs: number): OpenPeerLink =>
  (pipe, facts, handlers) => {
    const inbox: PeerFrame[] = []
    let isOpen = true
    let since: number | null = null
    let bytesIn = 0
    let bytesOut = 0
    const end: ReturnType<OpenPeerLink>['end'] = (ended) => {
      if (!isOpen) return
      isOpen = false
      pipe.send(encodeFrame({ type: 'bye', request: 0, code: ended.code, message: clipUtf8(ended.message, MAX_REASON_BYTES) }))
      pipe.close()
      handlers.ended(ended)
    }
    const drain = async (): Promise<void> => {
      if (since !== null) return
      for (let frame = inbox.shift(); frame !== undefined && isOpen; frame = inbox.shift()) {
        since = clock.now()
        await handlers.frame(frame)
      }
      since = null
    }
    pipe.onClose(() => {
      end({ code: 'channel-closed', message: 'The channel closed.', cut: false })
    })
    pipe.onFrame((bytes) => {
      if (!isOpen) return
      bytesIn += bytes.length
      const judged = decodeFrame(bytes)
      if (!judged.ok) end({ ...judged.error, cut: true })
      else if (!isPeerFrame(judged.value)) end({ code: 'forbidden', message: `A peer may not send ${judged.value.type}.`, cut: true })
      else if (judged.value.type === 'bye') end({ code: judged.value.code, message: `The peer closed: ${judged.value.message}`, cut: false })
      else {
        inbox.push(judged.value)
        drain().catch((thrown: unknown) => {
          end({ ...failureOf(thrown), cut: false })
        })
      }
    })
    queueMicrotask(() => {
      if (isOpen) handlers.ready(facts.expected)
    })
    return {
      send: (frame) => {
        if (!isOpen) return
        const bytes = encodeFrame(frame)
        bytesOut += bytes.length
        pipe.send(bytes)
      },
      traffic: () => ({ bytesIn, bytesOut, rttMs: null }),
      inHandMs: () => (since === null ? 0 : clock.now() - since),
      whenRoom: (run) => void clock.after(roomMs, run),
      end,
    }
  }

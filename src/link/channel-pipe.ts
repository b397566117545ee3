import type { Bytes } from '../base/bytes.ts'
import type { Pipe } from '../ports/pipe.ts'

/** The channel's own buffer is kept below this, bytes: what lies in it cannot be paced any more, and 16 MiB of it kill the channel. */
const BUFFER_BYTES = 256 * 1024

/** Frames that may come before anyone listens, bytes: a proved peer may be ahead of us by its window. */
const MAX_EARLY_BYTES = 2 * 1024 * 1024

/**
 * A pipe over a data channel in this worker: the busy page has no part in it. A transferred channel may bring a message
 * before it says `open`, and throws when it is sent to before (measured): handlers are set here at once, and what is to be
 * sent waits.
 */
export const createChannelPipe = (channel: RTCDataChannel): Pipe => {
  const early: Bytes[] = []
  const waiting: Bytes[] = []
  let earlyBytes = 0
  let closed = false
  let handleFrame: ((frame: Bytes) => void) | null = null
  let handleClose: () => void = () => undefined
  const end = (): void => {
    if (closed) return
    closed = true
    channel.close()
    handleClose()
  }
  const pump = (): void => {
    while (!closed && channel.readyState === 'open' && channel.bufferedAmount < BUFFER_BYTES) {
      const frame = waiting.shift()
      if (frame === undefined) return
      channel.send(frame)
    }
  }
  const take = (frame: Bytes): void => {
    if (handleFrame !== null) {
      handleFrame(frame)
      return
    }
    earlyBytes += frame.length
    if (earlyBytes > MAX_EARLY_BYTES) end()
    else early.push(frame)
  }
  channel.binaryType = 'arraybuffer'
  channel.bufferedAmountLowThreshold = BUFFER_BYTES / 2
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) take(new Uint8Array(data))
    else end()
  }
  channel.onopen = pump
  channel.onbufferedamountlow = pump
  channel.onclose = end
  channel.onerror = end
  return {
    send: (frame) => {
      waiting.push(frame)
      pump()
    },
    onFrame: (handle) => {
      handleFrame = handle
      for (const frame of early.splice(0)) handle(frame)
      earlyBytes = 0
    },
    onClose: (handle) => {
      handleClose = handle
    },
    close: end,
    queued: () => channel.bufferedAmount + waiting.reduce((sum, frame) => sum + frame.length, 0),
  }
}

import type { Bytes } from '../base/bytes.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { Pipe } from '../ports/pipe.ts'
import { bundledBytes, joinFrames, MAX_BUNDLE_BYTES, splitFrames } from './bundle.ts'

/** The channel's own buffer is kept below this, bytes: what lies in it cannot be paced any more, and 16 MiB of it kill the channel. */
const BUFFER_BYTES = 256 * 1024

/** Frames that may come before anyone listens, bytes: a proved peer may be ahead of us by its window. */
const MAX_EARLY_BYTES = 2 * 1024 * 1024

/** A frame that may wait for others waits so long, milliseconds: a fraction of any line's round trip. */
const COMPANY_MS = 2

/**
 * A pipe over a data channel in this worker: the busy page has no part in it. A transferred channel may bring a message
 * before it says `open`, and throws when it is sent to before (measured): handlers are set here at once, and what is to be
 * sent waits. Every message wakes threads at both ends, whatever is in it (profiled: a thousand small ones kept their sender in `send`
 * for 0.2 s of 2.8): small frames that follow one another share one.
 */
export const createChannelPipe = (channel: RTCDataChannel, { clock }: ClockDep): Pipe => {
  const early: Bytes[] = []
  const waiting: Bytes[] = []
  let waitingBytes = 0
  let cancelWait: (() => void) | null = null
  let earlyBytes = 0
  let closed = false
  let handleFrame: ((frame: Bytes) => void) | null = null
  let handleClose: () => void = () => undefined
  const end = (): void => {
    if (closed) return
    closed = true
    cancelWait?.()
    channel.close()
    handleClose()
  }
  const nextMessage = (): Bytes | null => {
    const frames: Bytes[] = []
    let size = 1
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (frames.length > 0 && size + bundledBytes(next) > MAX_BUNDLE_BYTES) break
      waiting.shift()
      frames.push(next)
      size += bundledBytes(next)
      waitingBytes -= bundledBytes(next)
    }
    return frames.length === 0 ? null : joinFrames(frames)
  }
  const pump = (): void => {
    cancelWait?.()
    cancelWait = null
    while (!closed && channel.readyState === 'open' && channel.bufferedAmount < BUFFER_BYTES) {
      const message = nextMessage()
      if (message === null) return
      channel.send(message)
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
    if (data instanceof ArrayBuffer) splitFrames(new Uint8Array(data)).forEach(take)
    else end()
  }
  channel.onopen = pump
  channel.onbufferedamountlow = pump
  channel.onclose = end
  channel.onerror = end
  return {
    send: (frame, mayWait = false) => {
      if (closed) return
      if (waitingBytes + bundledBytes(frame) >= MAX_BUNDLE_BYTES) pump()
      waiting.push(frame)
      waitingBytes += bundledBytes(frame)
      if (!mayWait || waitingBytes >= MAX_BUNDLE_BYTES) pump()
      else cancelWait ??= clock.after(COMPANY_MS, pump)
    },
    onFrame: (handle) => {
      handleFrame = handle
      for (const frame of early.splice(0)) handle(frame)
      earlyBytes = 0
    },
    onClose: (handle) => {
      handleClose = handle
      // It may end while it waits for the first channel: whoever listens only then must not take it for open.
      if (closed) handle()
    },
    close: end,
    queued: () => channel.bufferedAmount + waitingBytes,
  }
}

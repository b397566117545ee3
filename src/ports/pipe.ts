import type { Bytes } from '../base/bytes.ts'

/**
 * An ordered, reliable pipe of frames: a message port, a data channel, or the two ends of a test.
 * Handlers are set once, before anything can arrive; `close` may be called twice.
 */
export interface Pipe {
  /** `mayWait`: for a moment, for others that can share a message with it. */
  send(frame: Bytes, mayWait?: boolean): void
  onFrame(handle: (frame: Bytes) => void): void
  onClose(handle: () => void): void
  close(): void
  /** Bytes that wait in this process to be sent; not there: nobody knows. */
  queued?(): number
  /** The sender is held back by loss: whoever made this pipe may make another beside it. */
  widen?(): void
}

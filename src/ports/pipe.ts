import type { Bytes } from '../base/bytes.ts'

/**
 * An ordered, reliable pipe of frames: a message port, a data channel, or the two ends of a test.
 * Handlers are set once, before anything can arrive; `close` may be called twice.
 */
export interface Pipe {
  send(frame: Bytes): void
  onFrame(handle: (frame: Bytes) => void): void
  onClose(handle: () => void): void
  close(): void
}

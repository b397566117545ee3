import type { Bytes } from '../base/bytes.ts'

/** Where a frame has the number of its protocol version, which is never 0. */
const BUNDLE = 0
const HEADER_BYTES = 1
const LENGTH_BYTES = 2

/** A frame that is larger travels alone, and no message of several is larger, bytes: what a slow line takes at a time. */
export const MAX_BUNDLE_BYTES = 16 * 1024

/** What a frame takes of a message that it shares. */
export const bundledBytes = (frame: Bytes): number => LENGTH_BYTES + frame.length

/** One message of some frames; one frame is a message as it is. */
export const joinFrames = (frames: readonly Bytes[]): Bytes => {
  const [only] = frames
  if (only !== undefined && frames.length === 1) return only
  const message = new Uint8Array(frames.reduce((sum, frame) => sum + bundledBytes(frame), HEADER_BYTES))
  const view = new DataView(message.buffer)
  message[0] = BUNDLE
  let at = HEADER_BYTES
  for (const frame of frames) {
    view.setUint16(at, frame.length)
    message.set(frame, at + LENGTH_BYTES)
    at += bundledBytes(frame)
  }
  return message
}

/** The frames of a message. One that is not made so is handed on as the frame that it is not: whoever judges frames cuts its sender. */
export const splitFrames = (message: Bytes): readonly Bytes[] => {
  if (message[0] !== BUNDLE || message.length > MAX_BUNDLE_BYTES) return [message]
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const frames: Bytes[] = []
  let at = HEADER_BYTES
  while (at + LENGTH_BYTES <= message.length) {
    const frame = message.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + view.getUint16(at))
    frames.push(frame)
    at += LENGTH_BYTES + view.getUint16(at)
  }
  return at === message.length && frames.length > 1 ? frames : [message]
}

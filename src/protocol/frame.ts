import { createReader } from '../base/byte-reader.ts'
import { createWriter } from '../base/byte-writer.ts'
import type { Bytes } from '../base/bytes.ts'
import type { Codec, CodecType } from '../base/codec.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import { linkFrames } from './link.ts'
import { liveFrames } from './live.ts'
import { localFrames } from './local.ts'
import { readingFrames } from './reading.ts'
import { transferFrames } from './transfer.ts'

/**
 * Version of the data protocol. The first two fields of a frame (version, type) never change.
 * 1: the beginning.
 * 2: Peers may ask for rows as local ports do, and for the tree below a node. Forks travel as evidence; heads of later epochs
 *    say what they continue. Local ports learn more of each link and stream.
 */
export const DATA_PROTOCOL_VERSION = 2

const definitions = { ...linkFrames, ...transferFrames, ...liveFrames, ...readingFrames, ...localFrames } as const

type Definitions = typeof definitions
export type FrameType = keyof Definitions
export type FrameOf<T extends FrameType> = {
  [K in T]: {
    readonly type: K
    /** Set by the asker; an answer carries the number of what it answers. 0 where nothing is answered. */
    readonly request: number
  } & CodecType<Definitions[K][1]>
}[T]
export type Frame = FrameOf<FrameType>

/** What strangers may send; everything else is a local port's. Rights follow from the port, never from a claim in a message. */
const peerFrames = { ...linkFrames, ...transferFrames, ...liveFrames, ...readingFrames } as const
export type PeerFrameType = keyof typeof peerFrames
export type PeerFrame = FrameOf<PeerFrameType>

export const isPeerFrame = (frame: Frame): frame is PeerFrame => frame.type in peerFrames

interface Definition {
  readonly type: FrameType
  readonly code: number
  readonly codec: Codec<unknown>
}

const table: readonly Definition[] = Object.entries(definitions).map(([type, [code, codec]]) => ({
  type: type as FrameType,
  code,
  codec: codec,
}))
const byType = new Map(table.map((definition) => [definition.type, definition]))
const byCode = new Map(table.map((definition) => [definition.code, definition]))

/** Every type with its number on the wire, for the test that pins them to the version. */
export const frameCodes = (): readonly { readonly type: FrameType; readonly code: number }[] =>
  table.map(({ type, code }) => ({ type, code }))

/** Frame bytes: version, type, request number, body. A frame that is too large is a broken invariant and throws. */
export const encodeFrame = (frame: Frame): Bytes => {
  const definition = byType.get(frame.type)
  if (definition === undefined) throw new Error(`no frame is called ${frame.type}`)
  const writer = createWriter(frame.type === 'packet' ? frame.bytes.length + 32 : 0)
  writer.u8(DATA_PROTOCOL_VERSION)
  writer.u8(definition.code)
  writer.u32(frame.request)
  definition.codec.write(writer, frame)
  const bytes = writer.finish()
  if (bytes.length > MAX_FRAME_BYTES) throw new RangeError(`a ${frame.type} frame of ${bytes.length} bytes`)
  return bytes
}

/** The one judge of frame bytes: total and bounded. */
export const decodeFrame = (bytes: Uint8Array): Result<Frame, Failure<'malformed' | 'oversized' | 'other-version'>> => {
  if (bytes.length > MAX_FRAME_BYTES)
    return fail('oversized', `A frame of ${bytes.length} bytes; at most ${MAX_FRAME_BYTES} may come.`)
  const reader = createReader(bytes)
  const version = reader.u8()
  if (reader.problem === null && version !== DATA_PROTOCOL_VERSION)
    return fail('other-version', `A frame of data protocol ${version}; this node speaks ${DATA_PROTOCOL_VERSION}.`)
  const code = reader.u8()
  const request = reader.u32()
  const definition = byCode.get(code)
  if (reader.problem === null && definition === undefined) reader.reject(`unknown frame type ${code}`)
  const body = reader.problem === null ? definition?.codec.read(reader) : undefined
  if (reader.problem === null && reader.remaining > 0) reader.reject(`${reader.remaining} bytes too many`)
  if (definition === undefined || reader.problem !== null)
    return fail('malformed', `${definition?.type ?? 'frame'}: ${reader.problem ?? 'unreadable'}`)
  return ok(Object.assign(body as object, { type: definition.type, request }) as Frame)
}

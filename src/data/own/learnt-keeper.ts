import { concatBytes, type Bytes } from '../../base/bytes.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { FrameOf } from '../../protocol/frame.ts'
import { MAX_LEARNT_BYTES, MAX_PACKET_BYTES } from '../../protocol/limits.ts'
import { createSerial } from '../pace/serial.ts'
import { unkept } from '../reading/reading.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import type { LearntShelf } from './learnt-shelf.ts'

/**
 * Keeps for one port what the engine has learnt of each stream, so that a restart goes on where it was (SPEC [D40]). What it is
 * the engine alone knows, and judges when it gets it back.
 */
export interface LearntKeeper {
  keep(part: FrameOf<'learnt-keep'>): Promise<Result<null>>
  read(question: FrameOf<'learnt-request'>): Promise<Result<Omit<FrameOf<'learnt'>, 'request'>>>
  drop(stream: StreamId): Promise<Result<null>>
}

const MAX_PARTS = Math.ceil(MAX_LEARNT_BYTES / MAX_PACKET_BYTES)

/** The whole of one stream on its way in or out: one at a time in each direction is all the memory a port can take. */
interface Passing {
  readonly stream: StreamId
  readonly parts: Bytes[]
}

export const createLearntKeeper = ({ catalogue, shelf }: { readonly catalogue: Catalogue; readonly shelf: LearntShelf }): LearntKeeper => {
  const inTurn = createSerial()
  let coming: Passing | null = null
  let going: Passing | null = null

  const take = ({ stream, part, parts, bytes }: FrameOf<'learnt-keep'>): Result<Bytes | null> => {
    if (part === 0) coming = { stream, parts: [] }
    if (coming?.stream !== stream || coming.parts.length !== part || part >= parts || parts > MAX_PARTS) {
      coming = null
      return fail('bad-parts', 'Parts come in order, of one stream at a time, and not too many.')
    }
    coming.parts.push(bytes)
    if (part + 1 < parts) return ok(null)
    const whole = concatBytes(coming.parts)
    coming = null
    return ok(whole)
  }
  const keep: LearntKeeper['keep'] = async (frame) => {
    const { stream } = frame
    const taken = take(frame)
    if (!taken.ok || taken.value === null) return taken.ok ? ok(null) : taken
    const entry = catalogue.get(stream)
    if (entry === undefined) return unkept(stream)
    const kept = await shelf.keep(stream, taken.value)
    // Forgotten meanwhile: nothing of it stays.
    return catalogue.get(stream) === entry ? kept : shelf.drop(stream)
  }
  const read: LearntKeeper['read'] = async ({ stream, part }) => {
    if (part === 0 || going?.stream !== stream) {
      const stored = await shelf.read(stream)
      if (!stored.ok) return stored
      going = { stream, parts: split(stored.value ?? new Uint8Array(0)) }
    }
    const { parts } = going
    const bytes = parts[part] ?? new Uint8Array(0)
    if (part + 1 >= parts.length) going = null
    return ok({ type: 'learnt', part, parts: parts.length, bytes })
  }
  return {
    keep: (frame) => inTurn(() => keep(frame)),
    read: (frame) => inTurn(() => read(frame)),
    drop: (stream) => inTurn(() => shelf.drop(stream)),
  }
}

/** More than may be kept was not put there by this version: its first parts are no whole, and the engine throws it away. */
const split = (whole: Bytes): Bytes[] =>
  Array.from({ length: Math.min(MAX_PARTS, Math.ceil(whole.length / MAX_PACKET_BYTES)) }, (_, part) =>
    whole.subarray(part * MAX_PACKET_BYTES, (part + 1) * MAX_PACKET_BYTES),
  )

import { array, bytes, choice, mapped, struct, u8, type Codec } from '../base/codec.ts'
import { signedHeadCodec, type SignedHead } from '../domain/head.ts'
import { MAX_ROW_BYTES, readRow, writeRow, type Row } from '../domain/row.ts'
import { streamIdCodec, type RowForm } from '../domain/stream.ts'
import { MAX_FOLLOWED_PER_FRAME, MAX_PACKET_BYTES } from './limits.ts'

/** A new row and the head it makes. The row's number is `head.rows − 1`. */
export interface LiveMessage {
  readonly row: Row
  readonly head: SignedHead
}

const form: Codec<RowForm> = choice(['observation', 'prediction'])

/** A row with its form in front: for messages where no page says it. */
export const rowCodec: Codec<Row> = {
  write: (w, row) => {
    form.write(w, row.form)
    writeRow(w, row)
  },
  read: (r) => readRow(r, form.read(r)),
}

export const liveCodec: Codec<LiveMessage> = mapped(
  struct({ row: rowCodec, head: signedHeadCodec }),
  (live: LiveMessage) => live,
  (live) => live,
)

/** The largest live message, bytes; as hex it is twice that in an envelope. */
export const MAX_LIVE_BYTES = 1 + MAX_ROW_BYTES.prediction + 256

/** Rows from node to node, so that data flows without the server. SPEC, section T. */
export const liveFrames = {
  /** From now on the asker wants the new rows of these streams too, as far as the other side has or gets them. */
  follow: [32, struct({ streams: array(streamIdCodec, MAX_FOLLOWED_PER_FRAME) })],
  unfollow: [33, struct({ streams: array(streamIdCodec, MAX_FOLLOWED_PER_FRAME) })],
  /** A row that the sender has verified and kept. */
  live: [34, struct({ stream: streamIdCodec, live: bytes(MAX_LIVE_BYTES) })],
  /** Proof that the publisher of a stream signed two histories: part `part` of `parts`, in order. */
  evidence: [35, struct({ stream: streamIdCodec, part: u8, parts: u8, bytes: bytes(MAX_PACKET_BYTES) })],
} as const

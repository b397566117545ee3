import { mapped, struct, type Codec } from '../base/codec.ts'
import { signedHeadCodec, type SignedHead } from '../domain/head.ts'
import { MAX_ROW_BYTES, readRow, writeRow, type Row } from '../domain/row.ts'
import type { RowForm } from '../domain/stream.ts'
import { choice } from '../base/codec.ts'

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

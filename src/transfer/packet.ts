import type { Bytes } from '../base/bytes.ts'

/** One part of a page's parcel, under the number that it has within its request. */
export interface Packet {
  readonly number: number
  readonly page: number
  readonly part: number
  readonly parts: number
  readonly bytes: Bytes
}

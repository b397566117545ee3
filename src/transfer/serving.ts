import { createBitset } from '../base/bitset.ts'
import type { Bytes } from '../base/bytes.ts'
import { checksum } from '../base/checksum.ts'
import type { StreamId } from '../domain/stream.ts'
import { MAX_PACKET_BYTES, MAX_PARTS_PER_PAGE } from '../protocol/limits.ts'
import type { Packet } from './packet.ts'

/** One `pages-request` as its sender remembers it: page numbers and counters, never bytes. */
export interface Serving {
  readonly request: number
  readonly stream: StreamId
  readonly root: Bytes
  readonly rows: number
  readonly pages: readonly number[]
  /** That the asker reads beside canonical pages: one request is answered in one way, so that a part is always the same. */
  readonly encodings: readonly number[]
  /** Pages that have not had their turn, in the order of the question. */
  readonly queue: number[]
  readonly cancelled: Set<number>
  readonly declined: Set<number>
  /** Page → what its parcel was when it was first sent. */
  readonly sent: Map<number, { readonly length: number; readonly checksum: number }>
  /** Packet number → what it carried. */
  readonly packets: { readonly page: number; readonly part: number }[]
  /** Packet numbers to send again. */
  readonly resend: Set<number>
  /** `completed` is to be said as soon as nothing is left to send. */
  isDue: boolean
  /** When it was last said; null before the first time. */
  completedAt: number | null
  /** How often it was said since the receiver last spoke. */
  repeats: number
  /** How many `missing` were answered. */
  rounds: number
}

export const createServing = (question: Pick<Serving, 'request' | 'stream' | 'root' | 'rows' | 'pages' | 'encodings'>): Serving => ({
  request: question.request,
  stream: question.stream,
  root: question.root,
  rows: question.rows,
  pages: question.pages,
  encodings: question.encodings,
  queue: [...question.pages],
  cancelled: new Set(),
  declined: new Set(),
  sent: new Map(),
  packets: [],
  resend: new Set(),
  isDue: true,
  completedAt: null,
  repeats: 0,
  rounds: 0,
})

/** The page to load next; null when there is nothing to send. */
export const nextPage = (serving: Serving): number | null => {
  const [lowest] = [...serving.resend].sort((a, b) => a - b)
  const resent = lowest === undefined ? undefined : serving.packets[lowest]
  return resent?.page ?? serving.queue[0] ?? null
}

/** Takes a page out of everything that is still to be sent. */
export const dropPage = (serving: Serving, page: number): void => {
  const at = serving.queue.indexOf(page)
  if (at >= 0) serving.queue.splice(at, 1)
  for (const number of serving.resend) if (serving.packets[number]?.page === page) serving.resend.delete(number)
}

/** The packets of a page whose parcel was loaded: all with new numbers the first time, afterwards only those that were missed. */
export const packetsOf = (serving: Serving, page: number, parcel: Bytes, packetBytes: number): readonly Packet[] | null => {
  // It was fetched again meanwhile, in another packing: its parts would not fit together.
  const now = { length: parcel.length, checksum: checksum(parcel) }
  const before = serving.sent.get(page) ?? now
  if (before.length !== now.length || before.checksum !== now.checksum) return null
  serving.sent.set(page, before)
  // The same for the same parcel, so that a part is always the same.
  const partBytes = Math.max(packetBytes, Math.ceil(parcel.length / MAX_PARTS_PER_PAGE))
  const parts = Math.ceil(parcel.length / partBytes)
  if (parts === 0 || partBytes > MAX_PACKET_BYTES) return null
  if (serving.queue.includes(page))
    for (let part = 0; part < parts; part++) serving.resend.add(serving.packets.push({ page, part }) - 1)
  const due = [...serving.resend].sort((a, b) => a - b).filter((number) => serving.packets[number]?.page === page)
  dropPage(serving, page)
  return due.map((number) => {
    const part = serving.packets[number]?.part ?? 0
    return { number, page, part, parts, bytes: parcel.slice(part * partBytes, (part + 1) * partBytes) }
  })
}

/** What is wrong with a list of missing numbers, or null. */
export const judgeMissing = (serving: Serving, numbers: readonly number[]): string | null => {
  if (serving.completedAt === null) return 'packets were missed before completed was said'
  if (numbers.length === 0) return 'nothing is missed'
  const seen = createBitset(serving.packets.length)
  for (const number of numbers) {
    if (number >= serving.packets.length) return `packet ${number} of ${serving.packets.length} is missed`
    if (!seen.add(number)) return `packet ${number} is missed twice`
  }
  return null
}

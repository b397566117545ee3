import { concatBytes, type Bytes } from '../base/bytes.ts'
import { createBitset } from '../base/bitset.ts'
import type { Mutable } from '../base/mutable.ts'
import { MAX_PARTS_PER_PAGE } from '../protocol/limits.ts'
import type { Packet } from './packet.ts'

/** What one packet turned out to be. */
export type Taking =
  | { readonly kind: 'lie'; readonly code: 'protocol' | 'wrong-page' | 'bad-page'; readonly message: string }
  /** A repetition, or a page that is settled: nothing is kept, nobody is blamed. */
  | { readonly kind: 'useless' }
  /** It would begin a page too many: as if it had been lost. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'kept' }
  /** The last part of its page's parcel. From now on the page is being judged. */
  | { readonly kind: 'whole'; readonly page: number; readonly parcel: Bytes }

type PageState =
  | { readonly at: 'wanted' }
  | { readonly at: 'assembling'; readonly parts: (Bytes | null)[]; left: number; bytes: number }
  | { readonly at: 'judging' }
  | { readonly at: 'settled' }

/**
 * The receiving side of one `pages-request`: which packets have come, and what of each page. It holds the bytes of
 * pages that are not whole and nothing else; every claim of a packet is checked against the request and against the
 * packets before it.
 */
export interface Receipt {
  readonly pages: readonly number[]
  /** Pages that are neither settled nor given up. */
  readonly open: number
  assembling(): number
  take(packet: Packet, mayBegin: boolean): Taking
  /** The sender's packet count; answers what is wrong with it, or null. */
  completed(packets: number): string | null
  readonly packets: number | null
  /** Packet numbers that have not come, ascending; empty before `completed`. */
  missing(): readonly number[]
  stateOf(page: number): PageState['at'] | null
  /** Nothing more is wanted of this page; answers whether it was open. */
  settle(page: number): boolean
}

const WANTED: PageState = { at: 'wanted' }
const JUDGING: PageState = { at: 'judging' }
const SETTLED: PageState = { at: 'settled' }

const lie = (code: 'protocol' | 'wrong-page' | 'bad-page', message: string): Taking => ({ kind: 'lie', code, message })

export const createReceipt = (pages: readonly number[], maxParcelBytes: number): Receipt => {
  const states = new Map<number, PageState>(pages.map((page) => [page, WANTED]))
  const numbers = createSlots(pages.length * MAX_PARTS_PER_PAGE)

  const keep = (packet: Packet, state: PageState): Taking => {
    const page =
      state.at === 'assembling'
        ? state
        : { at: 'assembling' as const, parts: Array.from<Bytes | null>({ length: packet.parts }).fill(null), left: packet.parts, bytes: 0 }
    if (page.bytes + packet.bytes.length > maxParcelBytes)
      return lie('bad-page', `Page ${packet.page} is larger than any page can be.`)
    numbers.record(packet)
    page.parts[packet.part] = packet.bytes
    page.bytes += packet.bytes.length
    page.left--
    if (page.left > 0) {
      states.set(packet.page, page)
      return { kind: 'kept' }
    }
    states.set(packet.page, JUDGING)
    // Nearly every page is one packet: that is no copy.
    const parcel = packet.parts === 1 ? packet.bytes : concatBytes(page.parts.filter((part) => part !== null))
    return { kind: 'whole', page: packet.page, parcel }
  }

  const receipt: Mutable<Receipt> = {
    pages,
    open: pages.length,
    assembling: () => [...states.values()].filter((state) => state.at === 'assembling').length,
    packets: null,
    take(packet, mayBegin) {
      const state = states.get(packet.page)
      if (state === undefined) return lie('wrong-page', `Page ${packet.page} came, which was not asked for.`)
      const judged = numbers.judge(packet, receipt.packets)
      if (judged === 'repeated') return { kind: 'useless' }
      if (judged !== 'new') return lie('protocol', judged)
      if (state.at === 'wanted' && !mayBegin) return { kind: 'dropped' }
      if (state.at === 'wanted' || state.at === 'assembling') return keep(packet, state)
      numbers.record(packet)
      return { kind: 'useless' }
    },
    completed(count) {
      const { packets } = receipt
      if (packets !== null) return packets === count ? null : `It said completed(${count}) after completed(${packets}).`
      if (count > numbers.bound || count <= numbers.highest) return `It said completed(${count}), which cannot be.`
      receipt.packets = count
      return null
    },
    missing: () => (receipt.packets === null ? [] : numbers.missing(receipt.packets)),
    stateOf: (page) => states.get(page)?.at ?? null,
    settle(page) {
      const state = states.get(page)
      if (state === undefined || state.at === 'settled') return false
      states.set(page, SETTLED)
      receipt.open--
      return true
    },
  }
  return receipt
}

interface Slots {
  /** No packet number is this large. */
  readonly bound: number
  readonly highest: number
  /** `new`, `repeated`, or what is wrong. */
  judge(packet: Packet, packets: number | null): string
  record(packet: Packet): void
  missing(packets: number): number[]
}

/** One number, one (page, part): the record that keeps a sender from telling two stories. At most 256 entries. */
const createSlots = (bound: number): Slots => {
  const seen = createBitset(bound)
  const slotOf = new Map<number, number>()
  const numberOf = new Map<number, number>()
  const partsOf = new Map<number, number>()
  const slot = (packet: Packet): number => packet.page * MAX_PARTS_PER_PAGE + packet.part
  const slots: Mutable<Slots> = {
    bound,
    highest: -1,
    judge(packet, packets) {
      const { number, page, part, parts, bytes } = packet
      if (number >= (packets ?? bound)) return `Packet ${number} came where ${(packets ?? bound) - 1} is the last that can be.`
      if (parts > MAX_PARTS_PER_PAGE || part >= parts) return `Page ${page} came with part ${part} of ${parts}.`
      if (bytes.length === 0) return `Packet ${number} is empty.`
      const known = partsOf.get(page)
      if (known !== undefined && known !== parts) return `Page ${page} is in ${parts} parts where it was in ${known}.`
      const was = slotOf.get(number)
      if (was === slot(packet)) return 'repeated'
      if (was !== undefined || numberOf.has(slot(packet))) return `Packet ${number} is another part than it was.`
      return 'new'
    },
    record(packet) {
      seen.add(packet.number)
      slotOf.set(packet.number, slot(packet))
      numberOf.set(slot(packet), packet.number)
      partsOf.set(packet.page, packet.parts)
      slots.highest = Math.max(slots.highest, packet.number)
    },
    missing: (packets) => seen.missing(packets).filter((number) => number < packets),
  }
  return slots
}

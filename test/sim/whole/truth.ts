import { equalBytes, toHex, type Bytes } from '../../../src/base/bytes.ts'
import { openKept } from '../../../src/data/history/kept-page.ts'
import { sameHistory, type Head } from '../../../src/domain/head.ts'
import { merkleRoot } from '../../../src/domain/merkle.ts'
import { decodePage, rowsInPage } from '../../../src/domain/page.ts'
import { splitPageList } from '../../../src/domain/page-list.ts'
import type { HistoryShape } from '../../../src/domain/shape.ts'
import { isKeyless, streamIdOf, type StreamId, type StreamIdentity } from '../../../src/domain/stream.ts'
import type { HistoryRecord } from '../../../src/ports/history-store.ts'
import type { SyncStore } from '../../support/memory-store.ts'
import { hash as sha256 } from '../hash.ts'

/** A rule that the world broke. */
export class Violation extends Error {}

/** What a publisher meant and signed, kept beside the product and without its help. */
export interface Truth {
  add(identity: StreamIdentity): StreamId
  /** The publisher is about to ask for this row. */
  asked(stream: StreamId, value: string): void
  /** Its data process said that the row is kept, at this place. */
  acknowledged(stream: StreamId, row: number, value: string): void
  /** Its key signed this. */
  signed(head: Head): void
  /** The values that were acknowledged, by their places. */
  acknowledgedRows(stream: StreamId): readonly string[]
  /** Its publisher has lost its disk or has two: what was acknowledged may be given up, and its rows may come in another order. */
  relax(stream: StreamId): void
  /** What went on record must be a history that its publisher signed. */
  checkRecord(record: HistoryRecord): void
  /** Every page that a disk's histories name is there and is what the publisher meant, byte for byte; false: one is damaged. */
  checkDisk(content: SyncStore, mayBeDamaged: boolean): boolean
  /** Every page of one history is there and true. */
  isWhole(content: SyncStore, stream: StreamId): boolean
  /** The values of a history on disk, as far as its pages are whole. */
  valuesOn(content: SyncStore, stream: StreamId): readonly string[]
  /** Rows as the data process reads them. */
  checkRows(stream: StreamId, values: readonly string[]): void
}

interface StreamTruth {
  readonly asked: Map<string, number>
  readonly acknowledged: string[]
  readonly heads: Map<string, Head>
  isRelaxed: boolean
}

export const createTruth = (shape: HistoryShape): Truth => {
  const streams = new Map<StreamId, StreamTruth>()
  /** Page lists that were found to have this root. */
  const lists = new Map<string, Bytes>()
  /** Hashes of pages looked at before, and their values: a page on disk is never altered in place, what is damaged is another one. */
  const pages = new WeakMap<Bytes, { readonly hash: Bytes; readonly values: readonly string[] }>()
  const of = (stream: StreamId): StreamTruth => {
    const truth = streams.get(stream)
    if (truth === undefined) throw new Violation(`a stream nobody publishes: ${stream}`)
    return truth
  }
  const name = (head: Head): string => `${head.epoch}/${head.rows}/${toHex(head.root)}/${toHex(head.origin)}`
  const checkRecord: Truth['checkRecord'] = (record) => {
    if (record.head !== null && isKeyless(record.identity)) throw new Violation('a stream that nobody signs has a head')
    if (record.head === null) {
      if (record.hashes.length > 0) throw new Violation('a record has pages and no head')
      return
    }
    const { head } = record.head
    const signed = of(record.stream).heads.get(name(head))
    if (signed === undefined || !sameHistory(signed, head)) throw new Violation(`a history of ${head.rows} rows on record that its publisher did not sign`)
    const root = toHex(head.root)
    const known = lists.get(root)
    if (known !== undefined && equalBytes(known, record.hashes)) return
    if (toHex(merkleRoot(splitPageList(record.hashes), sha256)) !== root) throw new Violation('page list and head of a record differ')
    lists.set(root, record.hashes)
  }
  const valuesOf = (hash: Bytes, bytes: Bytes, number: number, rows: number): readonly string[] | null => {
    const known = pages.get(bytes)
    if (known?.values.length === rows && equalBytes(known.hash, hash)) return known.values
    const opened = openKept(bytes, { form: 'observation', number, rows })
    if (!opened.ok || !equalBytes(sha256(opened.value), hash)) return null
    const page = decodePage(opened.value, { form: 'observation', number, rows })
    if (!page.ok) return null
    const values = page.value.rows.map(({ value }) => value)
    pages.set(bytes, { hash, values })
    return values
  }
  const checkRows: Truth['checkRows'] = (stream, values) => {
    const { asked, acknowledged, isRelaxed } = of(stream)
    if (new Set(values).size < values.length) throw new Violation('a row is twice there')
    let last = -1
    values.forEach((value, row) => {
      const place = asked.get(value)
      if (place === undefined) throw new Violation(`row ${row} has a value that its publisher never gave: ${value}`)
      if (isRelaxed) return
      if (place <= last) throw new Violation(`row ${row} is out of order`)
      last = place
      const promised = acknowledged[row]
      if (promised !== undefined && promised !== value) throw new Violation(`row ${row} was acknowledged as ${promised} and is ${value}`)
    })
  }
  const pagesOn = (content: SyncStore, record: HistoryRecord) => {
    const rows = record.head?.head.rows ?? 0
    const values: string[] = []
    let damaged: number | null = null
    splitPageList(record.hashes).forEach((hash, number) => {
      const bytes = content.page(hash)
      const found = bytes === null ? null : valuesOf(hash, bytes, number, rowsInPage(number, rows, shape.pageRows))
      if (found !== null) values.push(...found)
      else damaged ??= number
    })
    return { values, damaged: damaged as number | null }
  }
  return {
    add: (identity) => {
      const stream = streamIdOf(identity, sha256)
      streams.set(stream, { asked: new Map(), acknowledged: [], heads: new Map(), isRelaxed: false })
      return stream
    },
    asked: (stream, value) => {
      const { asked } = of(stream)
      if (!asked.has(value)) asked.set(value, asked.size)
    },
    acknowledged: (stream, row, value) => {
      of(stream).acknowledged[row] = value
    },
    signed: (head) => {
      of(head.stream).heads.set(name(head), head)
    },
    acknowledgedRows: (stream) => of(stream).acknowledged,
    relax: (stream) => {
      of(stream).isRelaxed = true
    },
    checkRecord,
    checkDisk: (content, mayBeDamaged) => {
      let isWhole = true
      for (const record of content.records()) {
        checkRecord(record)
        const { values, damaged } = pagesOn(content, record)
        if (damaged === null) checkRows(record.stream, values)
        else if (mayBeDamaged) isWhole = false
        else throw new Violation(`page ${damaged} of stream ${record.identity.stream} on record (${record.head?.head.rows ?? 0} rows) is not there or untrue`)
      }
      return isWhole
    },
    isWhole: (content, stream) => content.records().every((record) => record.stream !== stream || pagesOn(content, record).damaged === null),
    valuesOn: (content, stream) => content.records().flatMap((record) => (record.stream === stream ? pagesOn(content, record).values : [])),
    checkRows,
  }
}

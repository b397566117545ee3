import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '../../src/base/bytes.ts'
import { keepPage, openKept, parcelAtRest } from '../../src/data/history/kept-page.ts'
import { createCsvReader } from '../../src/domain/csv.ts'
import { decodePage, encodePage, PAGE_ROWS } from '../../src/domain/page.ts'
import type { ObservationRow } from '../../src/domain/row.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import { decodeFrame, encodeFrame } from '../../src/protocol/frame.ts'
import type { PageShape } from '../../src/protocol/packed-page.ts'
import { judgePage } from '../../src/transfer/judge.ts'
import { ENCODINGS_READ, openParcel, wrapPage } from '../../src/transfer/parcel.ts'
import { createServing, packetsOf } from '../../src/transfer/serving.ts'
import { PACKET_BYTES } from '../../src/transfer/upload.ts'
import type { Payload } from './payload.ts'
import { spreadOf } from './statistics.ts'

/** What is done to each page on either side; storage and the hash of the whole page are browsers' own and not here. */
export interface PageStep {
  readonly side: 'publisher' | 'sender' | 'receiver' | 'reader'
  readonly step: string
  readonly usPerPage: number
}

interface Subject {
  readonly rows: readonly ObservationRow[]
  readonly shape: PageShape
  readonly bytes: Bytes
  readonly hash: Bytes
  readonly parcel: Bytes
  readonly kept: Bytes
  readonly frames: readonly Bytes[]
}

const ROUNDS = 15

const digest = async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

/** As many as a row of pages needs for the compiler to have done its work. */
const MOST_PAGES = 100

/** Microseconds of processor time a page, medians over rounds. */
export const measurePages = async (payload: Payload): Promise<readonly PageStep[]> => {
  const subjects = await subjectsOf(payload)
  const steps: readonly (readonly [PageStep['side'], string, (subject: Subject) => unknown])[] = [
    ['publisher', 'encode the rows', ({ rows, shape }) => encodePage({ ...shape, rows })],
    ['publisher', 'pack', ({ bytes, shape }) => wrapPage(bytes, shape, ENCODINGS_READ)],
    ['publisher', 'seal', ({ bytes, hash, parcel }) => keepPage({ hash, bytes }, parcel, digest)],
    ['sender', 'check the seal', ({ kept, hash }) => parcelAtRest(kept, hash, digest)],
    ['sender', 'cut into packets, encode frames', framesOf],
    ['receiver', 'decode frames', ({ frames }) => frames.map(decodeFrame)],
    ['receiver', 'unpack', ({ parcel, shape }) => openParcel(parcel, shape)],
    ['receiver', 'look through rows', ({ bytes, hash, shape }) => judgePage(bytes, hash, { ...shape, hash })],
    ['receiver', 'seal', ({ bytes, hash, parcel }) => keepPage({ hash, bytes }, parcel, digest)],
    ['reader', 'unpack', ({ kept, shape }) => openKept(kept, shape)],
    ['reader', 'decode rows', ({ bytes, shape }) => decodePage(bytes, shape)],
  ]
  const measured: PageStep[] = []
  for (const [side, step, run] of steps) {
    const costs: number[] = []
    for (let round = 0; round < ROUNDS; round++) costs.push(await costOf(subjects, run))
    measured.push({ side, step, usPerPage: spreadOf(costs).median })
  }
  return measured
}

const costOf = async (subjects: readonly Subject[], run: (subject: Subject) => unknown): Promise<number> => {
  const began = process.cpuUsage()
  for (const subject of subjects) await run(subject)
  const { user, system } = process.cpuUsage(began)
  return (user + system) / subjects.length
}

const subjectsOf = ({ csv }: Payload): Promise<readonly Subject[]> => {
  const rows = rowsOf(csv.split('\n', MOST_PAGES * PAGE_ROWS + 1))
  const subjectAt = async (number: number): Promise<Subject> => {
    const some = rows.slice(number * PAGE_ROWS, (number + 1) * PAGE_ROWS)
    const shape = { form: 'observation', number, rows: PAGE_ROWS } as const
    const bytes = encodePage({ ...shape, rows: some })
    const hash = new Uint8Array(sha256(bytes))
    const parcel = wrapPage(bytes, shape, ENCODINGS_READ)
    const made = { rows: some, shape, bytes, hash, parcel, kept: await keepPage({ hash, bytes }, parcel, digest) }
    return { ...made, frames: framesOf(made) }
  }
  return Promise.all(Array.from({ length: Math.floor(rows.length / PAGE_ROWS) }, (_, number) => subjectAt(number)))
}

const framesOf = ({ shape, parcel }: Pick<Subject, 'shape' | 'parcel'>): readonly Bytes[] => {
  const page = shape.number
  const serving = createServing({ request: 1, stream: '' as StreamId, root: parcel, rows: 0, pages: [page], encodings: ENCODINGS_READ })
  return (packetsOf(serving, page, parcel, PACKET_BYTES) ?? []).map((packet) => encodeFrame({ type: 'packet', request: 1, ...packet }))
}

const rowsOf = (lines: readonly string[]): readonly ObservationRow[] => {
  const reader = createCsvReader()
  return lines.flatMap((line): ObservationRow[] => {
    const read = line === '' ? null : reader.read(line.split(','))
    if (read?.ok === false) throw new Error(read.error.message)
    return read?.value.is === 'row' ? [{ form: 'observation', ...read.value.row }] : []
  })
}

import { blake2s } from '@noble/hashes/blake2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { failureOf, fail, ok } from '../../../../src/base/result.ts'
import { createCsvReader } from '../../../../src/domain/csv.ts'
import { createOriginalWriter } from '../../../../src/domain/original-csv.ts'
import type { Row } from '../../../../src/domain/row.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import { createCsvExport } from '../../../../src/neuron/page/csv-export.ts'
import { readCsvRecords } from '../../../../src/neuron/csv-records.ts'
import type { DataClient } from '../../../../src/ports/data-client.ts'
import { countingHex } from '../../../vectors/samples.ts'

const ID = countingHex(1)
const VALUES = ['1.50', '-2', '9'.repeat(64), 'a,b', '"quoted"', 'say "so", he said', ' spaced ', '=1+1', '\u{1F9D8}', '1;5']

/** A history read 3 rows an answer. */
const historyOf = (values: readonly string[]): Pick<DataClient, 'rows'> => ({
  rows: async (_stream, from, count) => {
    const rows = values.slice(from, from + Math.min(3, count)).map((value, i): Row => ({ form: 'observation', time: (from + i) * 1_000_000 as Micros, value }))
    return ok({ rows, total: values.length })
  },
})

describe('a history as a CSV', () => {
  it.each(['plain', 'original'] as const)('(%s) gives the same rows when it is imported again, whatever its values are', async (format) => {
    const shares: number[] = []
    const csv = await createCsvExport(historyOf(VALUES))(ID, format, (share) => shares.push(share))
    const reader = createCsvReader()
    const [times, values]: [number[], string[]] = [[], []]
    for await (const chunk of readCsvRecords(csv)) {
      for (const { fields } of chunk.ok ? chunk.value.records : []) {
        const read = reader.read(fields)
        if (!read.ok || read.value.is !== 'row') continue
        times.push(read.value.row.time)
        values.push(read.value.row.value)
      }
    }
    // An import takes the blanks off a value.
    expect(values).toEqual(VALUES.map((value) => value.trim()))
    expect(times).toEqual(VALUES.map((_, i) => i * 1_000_000))
    expect(shares.at(-1)).toBe(1)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
  })

  it('keeps values and times to the letter', async () => {
    expect(await (await createCsvExport(historyOf(['1.50', 'a"b']))(ID, 'plain')).text()).toBe('time,value\r\n1970-01-01T00:00:00Z,1.50\r\n1970-01-01T00:00:01Z,"a""b"\r\n')
  })

  it('as the original network keeps it chains every line to the one before, by its own vectors', async () => {
    const written = await (await createCsvExport(historyOf(['1', '2', 'a,b']))(ID, 'original')).text()
    expect(written.split('\r\n').map((line) => line.replace(/,[0-9a-f]{16}$/, ''))).toEqual(['1970-01-01 00:00:00,1', '1970-01-01 00:00:01,2', '1970-01-01 00:00:02,"a,b"', ''])
    const hash = (text: string): string => bytesToHex(blake2s(utf8ToBytes(text), { dkLen: 8 }))
    const first = hash('1970-01-01 00:00:001')
    const second = hash(`${first}1970-01-01 00:00:012`)
    expect([...written.matchAll(/[0-9a-f]{16}(?=\r)/g)].map(([found]) => found)).toEqual([first, second, hash(`${second}1970-01-01 00:00:02a,b`)])
    // Those of the original network itself.
    expect([hash('01'), hash('ce8efc6eeb9fc30b12')]).toEqual(['ce8efc6eeb9fc30b', 'e2cc1a4e70bdba14'])
  })

  it('as the original network keeps it has six decimals of a second, or none', () => {
    const write = createOriginalWriter((text) => text)
    expect(write({ time: 1_500_000 as Micros, value: '1' })[0]).toBe('1970-01-01 00:00:01.500000')
    expect(write({ time: -1 as Micros, value: '1' })[0]).toBe('1969-12-31 23:59:59.999999')
  })

  it('of a stream that is not kept, or cannot be read, fails with the reason', async () => {
    const codeOf = (call: Promise<unknown>): Promise<string> => call.then(() => 'done', (thrown: unknown) => failureOf(thrown).code)
    expect(await codeOf(createCsvExport(historyOf([]))('nonsense', 'plain'))).toBe('unknown-stream')
    expect(await codeOf(createCsvExport({ rows: async () => fail('damaged-page', 'No.') })(ID, 'plain'))).toBe('damaged-page')
  })
})

import { describe, expect, it } from 'vitest'
import { failureOf, fail, ok } from '../../../../src/base/result.ts'
import { createCsvReader } from '../../../../src/domain/csv.ts'
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
  it('gives the same rows when it is imported again, whatever its values are', async () => {
    const shares: number[] = []
    const csv = await createCsvExport(historyOf(VALUES))(ID, (share) => shares.push(share))
    const reader = createCsvReader()
    const values: string[] = []
    for await (const chunk of readCsvRecords(csv)) {
      for (const { fields } of chunk.ok ? chunk.value.records : []) {
        const read = reader.read(fields)
        if (read.ok && read.value.is === 'row') values.push(read.value.row.value)
      }
    }
    // An import takes the blanks off a value.
    expect(values).toEqual(VALUES.map((value) => value.trim()))
    expect(shares.at(-1)).toBe(1)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
  })

  it('keeps values and times to the letter', async () => {
    expect(await (await createCsvExport(historyOf(['1.50', 'a"b']))(ID)).text()).toBe('time,value\r\n1970-01-01T00:00:00Z,1.50\r\n1970-01-01T00:00:01Z,"a""b"\r\n')
  })

  it('of a stream that is not kept, or cannot be read, fails with the reason', async () => {
    const codeOf = (call: Promise<unknown>): Promise<string> => call.then(() => 'done', (thrown: unknown) => failureOf(thrown).code)
    expect(await codeOf(createCsvExport(historyOf([]))('nonsense'))).toBe('unknown-stream')
    expect(await codeOf(createCsvExport({ rows: async () => fail('damaged-page', 'No.') })(ID))).toBe('damaged-page')
  })
})

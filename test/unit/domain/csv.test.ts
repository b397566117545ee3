import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCsvReader } from '../../../src/domain/csv.ts'
import { formatTime } from '../../../src/domain/time.ts'

fc.configureGlobal({ seed: 8, numRuns: 500 })

/** Lines of fields, as what each is read as: `time value`, `header`, `blank`, or the code of the failure. */
const readAll = (...lines: string[][]): string[] => {
  const reader = createCsvReader()
  return lines.map((fields) => {
    const read = reader.read(fields)
    if (!read.ok) return read.error.code
    return read.value.is === 'row' ? `${formatTime(read.value.row.time)} ${read.value.row.value}` : read.value.is
  })
}
const DAY = '2024-05-01'
const AT = `${DAY}T00:00:00Z`

describe('the columns', () => {
  it('of a file without a header are time and value', () => {
    expect(readAll([DAY, '1.50'], ['1714521600', '2'])).toEqual([`${AT} 1.50`, `${AT} 2`])
  })

  it('beyond are left aside, as the hash of an original node is', () => {
    expect(readAll(['0', '1', 'ce8efc6eeb9fc30b'], ['1', '2', 'e2cc1a4e70bdba14'])).toEqual(['1970-01-01T00:00:00Z 1', '1970-01-01T00:00:01Z 2'])
  })

  it.each([
    [['time', 'value'], [DAY, '1'], '1'],
    [['ts', 'value', 'hash'], [DAY, '1', 'x'], '1'],
    [['value', 'time'], ['1', DAY], '1'],
    [[' Date ', 'CLOSE'], [DAY, '1'], '1'],
    [['timestamp', 'temperature'], [DAY, '1'], '1'],
    [['station', 'date_time', 'humidity', 'value'], ['x', DAY, '2', '1'], '1'],
    [['station', 'date', 'humidity'], ['7', DAY, '2'], '7'],
    [['when', 'price'], [DAY, '1'], '1'],
    [['date', 'open', 'high', 'close'], [DAY, '3', '4', '1'], '1'],
    [['y', 'utc'], ['1', DAY], '1'],
    [['date', 'station', 'temp'], [DAY, 'roof', '1'], '1'],
    [['station', 'temp', 'date'], ['roof', '1', DAY], '1'],
    [['date', 'station', 'note'], [DAY, 'roof', 'x'], 'roof'],
    [['date', 'value', 'temp'], [DAY, 'roof', '1'], 'roof'],
  ])('named %j are found', (header, line, value) => {
    expect(readAll(header, line)).toEqual(['header', `${AT} ${value}`])
  })

  it('without one called value are decided by the first row that is taken, and then kept', () => {
    const lines = [['date', 'station', 'temp'], ['soon', '5', 'x'], [DAY, 'roof', '1'], [DAY, '7', 'n/a']]
    expect(readAll(...lines)).toEqual(['header', 'bad-time', `${AT} 1`, `${AT} n/a`])
  })

  it('are told to whoever asks, once a row was read', () => {
    const reader = createCsvReader()
    reader.read(['date', 'station', ' Temp '])
    expect(reader.columns).toBeNull()
    reader.read([DAY, 'roof', '1'])
    expect(reader.columns).toEqual({ time: { index: 0, name: 'date' }, value: { index: 2, name: 'Temp' } })
    const bare = createCsvReader()
    bare.read([DAY, '1'])
    expect(bare.columns).toEqual({ time: { index: 0, name: null }, value: { index: 1, name: null } })
  })

  it('are told by the first line that is not blank, and by that alone', () => {
    expect(readAll([''], ['', ' '], ['time', 'value'], [DAY, '1'], ['time', 'value'])).toEqual(['blank', 'blank', 'header', `${AT} 1`, 'bad-time'])
  })

  it('a first line that is neither is a bad line, not a header: nothing is dropped silently', () => {
    expect(readAll(['yesterday', '5'], [DAY, '1'])).toEqual(['bad-time', `${AT} 1`])
    expect(readAll([DAY, 'x\u0000'], [DAY, '1'])).toEqual(['bad-value', `${AT} 1`])
    expect(readAll(['foo'], [DAY, '1'])).toEqual(['bad-line', `${AT} 1`])
  })
})

describe('a line', () => {
  it('keeps its value verbatim, but for blanks around it', () => {
    for (const value of ['1.50', '+1', '1e5', 'n/a', '1,5', '-0', 'größe', '雨 ☂', '007'])
      expect(readAll([DAY, `  ${value}\t`])).toEqual([`${AT} ${value}`])
  })

  it.each([
    ['an empty value', [DAY, ''], 'bad-value'],
    ['a blank value', [DAY, '  '], 'bad-value'],
    ['no value', [DAY], 'bad-line'],
    ['no time', ['', '5'], 'bad-time'],
    ['a word for a time', ['soon', '5'], 'bad-time'],
    ['a day that never was', ['2023-02-29', '5'], 'bad-time'],
    ['a value of 65 bytes', [DAY, '1'.repeat(65)], 'bad-value'],
    ['a line end inside the value', [DAY, '1\n2'], 'bad-value'],
    ['a value that was not UTF-8', [DAY, 'gr\ufffd\ufffde'], 'bad-value'],
  ])('with %s is refused', (_, line, code) => {
    expect(readAll(['time', 'value'], line)).toEqual(['header', code])
  })

  it('with more fields than the first is refused: a decimal comma must not lose its decimals', () => {
    expect(readAll(['time', 'value'], [DAY, '1', '5'], [DAY, '1', '', ' '])).toEqual(['header', 'bad-line', `${AT} 1`])
    expect(readAll([DAY, '1'], [DAY, '1', '5'])).toEqual([`${AT} 1`, 'bad-line'])
    expect(readAll([DAY], [DAY, '1'], [DAY, '1', '5'])).toEqual(['bad-line', `${AT} 1`, 'bad-line'])
  })

  it('says what it lacks', () => {
    const reader = createCsvReader()
    reader.read(['id', 'name', 'time', 'value'])
    expect(reader.read(['1', 'x'])).toMatchObject({ error: { message: 'The line has 2 of the 4 fields it needs.' } })
  })

  it('of any fields whatever never throws, and says briefly what is wrong', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 })), { maxLength: 4 }), { maxLength: 4 }), (lines) => {
        const reader = createCsvReader()
        for (const fields of lines) {
          const read = reader.read(fields)
          if (!read.ok) expect(read.error.message.length).toBeLessThan(200)
        }
      }),
    )
  })
})

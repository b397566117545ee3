import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSamples, sampleCsv, sampleEntry, type SampleChoice } from '../../../../signaling/launch/samples.ts'
import type { BundledSample } from '../../../../src/neuron/samples.ts'
import { MAX_NAME_BYTES } from '../../../../src/domain/stream.ts'
import { parseTime } from '../../../../src/domain/time.ts'
import { numericValue } from '../../../../src/domain/value.ts'

const CHOICE: SampleChoice = { key: 'warm', title: 'Warm', description: 'Degrees.', resource: 'city_weather', time: 'date', value: 'temp' }
const RESOURCE = {
  name: 'city_weather',
  path: 'city-weather.csv',
  licenses: [{ title: 'CC BY 4.0', path: 'https://example.org/license' }],
  sources: [{ title: 'A weather office', path: 'https://example.org/weather' }],
}

describe('a sample', () => {
  it('keeps the text of every value: 12.80 stays 12.80', () => {
    expect(sampleCsv('date,rain,temp\n2012-01-01,0.0,12.80\n2012-01-02,10.9,-0\n', CHOICE)).toBe('time,value\n2012-01-01,12.80\n2012-01-02,-0\n')
  })

  it('takes the lines asked for only', () => {
    const source = 'city,date,temp\nA,2012-01-01,1\nB,2012-01-01,2\r\nA,2012-01-02,3\n'
    expect(sampleCsv(source, { ...CHOICE, only: ['city', 'A'] })).toBe('time,value\n2012-01-01,1\n2012-01-02,3\n')
  })

  it('refuses a column that is not there and a quoted field', () => {
    expect(() => sampleCsv('date,rain\n', CHOICE)).toThrow('no column "temp"')
    expect(() => sampleCsv('date,temp\n"1, 2",3\n', CHOICE)).toThrow('quoted')
  })

  it('says what it is and whose it is', () => {
    expect(sampleEntry(CHOICE, RESOURCE, 'time,value\n2012-01-01,1\n2012-01-02,2\n')).toEqual({
      key: 'warm', title: 'Warm', description: 'Degrees.', rows: 2, source: 'A weather office', license: 'CC BY 4.0',
      url: 'https://example.org/weather', file: 'warm.csv', stream: 'city-weather', target: 'temp',
    })
  })

  it('is not shipped without a licence that has a name', () => {
    expect(() => sampleEntry(CHOICE, { ...RESOURCE, licenses: [{ path: 'https://example.org' }] }, 'time,value\n')).toThrow('no licence')
  })
})

describe('the bundled samples', () => {
  const files = readSamples(join(import.meta.dirname, '../../../../node_modules/vega-datasets'))
  const entries = JSON.parse(files.get('samples/index.json') ?? '[]') as BundledSample[]

  it('are listed with different keys and names', () => {
    expect(entries.length).toBeGreaterThanOrEqual(5)
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length)
    expect(new Set(entries.map(({ source, stream, target }) => [source, stream, target].join('\n'))).size).toBe(entries.length)
  })

  it.each(entries.map((entry) => [entry.key, entry] as const))('%s: every line has a time and a number, in order', (_, entry) => {
    const lines = (files.get(`samples/${entry.file}`) ?? '').trimEnd().split('\n').slice(1)
    expect(lines.length).toBe(entry.rows)
    let last = -Infinity
    for (const line of lines) {
      const [time = '', value = ''] = line.split(',')
      const at = parseTime(time)
      if (!at.ok || at.value <= last || numericValue(value) === null) throw new Error(`${entry.file}: ${line}`)
      last = at.value
    }
    for (const name of [entry.source, entry.stream, entry.target]) expect(name.length).toBeLessThanOrEqual(MAX_NAME_BYTES)
  })
})

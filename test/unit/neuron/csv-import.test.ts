import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { fail, ok, type Result } from '../../../src/base/result.ts'
import type { CsvChoice } from '../../../src/domain/csv.ts'
import type { Row } from '../../../src/domain/row.ts'
import { formatTime, type Micros } from '../../../src/domain/time.ts'
import { importCsv } from '../../../src/neuron/csv-import.ts'
import type { ImportProgress } from '../../../src/neuron/csv-view.ts'
import type { DataClient } from '../../../src/ports/data-client.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'
import { countingHex, sampleIdentity } from '../../vectors/samples.ts'
import { saying } from '../../vectors/saying.ts'

type Drafts = Pick<DataClient, 'openDraft' | 'addToDraft' | 'commitDraft' | 'dropDraft'>

/** A data process that keeps one draft in memory and writes down what was asked of it. */
const createFakeData = (more: Partial<Drafts> = {}) => {
  const calls: string[] = []
  const drafted: Row[] = []
  const drafts: Drafts = {
    openDraft: async () => ok({ draft: 7, rows: 0 }),
    addToDraft: async (_, rows) => {
      for (const row of rows) drafted.push(row)
      return ok(null)
    },
    commitDraft: async () => (drafted.length > 0 ? ok(null) : fail('no-rows', 'There are no rows.')),
    dropDraft: async () => ok(null),
    ...more,
  }
  const told = <A extends unknown[], R>(name: string, call: (...args: A) => R) => (...args: A): R => {
    calls.push(name)
    return call(...args)
  }
  const data = {
    openDraft: told('open', drafts.openDraft),
    addToDraft: told('add', drafts.addToDraft),
    commitDraft: told('commit', drafts.commitDraft),
    dropDraft: told('drop', drafts.dropDraft),
  }
  // Only drafts are asked for; anything else would be `undefined` and throw.
  return { data: data as unknown as DataClient, calls, drafted }
}

interface Options {
  readonly columns?: CsvChoice
  readonly after?: Micros
  readonly data?: Partial<Drafts>
  readonly isCancelled?: () => boolean
}

const runImport = async (csv: string | Blob, { columns, after, data: more, isCancelled = () => false }: Options = {}) => {
  const { data, calls, drafted } = createFakeData(more)
  const progress: ImportProgress[] = []
  const clock = createVirtualClock()
  const request = { id: countingHex(1), identity: sampleIdentity, csv, columns: columns ?? null, after: after ?? null, onProgress: (one: ImportProgress) => progress.push(one), isCancelled }
  const result = await importCsv(request, { data, clock })
  const problems = result.ok ? result.value.problems.map(({ line, message }) => `${line}: ${message}`) : []
  return { result, calls, progress, problems, rows: drafted.map((row) => `${formatTime(row.time)} ${row.value}`) }
}

/** Says no so many times, then yes. */
const createOnceOver = (times: number) => {
  let asked = 0
  return () => asked++ >= times
}

const failureOf = (result: Result<unknown>) => (result.ok ? null : result.error)
const FIRST = '2024-05-01T00:00:00Z'
const SECOND = '2024-05-02T00:00:00Z'
const TWO = [`${FIRST} 1.50`, `${SECOND} -2`]

describe('every dialect gives the same rows', () => {
  it.each([
    ['with a header', 'time,value\n2024-05-01,1.50\n2024-05-02,-2\n'],
    ['without one', '2024-05-01,1.50\n2024-05-02,-2\n'],
    ['without a last line end', 'time,value\n2024-05-01,1.50\n2024-05-02,-2'],
    ['with CR LF', 'time,value\r\n2024-05-01,1.50\r\n2024-05-02,-2\r\n'],
    ['with CR LF and quotes', '"time","value"\r\n"2024-05-01","1.50"\r\n"2024-05-02","-2"\r\n'],
    ['with CR alone', 'time,value\r2024-05-01,1.50\r2024-05-02,-2\r'],
    ['with both line ends mixed', 'time,value\r\n2024-05-01,1.50\n2024-05-02,-2\r\n'],
    ['with a byte order mark', '\ufefftime,value\n2024-05-01,1.50\n2024-05-02,-2\n'],
    ['with a byte order mark and no header', '\ufeff2024-05-01,1.50\n2024-05-02,-2\n'],
    ['with semicolons', 'time;value\n2024-05-01;1.50\n2024-05-02;-2\n'],
    ['with semicolons and no header', '2024-05-01;1.50\n2024-05-02;-2\n'],
    ['with tabs', 'time\tvalue\n2024-05-01\t1.50\n2024-05-02\t-2\n'],
    ['with bars', 'time|value\n2024-05-01|1.50\n2024-05-02|-2\n'],
    ['with other columns', 'station,value,note,time\nx,1.50,"a, b; c",2024-05-01\ny,-2,,2024-05-02\n'],
    ['with blank lines', '\n\ntime,value\n\n2024-05-01,1.50\n,\n2024-05-02,-2\n\n\n'],
    ['with blanks around fields', ' time , value \n 2024-05-01 , 1.50 \n2024-05-02,\t-2\n'],
    ['as the original network kept it', '2024-05-01 00:00:00,1.50,ce8efc6eeb9fc30b\n2024-05-02 00:00:00,-2,e2cc1a4e70bdba14\n'],
  ])('%s', async (_, csv) => {
    const { rows, problems, calls, result } = await runImport(csv)
    expect(rows).toEqual(TWO)
    expect(problems).toEqual([])
    expect(calls).toEqual(['open', 'add', 'commit'])
    expect(result).toMatchObject({ ok: true, value: { id: countingHex(1), rows: 2, notNumbers: 0, firstNotNumber: null, problemCount: 0, problems: [] } })
  })
})

describe('the report', () => {
  it('says which columns were read, and how many values are no numbers', async () => {
    const { result } = await runImport('date;station;temp\n2024-05-01;roof;1\n2024-05-02;roof;12,5\n2024-05-03;roof;n/a\n')
    expect(result).toMatchObject({
      value: {
        rows: 3,
        columns: { time: { number: 1, name: 'date' }, value: { number: 3, name: 'temp' } },
        notNumbers: 2,
        firstNotNumber: '12,5',
      },
    })
  })

  it('counts only values of rows that were added', async () => {
    const { result } = await runImport('time,value\nsoon,x\n2024-05-01,1\n')
    expect(result).toMatchObject({ value: { rows: 1, notNumbers: 0, firstNotNumber: null } })
  })
})

describe('columns that a person has chosen', () => {
  const SENSORS = 'wo,heiß,kalt,wann\nroof,1.50,x,2024-05-01\nroof,-2,y,2024-05-02\n'
  const chosen = { hasHeader: true, time: 3, value: 1, times: 'guessed' } as const

  it('are those that are read, and the report names them', async () => {
    const { rows, problems, result } = await runImport(SENSORS, { columns: chosen })
    expect([rows, problems]).toEqual([TWO, []])
    expect(result).toMatchObject({ value: { columns: { time: { number: 4, name: 'wann' }, value: { number: 2, name: 'heiß' } } } })
  })

  it('are read from the first line on where it names nothing', async () => {
    const { problems } = await runImport(SENSORS, { columns: { ...chosen, hasHeader: false } })
    expect(problems).toEqual([expect.stringContaining('1: "wann" is not a time')])
  })

  it('of which a line has too few, or to which a comma has added one, make a problem', async () => {
    const { rows, problems } = await runImport(`${SENSORS}roof,1\nroof,1,5,x,2024-05-03\n`, { columns: chosen })
    expect(rows).toEqual(TWO)
    expect(problems.map((problem) => problem.slice(0, 20))).toEqual(['4: The line has 2 of', '5: The line has 5 fi'])
  })

  it('hold times of the unit that was said, however small they are', async () => {
    const { rows } = await runImport('1000,1\n2000,2\n', { columns: { hasHeader: false, time: 0, value: 1, times: 'milliseconds' } })
    expect(rows).toEqual(['1970-01-01T00:00:01Z 1', '1970-01-01T00:00:02Z 2'])
  })
})

describe('a decimal comma', () => {
  it('between semicolons is kept verbatim, header or not, also where times have commas', async () => {
    for (const header of ['', 'time;value\n']) {
      expect((await runImport(`${header}2024-05-01;1,5\n2024-05-02;-2,25\n`)).rows).toEqual([`${FIRST} 1,5`, `${SECOND} -2,25`])
      const fractions = `${header}2024-05-01 00:00:00,500;1\n2024-05-02 00:00:00,25;2,5\n`
      expect((await runImport(fractions)).rows).toEqual(['2024-05-01T00:00:00.5Z 1', '2024-05-02T00:00:00.25Z 2,5'])
    }
  })

  it('between quotation marks is kept verbatim', async () => {
    expect((await runImport('time,value\n2024-05-01,"1,5"\n')).rows).toEqual([`${FIRST} 1,5`])
  })

  it('between commas is a problem that says so, and never a number without its decimals', async () => {
    const { rows, problems } = await runImport('time,value\n2024-05-01,1,5\n2024-05-02,-2\n')
    expect(rows).toEqual([`${SECOND} -2`])
    expect(problems).toEqual(['2: The line has 3 fields where the first one has 2: a decimal comma needs quotation marks.'])
  })
})

describe('line numbers', () => {
  it('count blank lines, the header, and line ends inside quotation marks', async () => {
    const csv = 'time,note,value\n\n2024-05-01,"two\nlines",1\nbad,x,1\n2024-05-01,"three\r\nlines\r\nhere",2\n2024-05-01,x,\n'
    const { rows, problems } = await runImport(csv)
    expect(rows).toEqual([`${FIRST} 1`, `${FIRST} 2`])
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['5', '9'])
  })

  it('are right for every bad line of many, across chunks, whatever is wrong with it', async () => {
    const random = createSeededRandom(11)
    const spoil = ['soon,1', '2023-02-29,1', '2024-05-01,', '2024-05-01', '2024-05-01,1,2,3', `2024-05-01,${'9'.repeat(65)}`, '2024-05-01,a\u0001b', '"2024-05-01","1" x']
    const bad: number[] = []
    const good: string[] = []
    const lines = Array.from({ length: 40_000 }, (_, i) => {
      if (bad.length < 1_000 && random.next() < 0.05) {
        bad.push(i + 2)
        return spoil[bad.length % spoil.length] ?? ''
      }
      const value = random.next() < 0.02 ? `größe ${i}` : (random.next() * 1000).toFixed(3)
      good.push(value)
      return `${1_700_000_000 + i},${value}`
    })
    const { result, rows, problems, progress } = await runImport(`time,value\n${lines.join('\n')}`)
    expect(bad.length).toBe(1_000)
    expect(problems.map((problem) => Number(problem.split(':')[0]))).toEqual(bad)
    expect(rows.map((row) => row.slice(row.indexOf(' ') + 1))).toEqual(good)
    expect(result).toMatchObject({ ok: true, value: { rows: good.length, problemCount: bad.length } })
    expect(progress.length).toBeGreaterThan(2)
  })

  it('beyond a thousand problems are only counted', async () => {
    const { result, problems } = await runImport(`2024-05-01,1\n${'bad,1\n'.repeat(1_500)}`)
    expect(problems.length).toBe(1_000)
    expect(result).toMatchObject({ ok: true, value: { rows: 1, problemCount: 1_500 } })
  })
})

describe('quotation marks', () => {
  it('that are doubled stand for one', async () => {
    expect((await runImport('time,value\n2024-05-01,"say ""hi"""\n')).rows).toEqual([`${FIRST} say "hi"`])
  })

  it('that are not in pairs spoil their own line and no other', async () => {
    const left = await runImport('time,value\n2024-05-01,1.50\n2024-05-01,"2\n2024-05-02,-2\n')
    expect([left.rows, left.problems]).toEqual([TWO, ['3: The quotation marks are not in pairs.']])
    const inNote = await runImport('time,value,note\n2024-05-01,1.50,x\n2024-05-01,1,"oh\n2024-05-02,-2,"no"\n')
    expect([inNote.rows, inNote.problems]).toEqual([TWO, ['3: The quotation marks are not in pairs.']])
    const within = await runImport('time,value,note\n2024-05-01,1.50,5" pipe\n2024-05-01,"1" x,"y"\n2024-05-02,-2,"two\nlines"\n2024-05-02,,')
    expect([within.rows, within.problems]).toEqual([TWO, ['3: The quotation marks are not in pairs.', '6: The value is empty.']])
  })

  it('that are amiss at the beginning do not hide the separator', async () => {
    const { rows, problems } = await runImport('time;value\n2024-05-01;"1\n2024-05-01;1.50\n2024-05-02;-2\n')
    expect([rows, problems]).toEqual([TWO, ['2: The quotation marks are not in pairs.']])
  })

  it('that join lines by mistake are reported with those lines', async () => {
    const { problems, rows } = await runImport('time,value\n2024-05-01,"1\n2024-05-02,2"\n2024-05-02,-2\n')
    expect(problems).toEqual(['2: The value has a control character. Quotation marks join lines 2 to 3.'])
    expect(rows).toEqual([`${SECOND} -2`])
  })

  it('that stay open over a large file spoil their own line and do not fill the memory with it', async () => {
    const { result, problems } = await runImport(`time,value\n2024-05-01,1\n2024-05-01,"1\n${'2024-05-02,2\n'.repeat(60_000)}2024-05-02,"2`)
    expect(problems).toEqual(['3: The quotation marks are not in pairs.', '60004: The quotation marks are not in pairs.'])
    expect(result).toMatchObject({ ok: true, value: { rows: 60_001 } })
  })

  it('are not needed to see that a file is no CSV: a line without an end ends the import', async () => {
    const { result, calls } = await runImport(`time,value\n2024-05-01,1\n${'x'.repeat(600_000)}`)
    expect(failureOf(result)).toMatchObject({ code: 'unreadable', message: saying('Line 3 does not end') })
    expect(calls.at(-1)).toBe('drop')
  })
})

describe('a file in pieces', () => {
  it('has every character whole, wherever a piece ends', async () => {
    const lines = Array.from({ length: 18_000 }, (_, i) => `${1_700_000_000 + i},${i % 3 === 0 ? '雨' : '👩‍🚀ü'}${i}`)
    for (const shift of ['', 'x', 'xx']) {
      const { rows, problems } = await runImport(new Blob([`time,value${shift}\n`, lines.join('\n')]))
      expect(problems).toEqual([])
      expect(rows.length).toBe(lines.length)
      expect(rows.every((row, i) => row.endsWith(` ${lines[i]?.split(',')[1] ?? ''}`))).toBe(true)
    }
  })

  it('has every quoted record whole, wherever a piece ends', async () => {
    const lines = Array.from({ length: 12_000 }, (_, i) => `${1_700_000_000 + i},"${i}","said ""hi"",\r\nand left ${'.'.repeat(i % 17)}"`)
    const { rows, problems } = await runImport(`time,value,note\r\n${lines.join('\r\n')}\r\n`)
    expect(problems).toEqual([])
    expect(rows.map((row) => row.split(' ')[1])).toEqual(lines.map((_, i) => String(i)))
  })

  it('that is not UTF-8 gives problems where a value is broken, not broken values', async () => {
    const latin1 = Buffer.from('time,value,note\n2024-05-01,gr\xf6\xdfe,x\n2024-05-02,-2,\xe4\n', 'latin1')
    const { rows, problems } = await runImport(new Blob([latin1]))
    expect(rows).toEqual([`${SECOND} -2`])
    expect(problems).toEqual(['2: The value is not UTF-8 text.'])
  })

  it('reports its progress: never backwards, all bytes at the end', async () => {
    const csv = new Blob(['time,value\n', '2024-05-01,1\n'.repeat(80_000)])
    const { progress } = await runImport(csv)
    const steps = progress.map(({ bytesRead, rows }) => [bytesRead, rows] as const)
    steps.slice(1).forEach(([bytesRead, rows], i) => {
      expect(bytesRead).toBeGreaterThan(steps[i]?.[0] ?? 0)
      expect(rows).toBeGreaterThanOrEqual(steps[i]?.[1] ?? 0)
    })
    expect(progress.at(-1)).toMatchObject({ bytesRead: csv.size, bytesTotal: csv.size, rows: 80_000, problemCount: 0 })
    expect(progress.every(({ bytesTotal }) => bytesTotal === csv.size)).toBe(true)
  })
})

describe('nothing is kept', () => {
  const csv = `time,value\n${'2024-05-01,1\n'.repeat(60_000)}`

  it('when no draft can be opened', async () => {
    const { result, calls } = await runImport(csv, { data: { openDraft: async () => fail('not-own', 'No.') } })
    expect(failureOf(result)?.code).toBe('not-own')
    expect(calls).toEqual(['open'])
  })

  it('when rows cannot be kept: the rest is not even read', async () => {
    let adds = 0
    const { result, calls } = await runImport(csv, { data: { addToDraft: async () => (++adds < 2 ? ok(null) : fail('full', 'The disk is full.')) } })
    expect(failureOf(result)).toEqual({ code: 'full', message: 'The disk is full.' })
    expect(calls).toEqual(['open', 'add', 'add', 'drop'])
  })

  it('when the data process throws', async () => {
    const { result, calls } = await runImport(csv, { data: { addToDraft: () => Promise.reject(new Error('gone')) } })
    expect(failureOf(result)?.message).toContain('gone')
    expect(calls).toEqual(['open', 'add', 'drop'])
  })

  it('when the commit fails', async () => {
    const { result, calls } = await runImport(csv, { data: { commitDraft: async () => fail('no-answer', 'Late.') } })
    expect(failureOf(result)?.code).toBe('no-answer')
    expect(calls.slice(-2)).toEqual(['commit', 'drop'])
  })

  it('when the file stops being readable half-way', async () => {
    const blob = new Blob([csv])
    const breaking = {
      size: blob.size,
      slice: (from: number, to: number) => (from === 0 ? blob.slice(from, to) : { arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }),
    }
    const { result, calls } = await runImport(breaking as unknown as Blob)
    expect(failureOf(result)).toMatchObject({ code: 'unreadable', message: saying('NotReadableError') })
    expect(calls.slice(-2)).toEqual(['add', 'drop'])
  })

  it.each([
    ['before its first row', () => true, ['open', 'drop']],
    ['when all is read', createOnceOver(1), ['open', 'add', 'drop']],
  ])('that was stopped %s', async (_when, isCancelled, asked) => {
    const { result, calls } = await runImport('2024-05-01,1\n', { isCancelled })
    expect(failureOf(result)).toMatchObject({ code: 'cancelled', message: saying('Nothing of it was kept') })
    expect(calls).toEqual(asked)
  })

  it('of a file without a row, and the first bad line is told', async () => {
    const { result } = await runImport('hello\nworld\n')
    expect(failureOf(result)).toMatchObject({ code: 'no-rows', message: saying(/^No line could be read\. Line 1: /) })
    expect(failureOf((await runImport('')).result)?.code).toBe('no-rows')
    expect(failureOf((await runImport('time,value\n')).result)?.code).toBe('no-rows')
    expect(failureOf((await runImport('\n\n\n')).result)?.code).toBe('no-rows')
  })
})

it('rows that are not later than the last one are problems when a stream is continued', async () => {
  const after = (Date.UTC(2024, 4, 1) * 1000) as Micros
  const { rows, problems } = await runImport('2024-04-30,0\n2024-05-01,1\n2024-05-02,2\n2024-05-01,3\n', { after })
  expect(rows).toEqual([`${SECOND} 2`])
  expect(problems).toEqual([1, 2, 4].map((line) => `${line}: The time is not later than the last row the stream has.`))
})

it('rows of one file may repeat a time or step back', async () => {
  expect((await runImport('2024-05-02,1\n2024-05-01,2\n2024-05-01,3\n')).rows).toEqual([`${SECOND} 1`, `${FIRST} 2`, `${FIRST} 3`])
})

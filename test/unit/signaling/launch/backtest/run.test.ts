import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runBacktest } from '../../../../../signaling/launch/backtest/run.ts'
import type { Summary } from '../../../../../signaling/launch/backtest/summary.ts'
import { createForecaster, type Forecaster } from '../../../../../src/engine/forecaster.ts'
import { decimalCsv, timeOf } from '../../../../support/decimal-csv.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zazen-backtest-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)

const put = (name: string, text: string): string => {
  mkdirSync(dirname(at(name)), { recursive: true })
  writeFileSync(at(name), text)
  return at(name)
}

const linesOf = (name: string): readonly string[] => readFileSync(at(name), 'utf8').trimEnd().split('\n')

const { account, snapshot } = createForecaster()

/** Says half of the last value, ± 1: what the engine says is not what is asked here, and it takes its time. */
const createHalf = (): Forecaster => {
  let last: number | null = null
  return {
    account,
    snapshot,
    observe: ({ value }) => (last = value ?? last),
    forecast: () => (last === null ? { ok: false, reason: 'no number yet' } : { ok: true, forecast: { value: last / 2, lower: last / 2 - 1, upper: last / 2 + 1 } }),
  }
}

/** Says how many rows it has seen. */
const createCount = (): Forecaster => {
  let seen = 0
  return {
    account,
    snapshot,
    observe: () => seen++,
    forecast: () => ({ ok: true, forecast: { value: seen, lower: seen - 1, upper: seen + 1 } }),
  }
}

/** Runs the command; `now` jumps by `stepMs` at each look. */
const run = async (args: readonly string[], { stepMs = 0, create = createHalf } = {}) => {
  const [out, errors]: [string[], string[]] = [[], []]
  let now = 0
  const code = await runBacktest(args, {
    createForecaster: create, out: (text) => void out.push(text), complain: (text) => void errors.push(text), now: () => (now += stepMs),
    processorMs: () => 0,
  })
  return { code, out: out.join(''), errors: errors.join('') }
}

const ofFile = async (path: string, ...options: readonly string[]): Promise<Summary> => JSON.parse((await run([path, '--json', ...options])).out) as Summary

const CSV = decimalCsv({ rows: 120, seed: 5 })
const BODY = CSV.csv.trimEnd().split('\n').slice(1)

describe('what is read', () => {
  const relMaeOf = async (text: string): Promise<number | null | undefined> => (await ofFile(put('one.csv', text))).streams[0]?.relMae

  it('the same rows score the same in every form: ISO or Unix times, no header, the original’s hash, our columns, other separators', async () => {
    const rows = BODY.map((line) => line.split(','))
    const to = (of: (time: string, value: string, row: number) => string): string => rows.map(([time = '', value = ''], row) => of(time, value, row)).join('\n')
    const seconds = (time: string): number => Date.parse(time) / 1000
    const expected = await relMaeOf(CSV.csv)
    expect(expected).toBeGreaterThan(1)
    for (const text of [
      to((time, value) => `${time},${value}`),
      to((time, value) => `${seconds(time)},${value}`),
      to((time, value) => `${seconds(time).toFixed(6)},${value}`),
      to((time, value) => `${seconds(time) * 1000},${value}`),
      to((time, value, row) => `${time.replace('T', ' ').replace('.000Z', '.000000')},${value},${(row + 1).toString(16).padStart(16, '0')}`),
      `row,time,value,hash\n${to((time, value, row) => `${row},${time},${value},${'ab'.repeat(32)}`)}\n`,
      `\ufeffts;value\r\n${to((time, value) => `"${time}";${value}`).replaceAll('\n', '\r\n')}\r\n`,
    ]) expect([text.slice(0, 60), await relMaeOf(text)]).toEqual([text.slice(0, 60), expected])
  })

  it('a line that cannot be read is named with its file, the others are scored, and the exit code tells', async () => {
    const path = put('one.csv', [...BODY.slice(0, 60), '2020-13-01,5', '2020-01-02T00:00:00Z,', '"a,1', ...BODY.slice(60)].join('\n'))
    const { code, out, errors } = await run([path])
    expect(code).toBe(1)
    expect(errors).toContain(`${path}:61: "2020-13-01" is no moment of the calendar.\n`)
    expect(errors).toContain(`${path}:62: The value is empty.\n`)
    expect(errors).toContain(`${path}:63: The quotation marks are not in pairs.\n`)
    expect(errors).toContain(`${path}: 3 lines left out, 120 rows read\n`)
    expect(out).toMatch(/one\.csv +120 /)
  })

  it('a file of no row, or of no number, is said to be so', async () => {
    expect(await run([put('none.csv', 'ts,value\n')])).toMatchObject({ code: 1, errors: `${at('none.csv')}: there is no row in it\n` })
    const words = await run([put('words.csv', BODY.map((line) => `${line.split(',')[0] ?? ''},calm`).join('\n'))])
    expect(words).toMatchObject({ code: 0, errors: '' })
    expect(words.out).toMatch(/120 +– +– +– +0 {2}no number yet\n$/)
  })

  it('what is not there, or not understood, ends with a code of its own', async () => {
    expect(await run([at('nothing.csv')])).toEqual({ code: 1, out: '', errors: `backtest: There is no file or folder ${at('nothing.csv')}.\n` })
    expect(await run([folder])).toMatchObject({ code: 1, errors: `backtest: There is no .csv file in ${folder}.\n` })
    for (const args of [[], [folder, folder], [folder, '--last', '0'], [folder, '--history', 'x'], [folder, '--fast']])
      expect([args, await run(args)]).toMatchObject([args, { code: 2, out: '', errors: expect.stringContaining('usage: npm run backtest') as string }])
    expect(await run(['--help'])).toMatchObject({ code: 0, errors: '', out: expect.stringContaining('Exit code') as string })
  })
})

describe('what is scored', () => {
  it('--last and --history bound the rows', async () => {
    const path = put('one.csv', CSV.csv)
    expect((await ofFile(path)).streams).toMatchObject([{ rows: 120, scored: 48 }])
    expect((await ofFile(path, '--history', '50')).streams).toMatchObject([{ rows: 50, scored: 20 }])
    expect((await ofFile(path, '--last', '7')).streams).toMatchObject([{ rows: 120, scored: 7 }])
  })

  it('a folder: geometric means of its groups, and of all but those of too few rows', async () => {
    for (const [name, seed, rows] of [['a/1.csv', 1, 300], ['a/deep/2.csv', 2, 300], ['a/3.csv', 3, 300], ['b/4.csv', 4, 60]] as const)
      put(name, decimalCsv({ rows, seed }).csv)
    put('b/notes.txt', 'not a stream')
    const { groups, overall, streams } = await ofFile(folder)
    expect(groups.map(({ group, streams: members, scored }) => [group, members, scored])).toEqual([['a', 2, 240], ['a/deep', 1, 120], ['b', 1, 24]])
    const [one = NaN, three = NaN, two = NaN] = streams.map(({ relMae }) => relMae ?? NaN)
    expect(groups[0]?.relMae).toBeCloseTo(Math.sqrt(one * three), 12)
    expect(overall).toBeCloseTo(Math.sqrt(Math.sqrt(one * three) * two), 12)
    const { out } = await run([folder, '--first'])
    expect(out).toMatch(/^group +stream +rows +relMAE +coverage +width +µs\/row +champion\n/)
    expect(out).toMatch(/\noverall +geometric mean of 2 groups +\d\.\d{3}\n/)
    expect(out).toMatch(/\nfirst rows +after 10 to 29 rows +\d\.\d{3} +\d\.\d{3}\n$/)
  })

  it('a run of over a second tells its rate and the time left, a shorter one nothing', async () => {
    const path = put('one.csv', decimalCsv({ rows: 300, seed: 9 }).csv)
    expect((await run([path], { stepMs: 100 })).errors).toBe('')
    expect((await run([path], { stepMs: 600 })).errors).toBe('backtest: 128 of 300 rows, 107 a second, about 2 s left\nbacktest: 256 of 300 rows, 107 a second, about 1 s left\n')
  })
})

describe('the forecasts as a file', () => {
  it('a line per scored row: what came and what had been said of it', async () => {
    put('in.csv', CSV.csv)
    expect(await run([at('in.csv'), '--last', '3', '--predictions', at('made/out.csv')])).toMatchObject({ code: 0 })
    const [head, ...lines] = linesOf('made/out.csv')
    expect(head).toBe('ts,actual,prediction,lower,upper')
    expect(lines.map((line) => line.split(',').slice(0, 2))).toEqual([117, 118, 119].map((row) => [timeOf(row).replace('.000Z', 'Z'), String(Number(CSV.values[row]))]))
    for (const line of lines) {
      const [value = NaN, lower = NaN, upper = NaN] = line.split(',').slice(2).map(Number)
      expect(lower < value && value < upper).toBe(true)
    }
  })

  it('a folder gives a folder, one file per stream under its own name', async () => {
    for (const name of ['in/a/1.csv', 'in/a/2.csv', 'in/b/1.csv']) put(name, CSV.csv)
    expect(await run([at('in'), '--last', '4', '--predictions', at('out')])).toMatchObject({ code: 0, errors: '' })
    expect(['a/1.csv', 'a/2.csv', 'b/1.csv'].map((name) => linesOf(`out/${name}`).length)).toEqual([5, 5, 5])
  })

  it('never writes over what is read', async () => {
    const path = put('in/1.csv', CSV.csv)
    for (const [target, out] of [[path, path], [at('in'), at('in')], [at('in'), at('in/made')], [at('in'), at('out.csv')]] as const)
      expect([out, await run([target, '--predictions', out])]).toMatchObject([out, { code: 2, out: '' }])
    expect(readFileSync(path, 'utf8')).toBe(CSV.csv)
  })

  it('a file cut after row k has the same forecasts up to row k: nothing looks ahead', async () => {
    const { csv } = decimalCsv({ rows: 250, seed: 7 })
    const lines = csv.trimEnd().split('\n')
    const forecastsOf = async (rows: number): Promise<readonly string[]> => {
      put('cut.csv', lines.slice(0, rows + 1).join('\n'))
      expect((await run([at('cut.csv'), '--last', '250', '--predictions', at('out.csv')], { create: createForecaster })).code).toBe(0)
      return linesOf('out.csv')
    }
    const whole = await forecastsOf(250)
    expect(whole.length).toBe(250) // no forecast before the first row, and a line of names
    for (const k of [2, 47, 180]) expect(await forecastsOf(k)).toEqual(whole.slice(0, k))
  })

  it('a long file is read from its first row, so that this holds for it too; without forecasts to write its last 5,000 are', async () => {
    const lines = decimalCsv({ rows: 5_300, seed: 8 }).csv.trimEnd().split('\n')
    const forecastsOf = async (rows: number): Promise<ReadonlySet<string>> => {
      put('long.csv', lines.slice(0, rows + 1).join('\n'))
      expect((await run([at('long.csv'), '--last', '500', '--predictions', at('out.csv')], { create: createCount })).code).toBe(0)
      return new Set(linesOf('out.csv').slice(1))
    }
    const whole = await forecastsOf(5_300)
    const cut = await forecastsOf(5_100)
    expect([...cut].slice(-300).every((line) => whole.has(line))).toBe(true)
    expect((await ofFile(put('long.csv', lines.join('\n')))).streams).toMatchObject([{ rows: 5_000, scored: 1_000 }])
  })
})

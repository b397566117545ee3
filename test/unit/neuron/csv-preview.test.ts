import { describe, expect, it } from 'vitest'
import { judgeChoice } from '../../../src/neuron/csv-choice.ts'
import { previewCsv } from '../../../src/neuron/csv-preview.ts'
import type { CsvChoice } from '../../../src/neuron/csv-view.ts'

const CHOICE: CsvChoice = { hasHeader: false, time: 3, value: 2, times: 'milliseconds' }

const preview = async (csv: string | Blob, choice?: CsvChoice) => {
  const looked = await previewCsv(csv, choice)
  if (!looked.ok) throw new Error(looked.error.message)
  return looked.value
}

const readOf = async (csv: string, choice?: CsvChoice): Promise<readonly string[]> =>
  (await preview(csv, choice)).lines.map((line) => (line.is === 'row' ? `${line.line}: ${line.time} ${line.value}` : `${line.line}: ${line.is}`))

describe('the beginning of a CSV, before it is imported', () => {
  it('is shown as it would be read, with the names of its columns and the form of its times', async () => {
    expect(await preview('station;date;temp\nroof;2024-05-01;1.5\nroof;soon;2\n')).toEqual({
      choice: { hasHeader: true, time: 2, value: 3, times: 'guessed' },
      guessed: 'iso',
      columns: [{ number: 1, name: 'station' }, { number: 2, name: 'date' }, { number: 3, name: 'temp' }],
      lines: [
        { line: 1, fields: ['station', 'date', 'temp'], is: 'header' },
        { line: 2, fields: ['roof', '2024-05-01', '1.5'], is: 'row', time: '2024-05-01T00:00:00Z', value: '1.5' },
        { line: 3, fields: ['roof', 'soon', '2'], is: 'problem', problem: expect.stringContaining('"soon" is not a time') as string },
      ],
    })
  })

  it('is read as a person says instead', async () => {
    const csv = 'a,1.5,5000\nb,2,6000\n'
    expect(await readOf(csv, CHOICE)).toEqual(['1: 1970-01-01T00:00:05Z 1.5', '2: 1970-01-01T00:00:06Z 2'])
    expect(await readOf(csv, { ...CHOICE, times: 'seconds' })).toEqual(['1: 1970-01-01T01:23:20Z 1.5', '2: 1970-01-01T01:40:00Z 2'])
    expect(await readOf(csv, { ...CHOICE, times: 'iso' })).toEqual(['1: problem', '2: problem'])
    expect(await readOf(csv, { ...CHOICE, hasHeader: true })).toEqual(['1: header', '2: 1970-01-01T00:00:06Z 2'])
  })

  it.each([['1714521600', 'seconds'], ['1714521600000', 'milliseconds'], ['1714521600000000', 'microseconds'], ['2024-05-01 12:00', 'iso'], ['x', null]])('says what times like %s are', async (time, guessed) => {
    expect((await preview(`${time},1\n`)).guessed).toBe(guessed)
  })

  it('finds the separator also where no line can be read as a row yet', async () => {
    expect((await preview('a;b;soon\nc;d;later\n')).columns).toHaveLength(3)
  })

  it('of a large file is not more than its beginning, and no line that was cut', async () => {
    const line = `2024-05-01,${'1'.repeat(60)}`
    const blob = new Blob([`${line}\n`.repeat(2_000)])
    let read = 0
    const slice = blob.slice.bind(blob)
    blob.slice = (from, to) => {
      read += (to ?? 0) - (from ?? 0)
      return slice(from, to)
    }
    const looked = await preview(blob)
    expect(read).toBeLessThan(50_000)
    expect(looked.lines).toHaveLength(6)
    expect(looked.lines.every((one) => one.is === 'row')).toBe(true)
    const cut = await preview(`2024-05-01,1\n2024-05-02,2 ${'x'.repeat(40_000)}\n`)
    expect(cut.lines.map(({ line }) => line)).toEqual([1])
    // One line, longer than what is looked at, is all there is to show.
    expect((await preview(`2024-05-01,${'1'.repeat(40_000)}`)).lines[0]?.fields[1]).toHaveLength(80)
  })

  it('of nothing, or with columns that cannot be, fails with the reason', async () => {
    expect(await previewCsv(' \n\n', undefined)).toMatchObject({ ok: false, error: { code: 'no-rows' } })
    for (const wrong of [{ time: 0 }, { value: 0 }, { time: 65 }, { time: 1.5 }, { time: 2, value: 2 }, { value: Number.NaN }])
      expect(judgeChoice({ ...CHOICE, ...wrong }), JSON.stringify(wrong)).toMatchObject({ ok: false, error: { code: 'bad-columns' } })
    expect(judgeChoice(CHOICE)).toEqual({ ok: true, value: { hasHeader: false, time: 2, value: 1, times: 'milliseconds' } })
    expect(judgeChoice(undefined)).toEqual({ ok: true, value: null })
  })
})

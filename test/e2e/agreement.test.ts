import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'

/** A stream without a publisher: whoever names it alike means the same. */
const NAMES = { source: 'old network', name: 'river level' }

const TRUE_VALUES = ['4.10', '4.15', '4.30', '4.20']
const LIES = ['4.10', '4.15', '9.99', '4.20']

const timeOf = (row: number): string => new Date(Date.UTC(2024, 0, 1, row)).toISOString()
const csvOf = (values: readonly string[]): string => ['time,value', ...values.map((value, row) => `${timeOf(row)},${value}`)].join('\n')

// One story in steps: three have the rows from files, one of them a false one; a fourth asks them all.
describe('[C4] [C15] [C17] a stream that nobody signs', () => {
  let bench: Bench
  let liar: NodeBrowser
  let asker: NodeBrowser
  let id = ''

  beforeAll(async () => {
    bench = await openBench()
    const [ann, ben, mal, dan] = await Promise.all(['ann', 'ben', 'mal', 'dan'].map((name) => bench.node(name)))
    if (ann === undefined || ben === undefined || mal === undefined || dan === undefined) throw new Error('no browser')
    ;[liar, asker] = [mal, dan]
    const files = [[ann, TRUE_VALUES], [ben, TRUE_VALUES], [mal, LIES]] as const
    for (const [node, values] of files) {
      const brought = await until('the handle', () => node.zazen.followUnsigned({ ...NAMES, csv: csvOf(values) }))
      expect(brought).toMatchObject({ rows: 4 })
      id = brought.id
    }
    expect((await until('the handle', () => dan.zazen.followUnsigned(NAMES))).id).toBe(id)
  })

  afterAll(() => bench.close())

  it('comes to who asks as two of the three have it', async () => {
    const rows = await until('all rows agreed upon', async () => {
      const found = await asker.zazen.unsigned(id, { last: 10 })
      return found.length === TRUE_VALUES.length && found.every(({ mark }) => mark === 'quorum') && found
    })
    expect(rows.map(({ value }) => value)).toEqual(TRUE_VALUES)
    expect(rows.map(({ time }) => Date.parse(time))).toEqual(TRUE_VALUES.map((_, row) => Date.parse(timeOf(row))))
    const stream = await streamWhen(asker, id, 'the stream with four rows', ({ loose }) => loose?.rows === 4 && loose.provisional === 0)
    expect(stream).toMatchObject({ rows: 0, head: null, verified: false, keyless: true })
  })

  it('is shown with what each row is based on, and never as verified', async () => {
    await asker.page.goto(`${bench.server.url}/#/stream/${id}`)
    await asker.page.locator('zazen-loose-rows tbody tr').nth(3).waitFor()
    const shown = await asker.page.locator('zazen-loose-rows tbody tr').allInnerTexts()
    expect(shown).toHaveLength(4)
    for (const [row, text] of [...shown].reverse().entries()) {
      expect(text).toContain(TRUE_VALUES[row])
      expect(text).toContain('most agree')
    }
  })

  it('stays with who has it from a file what the file says: its own word', async () => {
    const rows = await liar.zazen.unsigned(id, { last: 10 })
    expect(rows.map(({ value, mark }) => `${value} ${mark}`)).toEqual(LIES.map((value) => `${value} provisional`))
  })
})

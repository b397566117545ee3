import { describe, expect, it } from 'vitest'
import { createPageBuilder } from '../../../../src/data/history/page-builder.ts'
import { PAGE_ROWS } from '../../../../src/domain/page.ts'
import { wrapPage } from '../../../../src/transfer/parcel.ts'
import { digest } from '../../../support/data-node.ts'
import { createHistory } from '../../../support/history.ts'

const { rows, pages, pageHashes } = createHistory({ seed: 2, rows: PAGE_ROWS, pageRows: PAGE_ROWS })

/** The one page of these rows, as it rests when this packs it. */
const restingBy = async (pack: typeof wrapPage) => {
  const builder = createPageBuilder({ form: 'observation', pageRows: PAGE_ROWS, startRows: 0, tail: [] }, digest, pack)
  const [page] = await builder.push(rows)
  expect(page?.hash).toEqual(pageHashes[0])
  return page?.bytes
}

describe('[T48] a page that its publisher fills', () => {
  it('rests packed', async () => {
    expect((await restingBy(wrapPage))?.length).toBeLessThan((pages[0]?.length ?? 0) / 2)
  })

  it.each<readonly [string, typeof wrapPage]>([
    ['to other rows', (bytes, shape, encodings) => wrapPage(bytes.map((byte, at) => (at === 3_000 ? byte ^ 1 : byte)), shape, encodings)],
    ['to nothing', (...given) => wrapPage(...given).subarray(0, 100)],
  ])('rests as it is where its parcel opens %s: nobody else has these rows', async (_, pack) => {
    expect(await restingBy(pack)).toEqual(pages[0])
  })
})

import { makeBytes, type Bytes, type MakeBytes } from '../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { Coder } from './packed/coder.ts'
import { joinPage, spareColumns, splitPage, type Columns, type PageShape } from './packed/columns.ts'
import { codeFollowed } from './packed/followed.ts'
import { codeTimes } from './packed/times.ts'
import { toDoubles } from './packed/numbers.ts'
import { codeValues } from './packed/values.ts'

export type { PageShape } from './packed/columns.ts'

/**
 * A page as it travels: column by column, each number as its difference from what the numbers before it lead to expect, in
 * codes whose lengths adapt while it goes. It unpacks to exactly the canonical bytes, which alone are hashed; so a packed
 * page needs no checks of its own but that reading it costs no more than the page it must be.
 *
 * One string of bits, see `packed/coder.ts`; the columns follow in the order of `codeColumns`. The same page packs to the
 * same bytes in every engine, so that a part can be sent again.
 */

/** The packed form of a page's canonical bytes; null when they are no page of this shape, or it would be no smaller. */
export const packPage = (bytes: Bytes, shape: PageShape): Bytes | null => {
  const columns = splitPage(bytes, shape)
  if (columns === null) return null
  const coder = new Coder(undefined, bytes.length)
  codeColumns(coder, columns)
  const packed = coder.finish()
  return packed.length < bytes.length ? packed : null
}

/**
 * The page that a packed form says. Total, and bounded whatever the bytes are: at most `rows` rows are read, each with
 * at most the work and the memory of the longest one, and no more than `maxBytes` come out. Whether it is the right page
 * is for its hash to say. `make`: the memory for it.
 */
export const unpackPage = (
  packed: Bytes,
  shape: PageShape & { readonly maxBytes: number },
  make: MakeBytes = makeBytes,
): Result<Bytes, Failure<'malformed'>> => {
  const coder = new Coder(packed)
  const columns = spareColumns(shape)
  codeColumns(coder, columns)
  if (coder.isBroken) return malformed(shape, 'says what no page can say')
  if (!coder.isSpent) return malformed(shape, 'has too few bytes or too many')
  const page = joinPage(columns, shape, shape.maxBytes, make)
  return page === null ? malformed(shape, `unpacks to more than ${shape.maxBytes} bytes`) : ok(page)
}

const malformed = ({ number }: PageShape, what: string): Result<never, Failure<'malformed'>> =>
  fail('malformed', `the packed page ${number} ${what}`)

const codeColumns = (coder: Coder, { times, texts, followed }: Columns): void => {
  codeTimes(coder, times)
  const values: Float64Array[] = []
  for (const text of texts) {
    const numbers = codeValues(coder, text, besideOf(values))
    if (coder.isBroken) return
    if (texts.length > 1) values.push(toDoubles(numbers))
  }
  if (followed !== null && !coder.isBroken) codeFollowed(coder, followed)
}

/** A lower bound is expected near the value, an upper one as far above it as the lower is below. */
const besideOf = ([value, lower]: readonly Float64Array[]): Float64Array | null =>
  value === undefined || lower === undefined ? (value ?? null) : value.map((number, row) => 2 * number - (lower[row] ?? 0))

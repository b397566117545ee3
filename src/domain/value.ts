import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { hasControl, isPrintableAscii, isWellFormed, utf8Length } from './text.ts'

/** A value is at most this many UTF-8 bytes: a row stays small enough for a page to be judged whole. */
export const MAX_VALUE_BYTES = 64

/** Judges the text of a value. It is kept verbatim ever after: a re-formatted number has another hash. */
export const checkValue = (text: string): Result<string, Failure<'bad-value'>> => {
  // Nearly every value is a plain number.
  if (text.length <= MAX_VALUE_BYTES && isPrintableAscii(text)) return ok(text)
  if (!isWellFormed(text)) return fail('bad-value', 'The value has half a surrogate pair, which has no UTF-8 form.')
  if (hasControl(text)) return fail('bad-value', 'The value has a control character.')
  const size = utf8Length(text)
  if (size > MAX_VALUE_BYTES)
    return fail('bad-value', `The value is ${size} bytes long; at most ${MAX_VALUE_BYTES} may stand.`)
  return ok(text)
}

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

/** The number a value means, or null when it is not a finite decimal: such rows are kept and shown, never learnt from. */
export const numericValue = (text: string): number | null => {
  if (!DECIMAL.test(text)) return null
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

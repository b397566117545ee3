import { createScale, Runs, type Coder } from './coder.ts'
import { hashText, isSameText, type TextColumn } from './text-column.ts'

/** A column with more texts than these repeats itself too seldom. */
const MOST_TEXTS = 128
const COUNT_BITS = 7
/** Each text of a dictionary comes, on average, at least so often. */
const LEAST_USES = 8

const NONE = -1

/** The texts of a column of few, the most frequent first, and which one each row has. */
export interface Dictionary {
  readonly texts: TextColumn
  readonly choices: Uint8Array
}

/** Null: too many texts for that. */
export const findDictionary = (column: TextColumn): Dictionary | null => {
  const rows = column.lengths.length
  if (rows < LEAST_USES) return null
  const most = Math.min(MOST_TEXTS, Math.floor(rows / LEAST_USES))
  const slots = new Int16Array(slotsFor(most)).fill(NONE)
  const firsts: number[] = []
  const counts: number[] = []
  const found = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) {
    let slot = hashText(column, row) & (slots.length - 1)
    let text = slots[slot] ?? NONE
    while (text !== NONE && !isSameText(column, row, firsts[text] ?? 0)) {
      slot = (slot + 1) & (slots.length - 1)
      text = slots[slot] ?? NONE
    }
    if (text === NONE) {
      if (firsts.length >= most) return null
      text = firsts.push(row) - 1
      slots[slot] = text
    }
    counts[text] = (counts[text] ?? 0) + 1
    found[row] = text
  }
  const order = firsts.map((_, text) => text).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b)
  const place = new Uint8Array(order.length)
  order.forEach((text, at) => (place[text] = at))
  const rowOf = order.map((text) => firsts[text] ?? 0)
  const texts = {
    ...column,
    starts: Uint32Array.from(rowOf, (row) => column.starts[row] ?? 0),
    lengths: Uint8Array.from(rowOf, (row) => column.lengths[row] ?? 0),
  }
  return { texts, choices: found.map((text) => place[text] ?? 0) }
}

/** A power of two, at least four times as many. */
const slotsFor = (texts: number): number => 1 << (34 - Math.clz32(texts - 1))

/** 1 … MOST_TEXTS. */
export const codeTextCount = (coder: Coder, count: number): number => 1 + coder.raw(COUNT_BITS, count - 1)

/** Each row's text: as after the same two the last time, else as after the same one, else by its place. */
export const codeChoices = (coder: Coder, choices: Uint8Array, texts: number): void => {
  const afterTwo = new Uint8Array(MOST_TEXTS * MOST_TEXTS)
  const afterOne = new Uint8Array(MOST_TEXTS)
  const foreseen = new Runs(coder)
  const places = createScale(1)
  let before = 0
  let last = 0
  for (let row = 0; row < choices.length && !coder.isBroken; row++) {
    const two = before * MOST_TEXTS + last
    const first = afterTwo[two] ?? 0
    const given = choices[row] ?? 0
    let choice = first
    if (!foreseen.next(given === first)) {
      const second = afterOne[last] ?? 0
      // 0 is the second guess; the places of all others lie above.
      const said = coder.natural(places, given === second ? 0 : given + 1)
      choice = said === 0 ? second : said - 1
      if (choice >= texts) coder.isBroken = true
    }
    choices[row] = choice
    afterTwo[two] = choice
    afterOne[last] = choice
    before = last
    last = choice
  }
  if (!coder.isBroken) foreseen.end()
}

interface Cuttable<A> {
  readonly length: number
  subarray(from: number, to: number): A
}

/**
 * One array for one page after the other, as large as the largest so far: made anew for each, and joined by a copy, they were a fifth
 * of what reading a page costs (measured). It holds whatever was there, and what it is lent for ends before it is lent again.
 */
export const createSpare = <A extends Cuttable<A>>(make: (length: number) => A): ((length: number) => A) => {
  let kept = make(0)
  return (length) => {
    if (kept.length < length) kept = make(length)
    return kept.length === length ? kept : kept.subarray(0, length)
  }
}

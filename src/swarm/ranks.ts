/** By the first number that differs: below 0 where `a` comes first. */
export const compareRanks = (a: readonly number[], b: readonly number[]): number => {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

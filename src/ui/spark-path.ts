/** An SVG path over a box of 100 × 20; gaps lift the pen. Empty without two numbers to draw a line between. */
export const sparkPath = (values: readonly (number | null)[]): string => {
  const numbers = values.filter((value): value is number => value !== null)
  if (numbers.length < 2) return ''
  const low = numbers.reduce((least, value) => Math.min(least, value))
  const high = numbers.reduce((most, value) => Math.max(most, value))
  // Halves: the distance of the largest numbers there are is no number.
  const height = high / 2 - low / 2
  const step = 100 / (values.length - 1)
  let pen: 'M' | 'L' = 'M'
  const parts: string[] = []
  values.forEach((value, i) => {
    if (value === null) {
      pen = 'M'
      return
    }
    const y = height > 0 ? 19 - 18 * ((value / 2 - low / 2) / height) : 10
    parts.push(`${pen}${(i * step).toFixed(2)} ${y.toFixed(2)}`)
    pen = 'L'
  })
  return parts.join('')
}

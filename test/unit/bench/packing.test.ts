import { expect, it } from 'vitest'
import { LONG_ROWS, meanBytesOf, packedSamples } from '../../bench/packing.ts'

// 0.28 of gzip and 1.06 bytes are measured; how well gzip does may differ a little from Node to Node.
it('every long bundled sample travels in a third of its CSV by gzip -9, all of them in 1.25 bytes a row', () => {
  const files = packedSamples()
  const long = files.filter(({ rows }) => rows > LONG_ROWS)
  expect(long.length).toBeGreaterThanOrEqual(5)
  for (const { name, ofGzip } of long) expect(ofGzip, name).toBeLessThanOrEqual(1 / 3)
  expect(meanBytesOf(files)).toBeLessThanOrEqual(1.25)
})

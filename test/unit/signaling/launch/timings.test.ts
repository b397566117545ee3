import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../../../signaling/launch/project.mjs'
import { timings } from '../../../../signaling/launch/timings.mjs'

const file = (path: string, from: number, to: number) => ({ name: join(root, 'test', path), startTime: from * 1000, endTime: to * 1000 })

it('a run tells what its steps took, each kind of test from its first file to its last, and which five files were the slowest', () => {
  const files = [
    file('architecture.test.ts', 0, 1), file('unit/base/bytes.test.ts', 1, 2.5), file('unit/base/codec.test.ts', 1, 3),
    file('e2e/fork.test.ts', 4, 34), file('e2e/mend.test.ts', 5, 45.25), file('e2e/pwa.test.ts', 34, 40),
  ]
  expect(timings([{ title: 'lint', seconds: 65.04 }, { title: 'tests', seconds: 46 }], files)).toEqual([
    '   65.0 s  lint',
    '   46.0 s  tests',
    '   41.3 s    e2e, 3 files',
    '    3.0 s    unit, 3 files',
    '   40.3 s      e2e/mend.test.ts',
    '   30.0 s      e2e/fork.test.ts',
    '    6.0 s      e2e/pwa.test.ts',
    '    2.0 s      unit/base/codec.test.ts',
    '    1.5 s      unit/base/bytes.test.ts',
  ])
  expect(timings([], [])).toEqual([])
})

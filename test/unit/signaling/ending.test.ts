import { expect, it } from 'vitest'
import { endAfter } from '../../../signaling/ending.ts'

it('[S17] the process ends when everything is closed, and says nothing', async () => {
  let close = (): void => undefined
  const done: string[] = []
  const closed = new Promise<void>((resolve) => (close = resolve))
  const ended = endAfter(closed, { failWith: (line) => done.push(line), exit: () => done.push('exit') })
  await Promise.resolve()
  expect(done).toEqual([])
  close()
  await ended
  expect(done).toEqual(['exit'])
})

it('[S17] it ends also where something could not be closed, and says what', async () => {
  const done: string[] = []
  await endAfter(Promise.reject(new Error('the disk is gone')), { failWith: (line) => done.push(line), exit: () => done.push('exit') })
  expect(done).toEqual(['Error: the disk is gone', 'exit'])
})

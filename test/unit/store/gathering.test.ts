import { describe, expect, it } from 'vitest'
import { createGathering } from '../../../src/store/gathering.ts'

/** Writes that end when the test says so. */
const createSlowDisk = () => {
  const batches: (readonly string[])[] = []
  const ends: ((outcome: string) => void)[] = []
  const write = createGathering((items: readonly string[]) => {
    batches.push(items)
    return new Promise<string>((resolve) => ends.push(resolve))
  })
  const endOldest = async (outcome: string): Promise<void> => {
    ends.shift()?.(outcome)
    await settled()
  }
  return { batches, write, endOldest }
}

/** Everything that waits for nothing but promises has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('gathering', () => {
  it('writes at once when nothing is under way, and gathers what comes meanwhile into one next write', async () => {
    const { batches, write, endOldest } = createSlowDisk()
    const first = write(['a'])
    await settled()
    const [second, third] = [write(['b', 'c']), write(['d'])]
    await settled()
    expect(batches).toEqual([['a']])
    await endOldest('one')
    expect(batches).toEqual([['a'], ['b', 'c', 'd']])
    await endOldest('two')
    expect(await Promise.all([first, second, third])).toEqual(['one', 'two', 'two'])
  })

  it('goes on after a write that failed, and tells only those whose items were in it', async () => {
    let writes = 0
    const write = createGathering(async (items: readonly string[]) => {
      if (writes++ === 0) throw new Error('the disk is full')
      return items.length
    })
    const first = write(['a'])
    await expect(first).rejects.toThrow('the disk is full')
    expect(await write(['b', 'c'])).toBe(2)
  })
})

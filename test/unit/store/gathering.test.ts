import { describe, expect, it } from 'vitest'
import { createGatheredRead, createGathering } from '../../../src/store/gathering.ts'

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

describe('gathering what is read', () => {
  it('reads in one what is asked for in one turn, and answers each its own', async () => {
    const reads: (readonly string[])[] = []
    const read = createGatheredRead((keys: readonly string[]) => {
      reads.push(keys)
      return Promise.resolve(keys.map((key) => key.toUpperCase()))
    })
    const later = async (key: string) => {
      await Promise.resolve()
      return read(key)
    }
    expect(await Promise.all([later('a'), later('b'), later('c')])).toEqual(['A', 'B', 'C'])
    expect(await read('d')).toBe('D')
    expect(reads).toEqual([['a', 'b', 'c'], ['d']])
  })

  it('tells everyone of a read that failed, and reads again', async () => {
    let reads = 0
    const read = createGatheredRead((keys: readonly string[]) => (reads++ === 0 ? Promise.reject(new Error('lost')) : Promise.resolve(keys)))
    const [first, second] = [read('a'), read('b')]
    await expect(first).rejects.toThrow('lost')
    await expect(second).rejects.toThrow('lost')
    expect(await read('c')).toBe('c')
  })
})

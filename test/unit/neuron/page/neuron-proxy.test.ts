import type { Remote } from 'comlink'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withDeadlines } from '../../../../src/neuron/page/neuron-proxy.ts'
import type { WorkerCommands } from '../../../../src/neuron/neuron-commands.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('a command of a worker that is dead', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it.each([
    ['forget', 60],
    ['beginEpoch', 60],
    ['looseRows', 60],
    // The data process gives itself 600 s to read the longest histories: its own answer comes first.
    ['recheck', 630],
  ] as const)('%s is given up after %d s, and no earlier', async (command, seconds) => {
    const commands = withDeadlines({ [command]: never } as unknown as Remote<WorkerCommands>)
    const seen: unknown[] = []
    void commands[command]('id').catch((thrown: unknown) => seen.push(thrown))
    await vi.advanceTimersByTimeAsync(seconds * 1000 - 1)
    expect(seen).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(seen).toMatchObject([{ code: 'no-answer' }])
  })
})

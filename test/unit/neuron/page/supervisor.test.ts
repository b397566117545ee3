import { describe, expect, it } from 'vitest'
import { createSupervisor } from '../../../../src/neuron/page/supervisor.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

/** A worker that does nothing but end, and break when it is told to. */
const newWorker = () => {
  const worker = { ended: false, onerror: null as ((event: { readonly message: string }) => void) | null, terminate: () => void (worker.ended = true) }
  return worker
}
type FakeWorker = ReturnType<typeof newWorker>

const watch = (isAnswering: (nth: number) => boolean, canRestart = true) => {
  const clock = createVirtualClock()
  const workers: FakeWorker[] = []
  const givenUp: string[] = []
  const supervisor = createSupervisor(clock, (what, message) => givenUp.push(`${what}: ${message}`))
  const start = (): void => {
    const worker = newWorker()
    const nth = workers.push(worker)
    const answer = (): Promise<void> => (isAnswering(nth) ? Promise.resolve() : new Promise(() => undefined))
    supervisor.start('engine', () => worker as unknown as Worker, answer, canRestart ? start : undefined)
  }
  start()
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000)
      await settle()
    }
  }
  return { workers, givenUp, pass, supervisor }
}

describe('a worker that is watched', () => {
  it('lives on as long as it answers', async () => {
    const { workers, pass } = watch(() => true)
    await pass(3_600)
    expect(workers.map(({ ended }) => ended)).toEqual([false])
  })

  it('that hangs is ended within half a minute, and the next one takes its place', async () => {
    const { workers, givenUp, pass } = watch((nth) => nth > 1)
    await pass(24)
    expect(workers.map(({ ended }) => ended)).toEqual([false])
    await pass(6)
    expect(workers.map(({ ended }) => ended)).toEqual([true, false])
    await pass(3_600)
    expect(workers).toHaveLength(2)
    expect(givenUp).toEqual([])
  })

  it('that cannot be started again is told of', async () => {
    const { givenUp, pass } = watch(() => false, false)
    await pass(30)
    expect(givenUp).toEqual(['The engine worker: It no longer answers.'])
  })

  it('that is slow, but answers now and then, is not taken for one that hangs', async () => {
    let asked = 0
    const { workers, pass } = watch(() => ++asked % 4 === 0)
    await pass(600)
    expect(workers).toHaveLength(1)
  })

  it('that breaks six times within a minute is given up; one that breaks now and then is not', async () => {
    const { workers, givenUp, pass } = watch(() => true)
    const breakIt = (): void => {
      workers.at(-1)?.onerror?.({ message: 'a fault' })
    }
    for (let day = 0; day < 20; day++) {
      breakIt()
      await pass(60)
    }
    expect(givenUp).toEqual([])
    for (let time = 0; time < 6; time++) breakIt()
    expect(givenUp).toEqual(['The engine worker: a fault'])
    expect(workers.every(({ ended }) => ended)).toBe(true)
  })

  it('is asked no more when all is stopped', async () => {
    let asked = 0
    const { workers, supervisor, pass } = watch(() => ++asked > 0)
    supervisor.stop()
    await pass(60)
    expect(asked).toBe(0)
    expect(workers.map(({ ended }) => ended)).toEqual([true])
  })
})

import { describe, expect, it } from 'vitest'
import type { NeuronCommands } from '../../../src/neuron/neuron-commands.ts'
import { createConsoleHandle } from '../../../src/ui/console-handle.ts'
import { createFakeNeuron } from '../../support/fake-neuron.ts'

const ID = 'a'.repeat(64)

/** The handle as a person calls it who has not read the types, over a node that writes down what it is asked. */
const begin = () => {
  const asked: unknown[][] = []
  const told = (name: string) => async (...args: unknown[]) => {
    asked.push([name, ...args])
    return []
  }
  const names = ['publishCsv', 'subscribe', 'append', 'history', 'predictions', 'recheck', 'forget'] as const
  const neuron = Object.fromEntries(names.map((name) => [name, told(name)])) as unknown as NeuronCommands
  const handle = createConsoleHandle(neuron) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  const refusal = async (method: string, ...args: unknown[]): Promise<unknown> => {
    try {
      return await handle[method]?.(...args)
    } catch (thrown) {
      const { code, message } = thrown as { code: string; message: string }
      return `${code}: ${message}`
    }
  }
  return { asked, handle, refusal }
}

describe('the console handle judges what it is given', () => {
  it.each([
    ['append', [ID, { value: undefined }], 'bad-argument: "value" must be a text or a finite number; it is undefined.'],
    ['append', [ID, { value: Number.NaN }], 'bad-argument: "value" must be a text or a finite number; it is NaN.'],
    ['append', [ID, 5], 'bad-argument: "row" must be an object {time, value}; it is 5.'],
    ['append', [ID], 'bad-argument: "row" must be an object {time, value}; it is undefined.'],
    ['append', [ID, { value: 1, time: 5 }], 'bad-argument: "time" must be a text: such as 2024-05-01T12:30:00Z, or left out for now; it is 5.'],
    ['append', [7, { value: 1 }], 'bad-argument: "id" must be a text: the id of a stream; it is 7.'],
    ['publish', [{ name: 'x' }], 'bad-argument: "csv" must be a text: the lines of a CSV; it is undefined.'],
    ['publish', [{ csv: '1,2' }], 'bad-argument: "name" must be a text: what the stream is called; it is undefined.'],
    ['publish', [], 'bad-argument: "stream" must be an object {name, csv}; it is undefined.'],
    ['followUnsigned', [{ name: 'x' }], 'bad-argument: "source" must be a text: where its rows come from; it is undefined.'],
    ['followUnsigned', [{ source: 'x', name: 'x', csv: 5 }], 'bad-argument: "csv" must be a text: the lines of a CSV, or left out; it is 5.'],
    ['subscribe', [], 'bad-argument: "id" must be a text: the id of a stream; it is undefined.'],
    ['recheck', [], 'bad-argument: "id" must be a text: the id of a stream; it is undefined.'],
    ['forget', [{}], 'bad-argument: "id" must be a text: the id of a stream; it is of type object.'],
    ['predictions', [[]], 'bad-argument: "id" must be a text: the id of a stream; it is of type array.'],
    ['history', [ID, { last: 1.5 }], 'bad-argument: "last" must be a whole number of rows, 0 or more; it is 1.5.'],
    ['history', [ID, { last: -5 }], 'bad-argument: "last" must be a whole number of rows, 0 or more; it is -5.'],
    ['history', [ID, { last: 'a' }], 'bad-argument: "last" must be a whole number of rows, 0 or more; it is the text "a".'],
    ['history', [ID, 5], 'bad-argument: "options" must be an object {last}; it is 5.'],
  ])('%s(%j)', async (method, args, message) => {
    const { asked, refusal } = begin()
    expect(await refusal(method, ...args)).toBe(message)
    expect(asked).toEqual([])
  })

  it('and hands on what is right', async () => {
    const { asked, handle } = begin()
    await handle['append']?.(ID, { value: 1.5 })
    await handle['append']?.(ID, { value: '1.50', time: '2024-05-01' })
    await handle['history']?.(ID)
    await handle['history']?.(ID, { last: 0 })
    await handle['recheck']?.(ID)
    await handle['forget']?.(ID)
    expect(asked).toEqual([
      ['append', ID, { value: '1.5' }],
      ['append', ID, { value: '1.50', time: '2024-05-01' }],
      ['history', ID, {}],
      ['history', ID, { last: 0 }],
      ['recheck', ID],
      ['forget', ID],
    ])
  })

  it('tells of peers what the page shows of them', async () => {
    const neuron = createFakeNeuron('full')
    expect(await createConsoleHandle(neuron).peers()).toEqual((await neuron.snapshot()).peers)
  })

  it('and a failure comes as it is, with what to do next', async () => {
    const [own] = (await createFakeNeuron('full').snapshot()).streams
    const thrown: unknown = await createConsoleHandle(createFakeNeuron('full')).forget(own?.id ?? '').catch((failure: unknown) => failure)
    expect(thrown).toEqual({ code: 'own-stream', message: expect.stringMatching(/Pause it, if it shall rest\.$/) as string })
  })
})

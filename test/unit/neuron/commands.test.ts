import { describe, expect, it } from 'vitest'
import { fail, ok, type Result } from '../../../src/base/result.ts'
import type { Row } from '../../../src/domain/row.ts'
import { NO_AUTHOR, type StreamIdentity } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { createCommands, type CommandDeps } from '../../../src/neuron/commands.ts'
import type { DataClient } from '../../../src/ports/data-client.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { createNodeKey, idOf, identityOf, sha256 } from '../../support/node-key.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const key = createNodeKey()
const identity = identityOf(key)
const stream = idOf(identity)

/** The commands over a data process that answers as the test says and writes down what it is asked. */
const begin = (answers: Partial<Record<keyof DataClient, (...args: readonly never[]) => Result<unknown>>>) => {
  const asked: string[] = []
  const data = Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      async (...args: readonly never[]) => {
        asked.push([name, ...args.map((arg) => (arg === (stream as unknown) ? 'stream' : String(arg)))].join(' '))
        return answer(...args)
      },
    ]),
  ) as unknown as DataClient
  const deps = {
    clock: createVirtualClock(),
    data,
    publicKey: key.publicKey,
    sha256,
    join: () => undefined,
    maySign: () => ok(null),
    stateOf: (id: string) => (id === stream ? ({ stream, identity, rows: 5 } as unknown as StreamState) : undefined),
  }
  return { asked, commands: createCommands(deps as unknown as CommandDeps) }
}

const failing = async (call: Promise<unknown>): Promise<unknown> => call.then(() => 'it worked', (thrown: unknown) => thrown)

describe('a stream that nobody signs', () => {
  const keyless = { source: 'legacy', author: NO_AUTHOR, stream: 'temperature', target: '' }

  it('is followed by its names, with the rows of a file in one piece and in the order of the file', async () => {
    const brought: unknown[] = []
    const { asked, commands } = begin({
      addLoose: (identity: StreamIdentity, rows: readonly Row[]) => {
        brought.push(identity, rows.map(({ time, value }) => `${time} ${value}`))
        return ok(null)
      },
      subscribe: () => ok(null),
    })
    const csv = 'time,value\n1970-01-01T00:00:01Z,20.50\n1970-01-01T00:00:02Z,21\nnonsense,1\n'
    expect(await commands.followUnsigned({ source: 'legacy', name: ' temperature ', csv })).toEqual({ id: idOf(keyless), rows: 2, problemCount: 1 })
    expect(brought).toEqual([keyless, ['1000000 20.50', '2000000 21']])
    expect(asked.map((line) => line.split(' ')[0])).toEqual(['addLoose', 'subscribe'])
  })

  it('is followed without a file too; a name that cannot be one asks nothing', async () => {
    const { asked, commands } = begin({ subscribe: () => ok(null) })
    expect(await commands.followUnsigned({ source: 'legacy', name: 'temperature' })).toEqual({ id: idOf(keyless), rows: 0, problemCount: 0 })
    expect(await failing(commands.followUnsigned({ source: '', name: 'x' }))).toMatchObject({ code: 'bad-name' })
    expect(asked).toHaveLength(1)
  })
})

describe('what is kept of a stream', () => {
  it('is checked, forgotten or gone on with by one question each', async () => {
    const { asked, commands } = begin({
      recheck: () => ok({ type: 'rechecked', request: 7, good: 3, bad: 1 }),
      forget: () => ok(null),
      beginEpoch: () => ok(null),
    })
    expect(await commands.recheck(stream)).toEqual({ good: 3, bad: 1 })
    await commands.forget(stream)
    await commands.beginEpoch(stream)
    expect(asked).toEqual(['recheck stream', 'forget stream', 'beginEpoch stream'])
  })

  it.each(['recheck', 'forget', 'beginEpoch', 'looseRows'] as const)('%s of a stream that is not kept asks nothing', async (command) => {
    const { asked, commands } = begin({ [command === 'looseRows' ? 'loose' : command]: () => ok(null) })
    for (const id of ['f'.repeat(64), 'no id'])
      expect(await failing(commands[command](id))).toMatchObject({ code: 'unknown-stream' })
    expect(asked).toEqual([])
  })

  it.each([
    ['beginEpoch', 'still-served', 'A peer has it. Wait until they are here: nothing is lost then.'],
    ['forget', 'own-stream', 'A peer has it. Pause it, if it shall rest.'],
    ['recheck', 'data-restarted', 'A peer has it. Look whether it was done, and try again if it was not.'],
    ['recheck', 'no-answer', 'A peer has it. Try again; reload the page if it goes on like this.'],
    ['beginEpoch', 'disk-full', 'A peer has it.'],
  ] as const)('%s: a failure %s says what to do next', async (command, code, message) => {
    const { commands } = begin({ [command]: () => fail(code, 'A peer has it.') })
    expect(await failing(commands[command](stream))).toEqual({ code, message })
  })
})

describe('rows without a signature', () => {
  const rowAt = (place: number) => ({ row: { form: 'observation', time: (place * 1_000_000) as Micros, value: String(place) }, number: null, mark: 'quorum' })
  /** A data process that gives at most two rows at a time. */
  const keeping = (total: number, given = total) =>
    begin({
      loose: (...args: readonly unknown[]) => {
        const [, from, count] = args as [unknown, number, number]
        const rows = Array.from({ length: Math.max(0, Math.min(count, 2, given - from)) }, (_, i) => rowAt(from + i))
        return ok({ from, total, rows })
      },
    })

  it('[C16] are read answer by answer, the last ones alone', async () => {
    const { asked, commands } = keeping(9)
    expect((await commands.looseRows(stream, { last: 5 })).map(({ value }) => value)).toEqual(['4', '5', '6', '7', '8'])
    expect(asked).toEqual(['loose stream 0 0', 'loose stream 4 5', 'loose stream 6 3', 'loose stream 8 1'])
    expect((await commands.looseRows(stream, { last: 1 }))[0]).toEqual({ time: '1970-01-01T00:00:08Z', value: '8', row: null, mark: 'quorum' })
  })

  it('[C16] that went while they were read are not waited for', async () => {
    const { commands } = keeping(9, 6)
    expect((await commands.looseRows(stream)).map(({ value }) => value)).toEqual(['0', '1', '2', '3', '4', '5'])
  })

  it('[C16] are none at all where none are', async () => {
    const { asked, commands } = keeping(0)
    expect(await commands.looseRows(stream)).toEqual([])
    expect(asked).toEqual(['loose stream 0 0'])
  })
})

describe('before the app is loaded anew', () => {
  it('every import is waited for, however it ends, and nothing else', async () => {
    let end = (_: Result<{ readonly draft: number }>): void => undefined
    const opened = new Promise<Result<{ readonly draft: number }>>((resolve) => {
      end = resolve
    })
    const { commands } = begin({ openDraft: () => opened as never })
    await commands.prepareEnd()
    const importing = failing(commands.publishCsv({ name: 'long', csv: '2024-05-01,1' }))
    let isReady = false
    const ready = commands.prepareEnd().then(() => (isReady = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(isReady).toBe(false)
    end(fail('store-full', 'No room.'))
    expect(await importing).toMatchObject({ code: 'store-full' })
    await ready
    expect(isReady).toBe(true)
  })
})

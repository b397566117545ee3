import { describe, expect, it } from 'vitest'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { streamIdOf } from '../../../../src/domain/stream.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import { createPlotReader } from '../../../../src/neuron/page/plot-reader.ts'
import { attachLocal, must, publish, startDataNode } from '../../../support/data-node.ts'
import { createNodeKey, identityOf, sha256 } from '../../../support/node-key.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

/** Alice's data process with three rows, and a window that reads them over a port of its own. */
const startWindow = async () => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = streamIdOf(identity, sha256)
  const alice = await startDataNode({ name: 'alice', clock, key })
  await publish(alice, identity, [1, 2, 3].map((at) => ({ form: 'observation', time: (at * 1e6) as Micros, value: String(at * 10) })))
  const data = createDataClient(attachLocal(alice.server, 'page'), { clock })
  return { alice, stream, data, read: createPlotReader(data) }
}

describe('[D39] the window reads over a port of its own', () => {
  it('plots, also of rows that came since', async () => {
    const { alice, stream, read } = await startWindow()
    expect(await read(stream, { points: 10 })).toEqual({ time: [1, 2, 3], value: [10, 20, 30], row: [0, 1, 2], rows: 3 })
    await must(alice.client.append(stream, 4e6 as Micros, '40'))
    expect(await read(stream, { points: 10, last: 2 })).toEqual({ time: [3, 4], value: [30, 40], row: [2, 3], rows: 4 })
  })

  it('and a failure rejects as every command does', async () => {
    const { read } = await startWindow()
    await expect(read('f'.repeat(64), { points: 10 })).rejects.toMatchObject({ code: 'unknown-stream' })
    await expect(read('no id', { points: 10 })).rejects.toMatchObject({ code: 'unknown-stream' })
  })

  it('and can change nothing there', async () => {
    const { data, stream, alice } = await startWindow()
    const answers = await Promise.all([data.append(stream, 9 as Micros, '9'), data.forget(stream), data.pause(stream, true), data.recheck(stream)])
    for (const answer of answers) expect(answer).toMatchObject({ ok: false, error: { code: 'forbidden' } })
    expect((await must(alice.client.rows(stream, 0, 10))).total).toBe(3)
  })
})

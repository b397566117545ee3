import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { Result } from '../../../src/base/result.ts'
import { createDataClient } from '../../../src/data/data-client.ts'
import { streamIdOf } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import type { DataClient } from '../../../src/ports/data-client.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../src/protocol/frame.ts'
import { blankSignature, createRows, historyOf } from '../../support/history.ts'
import { createNodeKey, identityOf, sha256 } from '../../support/node-key.ts'
import { createPipePair, settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const stream = streamIdOf(identityOf(createNodeKey()), sha256)

/** A data process that hears everything and answers nothing by itself. */
const createProcess = () => {
  const [near, far] = createPipePair()
  const heard: Frame[] = []
  far.onFrame((bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.ok) heard.push(frame.value)
  })
  const tell = (request: number, message: string): void =>
    far.send(encodeFrame({ type: 'log-entry', request, level: 'info', direction: 'none', stream: null, peer: null, message }))
  return { port: near, heard, tell, die: () => far.close() }
}

const hash = new Uint8Array(32)
const identity = identityOf(createNodeKey())
const { head } = historyOf(identity, createRows(createSeededRandom(1), 3), 8)

/** Every question that a client can ask. */
const callsOf = (client: DataClient): readonly (() => Promise<Result<unknown>>)[] => [
  () => client.rows(stream, 0, 1),
  () => client.rowsAt(stream, 0 as Micros, 1),
  () => client.status(stream),
  () => client.hashes({ stream, root: hash, rows: 1 }, 0),
  () => client.subscribe(identity),
  () => client.unsubscribe(stream),
  () => client.pause(stream, true),
  () => client.append(stream, 0 as Micros, '1'),
  () => client.openDraft(identity),
  () => client.addToDraft(1, createRows(createSeededRandom(1), 1)),
  () => client.commitDraft(1),
  () => client.dropDraft(1),
  () => client.predict({ follows: stream, followsRow: 0, followsHash: hash, value: '1', lower: '1', upper: '1', kind: 'live' }),
  () => client.deliver(stream, hash),
  () => client.deliverHead({ head, signature: blankSignature() }),
  () => client.newest(stream, null),
  () => client.forget(stream),
  () => client.recheck(stream),
  () => client.prove(hash, 'localhost'),
]

describe('[D38] a client whose data process was started anew', () => {
  it('watches again over the fresh port, and hears the new process', async () => {
    const [old, fresh] = [createProcess(), createProcess()]
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    const heard: string[] = []
    client.watch((notice) => {
      if (notice.type === 'log-entry') heard.push(notice.message)
    })
    old.die()
    await settle()
    client.reconnect(fresh.port)
    await settle()
    expect(fresh.heard.map(({ type }) => type)).toEqual(['watch'])
    fresh.tell(fresh.heard[0]?.request ?? 0, 'here again')
    await settle()
    expect(heard).toEqual(['here again'])
  })

  it('is told at once that what it asked of the old one will not be answered, and may ask the new one', async () => {
    const [old, fresh] = [createProcess(), createProcess()]
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    const asked = client.rows(stream, 0, 1)
    client.reconnect(fresh.port)
    expect(await asked).toMatchObject({ ok: false, error: { code: 'data-restarted' } })
    void client.rows(stream, 0, 1)
    await settle()
    expect(fresh.heard.map(({ type }) => type)).toEqual(['rows-request'])
  })

  it('has each call that waits settled, whatever was asked, and none of them asked again', async () => {
    const [old, fresh] = [createProcess(), createProcess()]
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    const calls = callsOf(client)
    const asked = calls.map((call) => call())
    await settle()
    expect(old.heard).toHaveLength(calls.length)
    client.reconnect(fresh.port)
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ ok: false, error: { code: 'data-restarted' } })
    await settle()
    expect(fresh.heard).toEqual([])
    // The same calls reach the new process, under numbers of their own.
    for (const call of calls) void call()
    await settle()
    expect(fresh.heard.map(({ type }) => type)).toEqual(old.heard.map(({ type }) => type))
    expect(fresh.heard.map(({ request }) => request).filter((number) => old.heard.some(({ request }) => request === number))).toEqual([])
  })

  it('hears no more of the old one: what that still says is no longer true', async () => {
    const [old, fresh] = [createProcess(), createProcess()]
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    const heard: string[] = []
    client.watch((notice) => void heard.push(notice.type))
    client.reconnect(fresh.port)
    await settle()
    old.tell(old.heard[0]?.request ?? 0, 'still here')
    await settle()
    expect(heard).toEqual([])
  })

  it('watches as often as it watched, in one turn each', async () => {
    const [old, fresh, fresher] = [createProcess(), createProcess(), createProcess()]
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    for (const _ of [1, 2]) client.watch(() => undefined)
    client.reconnect(fresh.port)
    client.reconnect(fresher.port)
    await settle()
    expect(fresher.heard.map(({ type }) => type)).toEqual(['watch', 'watch'])
  })

  it('that was not yet started anew refuses at once', async () => {
    const old = createProcess()
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    old.die()
    await settle()
    expect(await client.rows(stream, 0, 1)).toMatchObject({ ok: false, error: { code: 'data-restarted' } })
  })
})

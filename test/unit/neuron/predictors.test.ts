import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { fail, ok, type Result } from '../../../src/base/result.ts'
import { createDataClient } from '../../../src/data/data-client.ts'
import { predictionStreamOf, type StreamId } from '../../../src/domain/stream.ts'
import { createDirectory } from '../../../src/neuron/directory.ts'
import { readPredictors } from '../../../src/neuron/predictors.ts'
import type { DirectoryEntry } from '../../../src/protocol/signaling.ts'
import type { SignalingAnswer, SignalingRequest } from '../../../src/pubsub/signaling-client.ts'
import { attachLocal, must, publish, verify } from '../../support/data-node.ts'
import { createRows } from '../../support/history.ts'
import { createNodeKey, headHex, headOf, idOf, identityOf, sha256, type NodeKey } from '../../support/node-key.ts'
import { createSmallNetwork, type SmallNode } from './small-network.ts'

const self = createNodeKey()
const stream = idOf(identityOf(createNodeKey()))

const entryBy = (key: NodeKey, follows: StreamId = stream): DirectoryEntry => {
  const identity = predictionStreamOf(key.publicKey, follows)
  const id = idOf(identity)
  return { id, identity, head: headHex(headOf(key, id, 7)), subscribers: 0, predictors: 0, online: true }
}

/** What is read of a server that answers with these pages, the last of them for ever. */
const read = async (...pages: readonly Result<SignalingAnswer>[]) => {
  const asked: SignalingRequest[] = []
  const directory = createDirectory({ sha256, verify, log: () => undefined, changed: () => undefined })
  const request = async (question: SignalingRequest) => {
    asked.push(question)
    return pages[Math.min(asked.length, pages.length) - 1] ?? fail('no-answer', 'nothing')
  }
  const answer = await readPredictors(stream, { server: { request }, directory, self: self.publicKey, stateOf: () => undefined })
  return { asked, directory, answer }
}
const page = (entries: readonly DirectoryEntry[], next: StreamId | null = null): Result<SignalingAnswer> =>
  ok({ type: 'entries', re: 1, entries: [...entries], next })

describe('who else predicts a stream', () => {
  it('[S24] is asked of the server, page by page, and can be found in the directory from then on', async () => {
    const [one, other] = [entryBy(createNodeKey()), entryBy(createNodeKey())]
    const { asked, directory, answer } = await read(page([one], one.id), page([other]))
    expect(answer).toEqual(ok([one, other].map(({ id, identity }) => ({ id, author: identity.author, rows: 7, online: true, subscribed: false }))))
    expect(asked).toEqual([null, one.id].map((after) => ({ type: 'directory', after, search: '', follows: stream })))
    expect(directory.get(other.id)?.identity).toEqual(other.identity)
    expect(directory.size).toBe(0)
  })

  it('is nobody whom the server invents, who predicts another stream, or this node', async () => {
    const liar = { ...entryBy(createNodeKey()), head: entryBy(createNodeKey()).head }
    const elsewhere = entryBy(createNodeKey(), idOf(identityOf(createNodeKey(), 'other')))
    expect((await read(page([liar, elsewhere, entryBy(self)]))).answer).toEqual(ok([]))
  })

  it('is asked three times and answered with fifty, however many a server lists', async () => {
    const crowd = Array.from({ length: 60 }, () => entryBy(createNodeKey()))
    const endless = await read(page(crowd.slice(0, 1), stream))
    expect(endless.asked).toHaveLength(3)
    const { answer } = await read(page(crowd.slice(0, 20), stream), page(crowd.slice(20, 40), stream), page(crowd.slice(40), stream))
    expect(answer.ok && answer.value.map(({ id }) => id)).toEqual(crowd.slice(0, 50).map(({ id }) => id))
  })

  it('is not known while the server is away, and of what is no stream nobody is asked', async () => {
    expect((await read(fail('disconnected', 'away'))).answer).toEqual(fail('disconnected', 'away'))
    const directory = createDirectory({ sha256, verify, log: () => undefined, changed: () => undefined })
    const server = { request: () => Promise.reject(new Error('it was asked')) }
    expect(await readPredictors('weather', { server, directory, self: self.publicKey, stateOf: () => undefined })).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
  })

  it('keeps no observation out of the directory: of prediction streams those of late are known', async () => {
    const directory = createDirectory({ sha256, verify: async () => true, log: () => undefined, changed: () => undefined })
    const signed = headOf(self, stream, 7)
    const entries = Array.from({ length: 1_001 }, (_, i): DirectoryEntry => {
      const identity = predictionStreamOf(self.publicKey, idOf(identityOf(self, `stream ${i}`)))
      const id = idOf(identity)
      return { id, identity, head: headHex({ ...signed, head: { ...signed.head, stream: id } }), subscribers: 0, predictors: 0, online: true }
    })
    for (const entry of entries) await directory.take(entry)
    expect(entries.filter(({ id }) => directory.get(id) === undefined).map(({ id }) => id)).toEqual([entries[0]?.id])
    expect([...directory.all()]).toHaveLength(1_000)
  })
})

describe('[D11] a prediction stream is followed like any other', { timeout: 20_000 }, () => {
  /** Alice publishes, Bob predicts, Carol follows what he predicts. */
  const startWorld = async () => {
    const network = createSmallNetwork()
    const [alice, bob, carol] = [await network.start('alice'), await network.start('bob'), await network.start('carol')]
    await network.pass(1)
    const identity = identityOf(alice.home.key)
    const observed = idOf(identity)
    await publish(alice.data, identity, createRows(createSeededRandom(1), 5))
    await network.pass(2)
    await bob.neuron.commands.subscribe(observed)
    await network.pass(10)
    const engine = createDataClient(attachLocal(bob.data.server, 'engine'), network)
    const predict = (followsRow: number) =>
      must(engine.predict({ follows: observed, followsRow, followsHash: sha256(new Uint8Array([followsRow])), value: `2${followsRow}.5`, lower: '20', upper: '30', kind: 'live' }))
    await predict(3)
    await network.pass(2)
    return { network, bob, carol, observed, predict }
  }
  const viewOf = async (node: SmallNode, id: string) => (await node.neuron.commands.snapshot()).streams.find((one) => one.id === id)

  it('from the answer to its rows, under a name, live, and over a restart', async () => {
    const { network, bob, carol, observed, predict } = await startWorld()
    const id = idOf(predictionStreamOf(bob.home.key.publicKey, observed))
    await expect(carol.neuron.commands.subscribe(id)).rejects.toMatchObject({ code: 'unknown-stream' })
    const found = { id, author: bob.home.key.publicKey, rows: 1, online: true }
    expect(await carol.neuron.commands.predictors(observed)).toEqual([{ ...found, subscribed: false }])
    await carol.neuron.commands.subscribe(id)
    await network.pass(10)
    const kept = { name: 'predictions of temperature', follows: { id: observed, name: 'temperature' }, own: false, subscribed: true, rows: 1, verified: true }
    expect(await viewOf(carol, id)).toMatchObject(kept)
    expect(await carol.neuron.commands.stream(id)).toMatchObject(kept)
    expect(await carol.neuron.commands.predictions(id)).toMatchObject([{ value: '23.5', follows: { row: 3 } }])
    expect((await carol.neuron.commands.snapshot()).listed.count).toBe(1)
    const again = await network.reload(carol)
    await network.pass(15)
    await predict(4)
    await network.pass(2)
    expect(await viewOf(again, id)).toMatchObject({ ...kept, rows: 2 })
    expect(await again.neuron.commands.predictors(observed)).toMatchObject([{ id, subscribed: true }])
    await again.neuron.commands.unsubscribe(id)
    await network.pass(1)
    expect(await viewOf(again, id)).toMatchObject({ subscribed: false, rows: 2 })
  })

  it('who predicts is not among the others, and sees no stream of its own predictions', async () => {
    const { bob, observed } = await startWorld()
    expect(await bob.neuron.commands.predictors(observed)).toEqual([])
    expect(await bob.neuron.commands.stream(idOf(predictionStreamOf(bob.home.key.publicKey, observed)))).toBeNull()
    expect((await bob.neuron.commands.snapshot()).streams.map(({ id }) => id)).toEqual([observed])
  })
})

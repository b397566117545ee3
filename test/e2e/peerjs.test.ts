import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PeerServer } from 'peer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Snapshot, StreamView } from '../../src/neuron/snapshot.ts'
import { launchNode, type NodeBrowser } from '../support/browser.ts'
import { decimalCsv, timeOf } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const ROWS = 100
const SAMPLE = decimalCsv({ rows: ROWS, seed: 20_261 })

// One story in steps: each goes on from where the one before it ended.
describe('without our server two nodes find each other through a PeerServer', () => {
  let folder: string
  let server: TestServer
  let peerServer: Stoppable
  let alice: NodeBrowser
  let bob: NodeBrowser
  let id = ''
  /** Where Bob says what he expects of Alice's stream. */
  let predictions = ''
  /** The newest of them that Alice has. */
  const lastPrediction = async () => (await alice.zazen.predictions(predictions)).at(-1)

  const has = (rows: number) => (stream: StreamView) => stream.rows === rows && stream.verified
  const peersOf = async (node: NodeBrowser) => ((await node.zazen.status()) as Snapshot).peers
  /** Each follows the other: both may have dialled, and for a while there are two links, or a dial beside one. */
  const waysOf = async (node: NodeBrowser) => new Set((await peersOf(node)).flatMap(({ link }) => (link === null ? [] : [link.via])))
  const linkedBy = (node: NodeBrowser, via: 'rendezvous' | 'peerjs') =>
    until(`a link by ${via}`, async () => (await peersOf(node)).find(({ state, link }) => state === 'ready' && link?.via === via), { timeoutMs: 90_000 })

  const openNode = async (name: string): Promise<NodeBrowser> => {
    const node = await launchNode({ userDataDir: join(folder, name), url: 'about:blank' })
    await node.page.addInitScript(REMEMBER_CONNECTIONS)
    await node.page.goto(`${server.url}/?peerjs=http://127.0.0.1:${peerServer.port}/`)
    await until('the handle', () => node.zazen.status())
    return node
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zazen-peerjs-'))
    server = await startServer()
    peerServer = await openPeerServer()
    ;[alice, bob] = await Promise.all([openNode('alice'), openNode('bob')])
  })

  afterAll(async () => {
    await Promise.all([alice.close(), bob.close()])
    await server.stop()
    await peerServer.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })

  it('they meet at our server first, and know each other from then on', async () => {
    ;({ id } = await until('the handle', () => alice.zazen.publish({ name: 'Weather station', csv: SAMPLE.csv })))
    await streamWhen(bob, id, 'listed', ({ listed }) => listed)
    await bob.zazen.subscribe(id)
    await streamWhen(bob, id, 'all rows', has(ROWS))
    await linkedBy(bob, 'rendezvous')
  })

  it('Alice follows what Bob predicts', async () => {
    const { node } = (await bob.zazen.status()) as Snapshot
    const found = await until('Bob among those who predict it', async () => (await alice.zazen.predictors(id)).find(({ author }) => author === node.id))
    predictions = found.id
    await alice.zazen.subscribe(predictions)
    await until('a prediction of the last row', async () => (await lastPrediction())?.follows.row === ROWS - 1)
    expect((await alice.zazen.streams()).find((stream) => stream.id === predictions)).toMatchObject({ name: 'predictions of Weather station', verified: true })
    await alice.page.evaluate((stream) => (location.hash = `#/stream/${stream}`), predictions)
    await alice.page.getByRole('heading', { name: 'Predictions of Weather station', level: 1 }).waitFor()
    await alice.page.getByRole('region', { name: 'Table of predictions' }).getByText(`row ${ROWS - 1}`).waitFor()
  })

  it('[L29] the server goes away, the link breaks, and they are linked by their ids', async () => {
    // The page of the log is fetched while there is a server that has it.
    for (const { page } of [alice, bob]) {
      await page.evaluate('location.hash = "#/log"')
      await page.getByRole('heading', { name: 'Log', level: 1 }).waitFor()
    }
    await server.stop()
    for (const node of [alice, bob]) await node.page.evaluate(BREAK_CONNECTIONS)
    const { id: publisher } = await linkedBy(bob, 'peerjs')
    expect((await linkedBy(alice, 'peerjs')).id).not.toBe(publisher)
    // Which of the two was first is chance.
    const dialled = [alice, bob].map(({ page }) => page.getByText('dialled by its id through the PeerServer').first())
    await Promise.any(dialled.map((line) => line.waitFor()))
  })

  it('rows flow over that link', async () => {
    await alice.zazen.append(id, { time: timeOf(ROWS), value: '21.50' })
    const received = await streamWhen(bob, id, 'the new row', has(ROWS + 1))
    expect(received.head).toBe((await streamWhen(alice, id, 'its own row', has(ROWS + 1))).head)
    expect(await waysOf(bob)).toEqual(new Set(['peerjs']))
  })

  it('and so do predictions: what Bob expects after that row reaches Alice', async () => {
    const predicted = await until('a prediction of the new row', async () => {
      const last = await lastPrediction()
      return last?.follows.row === ROWS ? last : null
    })
    const [observed] = await alice.zazen.history(id, { last: 1 })
    expect(predicted.follows.hash).toBe(observed?.hash)
    expect((await bob.zazen.predictions(id)).at(-1)).toMatchObject({ value: predicted.value, follows: { row: ROWS } })
    expect(await waysOf(alice)).toEqual(new Set(['peerjs']))
  })

  it('[L29] the PeerServer goes away too, and the link stays', async () => {
    await peerServer.stop()
    await alice.zazen.append(id, { time: timeOf(ROWS + 1), value: '21.60' })
    await streamWhen(bob, id, 'another row', has(ROWS + 2))
  })
})

interface Stoppable {
  readonly port: number
  /** Ends every connection too. May be called twice. */
  stop(): Promise<void>
}

/** Anyone's PeerServer: the package as it comes. */
const openPeerServer = async (): Promise<Stoppable> => {
  const server = await new Promise<Server>((resolve) => {
    PeerServer({ port: 0, host: '127.0.0.1' }, (started) => resolve(started))
  })
  if (server.address() === null) await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  const closed = once(server, 'close')
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

// These run on the page, before and after everything else there; as text, for Node knows none of the names.

const REMEMBER_CONNECTIONS = `
  globalThis.connections = []
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given)
      connections.push(this)
    }
  }
`

const BREAK_CONNECTIONS = 'for (const connection of connections.splice(0)) connection.close()'

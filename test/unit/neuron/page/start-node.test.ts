import { expose } from 'comlink'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ok, type Result } from '../../../../src/base/result.ts'
import { startNode, type NodeSettings } from '../../../../src/neuron/page/start-node.ts'
import type { StartedData } from '../../../../src/runtime/processes.ts'
import { settle } from '../../../support/pipes.ts'
import { until } from '../../../support/until.ts'

// What goes on between the page and the three workers, in the order in which the workers hear it (M22).

/** The data process answers its start when the test lets it. */
const world = { said: [] as string[], answer: (_started: Result<StartedData>): void => undefined, workers: [] as FakeWorker[] }

const STARTED = ok({ publicKey: 'a'.repeat(64), openedMs: 1, identityMs: 1 }) as Result<StartedData>

const SETTINGS = {
  ...{ profile: 'main', version: '1', serverUrl: 'ws://localhost/signaling', samplesUrl: '/samples/' },
  ...{ peerServer: { host: 'localhost', port: 1, path: '/', secure: false }, ownPeerServer: true, iceServers: [] },
  ...{ restored: null, paused: false, engineSettings: null, keptBans: null, knownPeers: null, keptLog: null, checkedMs: 1 },
  ...{ keepPeers: () => undefined, keepLog: () => undefined },
} as unknown as NodeSettings

const hears = (name: string, what: string) => (): void => void world.said.push(`page -> ${name} | ${what}`)

/** What each worker does when it is asked: it says so. */
const CALLS: Readonly<Record<string, object>> = {
  data: {
    start: (profile: string) => {
      hears('data', `start ${profile}`)()
      return new Promise((resolve) => {
        world.answer = (started) => {
          world.said.push(`data -> page | ${started.ok ? 'started' : started.error.code}`)
          resolve(started)
        }
      })
    },
    attachLocal: (_port: MessagePort, role: string) => hears('data', `a port of the ${role}`)(),
    prepare: () => undefined,
    ping: () => undefined,
  },
  neuron: {
    start: (_given: unknown, _port: MessagePort) => {
      hears('neuron', 'start, with a port to data')()
      return {}
    },
    attachData: hears('neuron', 'a fresh port to data'),
    attachEngine: hears('neuron', 'a port to the engine'),
    ping: () => undefined,
  },
  engine: {
    attach: (_data: MessagePort, neuron?: MessagePort) => hears('engine', neuron === undefined ? 'a fresh port to data' : 'a port to data, and one to the neuron')(),
    ping: () => undefined,
  },
}

/** A worker as the page has one; what it would run answers from the other end of a channel. */
class FakeWorker {
  onerror: ((event: { readonly message: string }) => void) | null = null
  hasEnded = false
  readonly name: string
  private readonly channel = new MessageChannel()

  constructor(_url: URL, { name }: { readonly name: string }) {
    this.name = name
    world.workers.push(this)
    expose(CALLS[name], this.channel.port2)
  }

  postMessage(message: unknown, transfer: Transferable[]): void {
    this.channel.port1.postMessage(message, transfer)
  }

  addEventListener(type: string, listener: EventListener): void {
    this.channel.port1.addEventListener(type, listener)
    this.channel.port1.start()
  }

  removeEventListener(type: string, listener: EventListener): void {
    this.channel.port1.removeEventListener(type, listener)
  }

  terminate(): void {
    this.hasEnded = true
    this.channel.port1.close()
  }
}

beforeEach(() => {
  Object.assign(world, { said: [], workers: [] })
  vi.stubGlobal('Worker', FakeWorker)
  vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }))
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('navigator', {})
})
afterEach(() => {
  for (const worker of world.workers) worker.terminate()
  vi.unstubAllGlobals()
})

const heard = (count: number): Promise<boolean> => until(`${count} things that are said`, async () => world.said.length >= count, { everyMs: 1 })

const begin = () => startNode(SETTINGS, (what, message) => void world.said.push(`${what} | ${message}`))

it('the data process starts before the others: nobody is told anything before it serves, and then each gets one port to it', async () => {
  const starting = begin()
  await heard(1)
  // As many turns as anything said meanwhile would need to arrive.
  for (let turn = 0; turn < 20; turn++) await settle()
  expect(world.said).toEqual(['page -> data | start main'])
  expect(world.workers.map(({ name }) => name)).not.toContain('engine')
  world.answer(STARTED)
  const started = await starting
  expect(started.ok).toBe(true)
  await heard(8)
  expect(world.said.toSorted(byWorker)).toMatchInlineSnapshot(`
    [
      "page -> data | start main",
      "data -> page | started",
      "page -> data | a port of the neuron",
      "page -> data | a port of the page",
      "page -> data | a port of the engine",
      "page -> engine | a port to data, and one to the neuron",
      "page -> neuron | start, with a port to data",
      "page -> neuron | a port to the engine",
    ]
  `)
  if (started.ok) started.value.stop()
})

it('a data process that does not start starts nobody', async () => {
  const starting = begin()
  await heard(1)
  world.answer({ ok: false, error: { code: 'store-failed', message: 'No disk.' } })
  expect(await starting).toMatchObject({ ok: false, error: { code: 'store-failed' } })
  expect(world.said).toEqual(['page -> data | start main', 'data -> page | store-failed'])
  expect(world.workers.map(({ name, hasEnded }) => [name, hasEnded])).toEqual([['neuron', true], ['data', true]])
})

it('a node that is stopped before its engine has begun never has one', async () => {
  const starting = begin()
  await heard(1)
  world.answer(STARTED)
  const started = await starting
  if (started.ok) started.value.stop()
  for (let turn = 0; turn < 20; turn++) await settle()
  expect(world.workers.map(({ name, hasEnded }) => [name, hasEnded])).toEqual([['neuron', true], ['data', true]])
})

it('[D38] a data process that died is started anew first, and then each of the others gets one fresh port to it', async () => {
  const starting = begin()
  await heard(1)
  world.answer(STARTED)
  const started = await starting
  await heard(8)
  world.said.length = 0
  world.workers.find(({ name }) => name === 'data')?.onerror?.({ message: 'out of memory' })
  await heard(1)
  expect(world.said).toEqual(['page -> data | start main'])
  world.answer(STARTED)
  await heard(7)
  expect(world.said.toSorted(byWorker)).toMatchInlineSnapshot(`
    [
      "page -> data | start main",
      "data -> page | started",
      "page -> data | a port of the neuron",
      "page -> data | a port of the page",
      "page -> data | a port of the engine",
      "page -> engine | a fresh port to data",
      "page -> neuron | a fresh port to data",
    ]
  `)
  if (started.ok) started.value.stop()
})

/** The workers hear side by side, each in order. */
const workerOf = (said: string): string => said.replace('page -> ', '').replace(/ .*/, '')
const byWorker = (a: string, b: string): number => Number(workerOf(a) > workerOf(b)) - Number(workerOf(a) < workerOf(b))

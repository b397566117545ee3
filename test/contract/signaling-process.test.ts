import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildServer, SERVER } from '../../signaling/launch/build.mjs'
import { createSystemClock } from '../../signaling/clock.ts'
import { root } from '../../signaling/launch/project.mjs'
import { openSqliteStore } from '../../signaling/registry-store/sqlite.ts'
import { CLOSE_DRAINING } from '../../src/protocol/signaling.ts'
import { startNats } from '../support/nats.ts'
import { headHex, headOf, identityOf, idOf } from '../support/node-key.ts'
import { connect, type SignalingClient } from '../support/signaling-client.ts'

beforeAll(() => buildServer(), 120_000)

interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const start = (
  env: Readonly<Record<string, string>>,
): { child: ChildProcess; ended: Promise<Outcome>; address: Promise<string> } => {
  const child = spawn(process.execPath, [SERVER], { cwd: root, env: { ...process.env, LOG_LEVEL: 'warn', DATA_DIR: 'none', ...env } })
  let [out, err] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const address = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      const found = /http:\/\/\S+/.exec(out)?.[0]
      if (found !== undefined) resolve(found)
    })
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }))
  return { child, ended, address }
}

/** A few at a time: more would only wait in the system's queue. */
const connectMany = async (port: number, count: number): Promise<readonly SignalingClient[]> => {
  const nodes: SignalingClient[] = []
  while (nodes.length < count) nodes.push(...(await Promise.all(Array.from({ length: 50 }, () => connect(port)))))
  return nodes
}

describe('the server process', () => {
  it('says in one line where it is, and [S17] ends when it is told to', async () => {
    const { child, ended, address } = start({ PORT: '0' })
    const url = new URL(await address)
    const node = await connect(Number(url.port))
    child.kill('SIGTERM')
    expect(await node.closed()).toMatchObject({ code: CLOSE_DRAINING })
    const { code, out, err } = await ended
    expect({ code, err, lines: out.trimEnd().split('\n').length }).toEqual({ code: 0, err: '', lines: 1 })
  })

  it('[S17] [S87] ends when it is told to, also while its NATS cluster is away', async () => {
    const nats = await startNats()
    const { child, ended, address } = start({ PORT: '0', NATS_URL: nats.urls.join(), LOG_LEVEL: 'silent' })
    const node = await connect(Number(new URL(await address).port))
    await nats.close()
    const identity = identityOf(node.key)
    node.send({ type: 'register', re: 1, identity, head: headHex(headOf(node.key, idOf(identity), 1)) })
    node.send({ type: 'rendezvous', re: 2, key: '5'.repeat(64) })
    child.kill('SIGTERM')
    expect(await node.closed()).toMatchObject({ code: CLOSE_DRAINING })
    expect(await ended).toMatchObject({ code: 0, err: '' })
  })

  it('[S17] tells a thousand nodes when to come back, each at its own time, and has ended within 5 s', async () => {
    const { child, ended, address } = start({ PORT: '0' })
    const port = Number(new URL(await address).port)
    const nodes = await connectMany(port, 1_000)
    const [first, second, alone] = nodes as [SignalingClient, SignalingClient, SignalingClient]
    for (const node of [first, second]) await node.ask({ type: 'rendezvous', key: '5'.repeat(64) })
    await alone.ask({ type: 'rendezvous', key: '6'.repeat(64) })
    first.send({ type: 'signal', key: '5'.repeat(64), signal: 'the last word' })
    await second.next('signal')
    // When it has ended is not when this process has done with a thousand ends.
    const exited = once(child, 'exit').then(() => performance.now())
    const began = performance.now()
    child.kill('SIGTERM')
    const closed = await Promise.all(nodes.map((node) => node.closed()))
    const outcome = await ended
    const tookMs = (await exited) - began
    expect(outcome).toMatchObject({ code: 0, err: '' })
    expect(new Set(closed.map(({ code }) => code))).toEqual(new Set([CLOSE_DRAINING]))
    const stops = nodes.flatMap(({ inbox }) => inbox.flatMap((message) => (message.type === 'stopping' ? [message.retryAfterMs] : [])))
    expect(stops).toHaveLength(nodes.length)
    // Spread over the two seconds that so many are given.
    expect(new Set(stops).size).toBeGreaterThan(nodes.length / 4)
    expect(tookMs).toBeLessThan(5_000)
  })

  it('[S96] says in one line that its port is in use, and lets go of what it has opened', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const folder = await mkdtemp(join(tmpdir(), 'zazen-in-use-'))
    const nats = await startNats()
    for (const more of [{}, { DATA_DIR: folder }, { NATS_URL: nats.urls.join(), LOG_LEVEL: 'silent' }]) {
      const { code, out, err } = await start({ PORT: String(port), ...more }).ended
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(err).toMatch(new RegExp(`^Port ${port} .*in use.*PORT=\\d+ npm start\n$`))
    }
    const store = openSqliteStore(folder, { clock: createSystemClock(), onSkipped: () => undefined })
    expect(store.ok && (await store.value.load())).toEqual([])
    if (store.ok) await store.value.close()
    await nats.close()
    other.close()
    await rm(folder, { recursive: true })
  })

  it('[S93] says in one line that no NATS cluster is where it should be', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    other.close()
    const { code, out, err } = await start({ PORT: '0', NATS_URL: `nats://127.0.0.1:${port}`, LOG_LEVEL: 'silent' }).ended
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^NATS_URL: no cluster [^\n]+\n$/)
  })

  it('says in one line what is wrong with its environment', async () => {
    const { code, out, err } = await start({ PORT: 'eighty' }).ended
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^PORT=eighty [^\n]+\n$/)
  })
})

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildServer, SERVER } from '../../signaling/launch/build.mjs'
import { root } from '../../signaling/launch/project.mjs'
import { MAX_FRAGMENTS, MAX_MALFORMED } from '../../signaling/limits.ts'
import { MAX_SIGNAL_CHARS, MAX_SIGNALING_BYTES, MAX_SIGNALS } from '../../src/protocol/limits.ts'
import { connect, connectRaw } from '../support/signaling-client.ts'

// Strangers against the built server in a process of its own, whose memory is looked at before and after.

let child: ChildProcess
let port: number
beforeAll(async () => {
  await buildServer()
  const env = { ...process.env, PORT: '0', ICE_SERVERS: 'none', LOG_LEVEL: 'silent', DATA_DIR: 'none' }
  const started = spawn(process.execPath, [SERVER], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(started.stdout, 'data')) as [Buffer]
  child = started
  port = Number(/:(\d+)/.exec(said.toString())?.[1])
  await memoryMiB()
}, 120_000)
afterAll(async () => {
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

const memoryMiB = async (): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])
  expect(bytes).toBeGreaterThan(0)
  return bytes / 1024 ** 2
}

const served = async (): Promise<void> => {
  const node = await connect(port)
  await node.settled('done')
  node.terminate()
}

/** What an attack may cost while it goes on, MiB: a garbage-collected heap breathes by about half of this. */
const MAX_COST_MIB = 96

const costOf = async (attack: () => Promise<unknown>): Promise<number> => {
  const before = await memoryMiB()
  await attack()
  await served()
  const cost = (await memoryMiB()) - before
  return cost
}

describe('a hostile stranger', () => {
  it('[S2] that begins messages and never ends them pins little memory, 200 times over', async () => {
    const cost = await costOf(async () => {
      const floods = await Promise.all(Array.from({ length: 200 }, () => connectRaw(port)))
      for (const { socket } of floods) for (let i = 0; i < 112; i++) socket.send('x'.repeat(1_000), { fin: false })
      const ends = await Promise.all(floods.map((flood) => flood.closed()))
      expect(new Set(ends.map(({ code }) => code))).toEqual(new Set([1008]))
      const holders = await Promise.all(Array.from({ length: 200 }, () => connectRaw(port)))
      const part = Math.floor(MAX_SIGNALING_BYTES / MAX_FRAGMENTS) - 1
      for (const { socket } of holders) for (let i = 0; i < MAX_FRAGMENTS - 1; i++) socket.send('x'.repeat(part), { fin: false })
      await served()
      for (const holder of holders) holder.terminate()
    })
    expect(cost).toBeLessThan(MAX_COST_MIB)
  }, 30_000)

  it('[S3] that sends 10,000 frames of garbage is heard ten frames long each time', async () => {
    const cost = await costOf(() =>
      Promise.all(
        Array.from({ length: 100 }, async () => {
          const node = await connect(port)
          for (let i = 0; i < 100; i++) node.sendText('\u0000'.repeat(300))
          await node.closed()
          expect(node.inbox.filter(({ type }) => type === 'refused').length).toBeLessThanOrEqual(MAX_MALFORMED)
        }),
      ),
    )
    expect(cost).toBeLessThan(MAX_COST_MIB)
  }, 30_000)

  it('[S5] that opens sockets and says half a sentence does not keep others out', async () => {
    const sockets: Socket[] = []
    const cost = await costOf(async () => {
      for (let i = 0; i < 300; i++) {
        const socket = connectTcp(port, '127.0.0.1')
        socket.on('error', () => undefined)
        await once(socket, 'connect')
        socket.write('GET /signaling HTTP/1.1\r\nHost: localhost\r\nUpgrade: web')
        sockets.push(socket)
      }
    })
    for (const socket of sockets) socket.destroy()
    expect(cost).toBeLessThan(MAX_COST_MIB)
  }, 30_000)

  it('[S14] that does not read what it is sent is cut', async () => {
    const cost = await costOf(async () => {
      const [sender, reader] = [await connect(port), await connect(port)]
      const keys = Array.from({ length: 6 }, (_, i) => i.toString(16).padStart(64, 'a'))
      for (const key of keys) {
        await reader.ask({ type: 'rendezvous', key })
        await sender.ask({ type: 'rendezvous', key })
      }
      reader.socket.pause()
      const signal = 'x'.repeat(MAX_SIGNAL_CHARS)
      // More than the systems on both sides will hold for a reader that sleeps.
      for (const key of keys) for (let i = 0; i < MAX_SIGNALS; i++) sender.send({ type: 'signal', key, signal })
      expect(await sender.next('dropped')).toMatchObject({ code: 'peer-left' })
      sender.terminate()
      reader.terminate()
    })
    expect(cost).toBeLessThan(MAX_COST_MIB)
  }, 30_000)
})

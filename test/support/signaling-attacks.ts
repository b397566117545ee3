import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { MAX_FRAGMENTS, MAX_MALFORMED } from '../../signaling/limits.ts'
import { MAX_SIGNAL_CHARS, MAX_SIGNALING_BYTES, MAX_SIGNALS } from '../../src/protocol/limits.ts'
import { createNodeKey } from './node-key.ts'
import { checkIn, connect, connectRaw } from './signaling-client.ts'

/** What strangers do to a signaling server that runs as a process of its own; each throws when the server does not refuse it as it should. */
export interface Attack {
  readonly title: string
  run(port: number): Promise<void>
}

const demand = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

const times = <T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, (_, index) => run(index)))

const endsWith = async (client: Awaited<ReturnType<typeof connectRaw>>, wanted: number): Promise<void> => {
  const { code } = await client.closed()
  demand(code === wanted, `closed with ${code} instead of ${wanted}`)
}

/** Somebody else is served as if nothing were the matter. */
export const served = async (port: number): Promise<void> => {
  const node = await connect(port)
  await node.settled('done')
  node.terminate()
}

export const ATTACKS: readonly Attack[] = [
  {
    title: '[S8] 100 check-ins with a wrong key',
    run: async (port) => {
      await times(100, async () => {
        const stranger = await connectRaw(port)
        await checkIn(stranger, `127.0.0.1:${port}`, createNodeKey())
        const { code } = await stranger.next('refused')
        demand(code === 'bad-signature', `refused with ${code}`)
        await endsWith(stranger, 4002)
      })
    },
  },
  {
    title: '[S2] 200 messages of 128 KiB',
    run: async (port) => {
      await times(200, async () => {
        const stranger = await connectRaw(port)
        stranger.socket.send('x'.repeat(128 * 1024))
        await endsWith(stranger, 1009)
      })
    },
  },
  {
    title: '[S3] 10,000 frames of garbage over 100 connections',
    run: async (port) => {
      await times(100, async () => {
        const node = await connect(port)
        for (let i = 0; i < 100; i++) node.sendText('\u0000'.repeat(300))
        await node.closed()
        demand(node.inbox.filter(({ type }) => type === 'refused').length <= MAX_MALFORMED, 'answered more often than it listens')
      })
    },
  },
  {
    title: '[S2] 200 unfinished messages of 112 kB in fragments, and 200 held open below the limit',
    run: async (port) => {
      await times(200, async () => {
        const flood = await connectRaw(port)
        for (let i = 0; i < 112; i++) flood.socket.send('x'.repeat(1_000), { fin: false })
        await endsWith(flood, 1008)
      })
      const part = Math.floor(MAX_SIGNALING_BYTES / MAX_FRAGMENTS) - 1
      const holders = await times(200, () => connectRaw(port))
      for (const { socket } of holders) for (let i = 0; i < MAX_FRAGMENTS - 1; i++) socket.send('x'.repeat(part), { fin: false })
      await served(port)
      for (const holder of holders) holder.terminate()
    },
  },
  {
    title: '[S5] 300 sockets that say half a sentence',
    run: async (port) => {
      const sockets = await times(300, async () => {
        const socket = connectTcp(port, '127.0.0.1')
        socket.on('error', () => undefined)
        await once(socket, 'connect')
        socket.write('GET /signaling HTTP/1.1\r\nHost: localhost\r\nUpgrade: web')
        return socket
      })
      await served(port)
      for (const socket of sockets) socket.destroy()
    },
  },
  {
    title: '[S14] a reader that sleeps while 8 MiB are sent to it',
    run: async (port) => {
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
      const { code } = await sender.next('dropped')
      demand(code === 'peer-left', `dropped with ${code}`)
      sender.terminate()
      reader.terminate()
    },
  },
  {
    title: '[S4] 300 WebSockets of a page that may not connect',
    run: async (port) => {
      await times(300, async () => {
        const outcome = await connectRaw(port, { origin: 'https://elsewhere.example' }).then(() => 'let in', String)
        demand(outcome.includes('HTTP 403'), outcome)
      })
    },
  },
]

export const memoryMiB = async (port: number): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])
  demand(bytes > 0, 'the server does not tell its memory')
  return bytes / 1024 ** 2
}

/** What an attack costs the server while it lasts, MiB; others are served meanwhile. */
export const costOf = async (port: number, { run }: Attack): Promise<number> => {
  const before = await memoryMiB(port)
  await run(port)
  await served(port)
  return (await memoryMiB(port)) - before
}

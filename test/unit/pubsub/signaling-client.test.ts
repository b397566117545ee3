import { describe, expect, it } from 'vitest'
import { fail, ok, type Result } from '../../../src/base/result.ts'
import { createSeededRandom, type Random } from '../../../src/base/random.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { MAX_SIGNALING_BYTES } from '../../../src/protocol/limits.ts'
import { CLOSE_DRAINING, CLOSE_REFUSED, CLOSE_REPLACED, SIGNALING_VERSION } from '../../../src/protocol/signaling.ts'
import { createSignalingClient, type ServerState, type SignalingNotice, type TextSocket } from '../../../src/pubsub/signaling-client.ts'
import { settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const ME = 'a'.repeat(64) as PublicKey
const STREAM = 'b'.repeat(64)
const NONCE = '07'.repeat(32)

type Handlers = Parameters<TextSocket['listen']>[0]

/** One connection as the server's side of a test has it. */
interface FakeSocket {
  readonly heard: Record<string, unknown>[]
  isClosed: boolean
  says(message: object): void
  saysText(data: unknown): void
  closes(code: number, reason?: string): void
}

type Proof = Result<{ readonly publicKey: PublicKey; readonly signature: Uint8Array<ArrayBuffer> }>

const PROOF: Proof = ok({ publicKey: ME, signature: new Uint8Array(64).fill(3) })

const startClient = (options: { readonly random?: Random; readonly prove?: (nonce: Uint8Array, host: string) => Promise<Proof> } = {}) => {
  const clock = createVirtualClock(0)
  const sockets: FakeSocket[] = []
  const states: ServerState[] = []
  const notices: SignalingNotice[] = []
  const asked: string[] = []
  const openSocket = (): TextSocket => {
    let handlers: Handlers | null = null
    const socket: FakeSocket = {
      heard: [],
      isClosed: false,
      says: (message) => handlers?.message(JSON.stringify(message)),
      saysText: (data) => handlers?.message(data),
      closes: (code, reason = '') => handlers?.closed(code, reason),
    }
    sockets.push(socket)
    return {
      send: (text) => void socket.heard.push(JSON.parse(text) as Record<string, unknown>),
      close: () => {
        socket.isClosed = true
        handlers = null
      },
      listen: (given) => void (handlers = given),
    }
  }
  const client = createSignalingClient({
    clock,
    random: options.random ?? createSeededRandom(1),
    url: 'wss://Zazen.example:8443/signaling',
    openSocket,
    prove: options.prove ?? (async (nonce, host) => (asked.push(`${nonce.length} bytes for ${host}`), PROOF)),
    onState: (state) => void states.push(state),
    onNotice: (notice) => void notices.push(notice),
  })
  const last = (): FakeSocket => {
    const socket = sockets.at(-1)
    if (socket === undefined) throw new Error('no socket was opened')
    return socket
  }
  const checkIn = async (): Promise<FakeSocket> => {
    const socket = last()
    socket.says({ type: 'challenge', version: SIGNALING_VERSION, nonce: NONCE })
    await settle()
    socket.says({ type: 'welcome', iceServers: [{ urls: 'stun:stun.example' }] })
    return socket
  }
  return { clock, client, sockets, states, notices, asked, last, checkIn, names: () => states.map((state) => state.is) }
}

type Bench = ReturnType<typeof startClient>

const waitingOf = ({ states }: Bench): Extract<ServerState, { is: 'waiting' }> => {
  const state = states.at(-1)
  if (state?.is !== 'waiting') throw new Error(`it is ${state?.is ?? 'nowhere'}`)
  return state
}

describe('checking in', () => {
  it('[S6] [S7] [S8] answers the challenge with a proof for the host dialled, and is checked in by the welcome', async () => {
    const bench = startClient()
    const socket = await bench.checkIn()
    expect(bench.asked).toEqual(['32 bytes for zazen.example:8443'])
    expect(socket.heard).toEqual([{ type: 'check-in', version: SIGNALING_VERSION, publicKey: ME, signature: '03'.repeat(64) }])
    expect(bench.names()).toEqual(['connecting', 'checked-in'])
    expect(bench.client.state).toMatchObject({ is: 'checked-in', iceServers: [{ urls: 'stun:stun.example' }] })
  })

  it('leaves a server that does not check it in within fifteen seconds', () => {
    const bench = startClient()
    bench.last().says({ type: 'challenge', version: SIGNALING_VERSION, nonce: NONCE })
    bench.clock.advance(14_999)
    expect(bench.names()).toEqual(['connecting'])
    bench.clock.advance(1)
    expect(waitingOf(bench).error).toContain('did not check this node in')
    expect(bench.sockets[0]?.isClosed).toBe(true)
  })

  it('is not left once it is checked in, however long that lasts', async () => {
    const bench = startClient()
    await bench.checkIn()
    bench.clock.advance(3_600_000)
    expect(bench.names()).toEqual(['connecting', 'checked-in'])
  })

  it('is tried again with the reason when it is refused, or the key cannot sign', async () => {
    const refused = startClient()
    refused.last().says({ type: 'challenge', version: SIGNALING_VERSION, nonce: NONCE })
    refused.last().says({ type: 'refused', re: null, code: 'unknown-host', message: 'That is not my name.' })
    expect(waitingOf(refused).error).toBe('That is not my name.')
    for (const prove of [async () => fail('no-answer', 'The data process is gone.'), () => Promise.reject(new Error('The data process is gone.'))]) {
      const bench = startClient({ prove })
      bench.last().says({ type: 'challenge', version: SIGNALING_VERSION, nonce: NONCE })
      await settle()
      expect(waitingOf(bench).error).toContain('The data process is gone.')
    }
  })

  it('proves itself only to the connection that asked, when that is lost while the key signs', async () => {
    const proofs: ((proof: Proof) => void)[] = []
    const bench = startClient({ prove: () => new Promise((resolve) => void proofs.push(resolve)) })
    bench.last().says({ type: 'challenge', version: SIGNALING_VERSION, nonce: NONCE })
    bench.last().closes(1006)
    bench.clock.advance(500)
    proofs[0]?.(PROOF)
    await settle()
    expect(bench.sockets.map(({ heard }) => heard)).toEqual([[], []])
    expect(bench.names()).toEqual(['connecting', 'waiting', 'connecting'])
  })
})

describe('coming back', () => {
  const delaysOf = (random: Random, tries: number): number[] => {
    const bench = startClient({ random })
    return Array.from({ length: tries }, () => {
      bench.last().closes(1006)
      const delay = waitingOf(bench).retryAt - bench.clock.now()
      const before = bench.sockets.length
      bench.clock.advance(delay - 1)
      expect(bench.sockets).toHaveLength(before)
      bench.clock.advance(1)
      expect(bench.sockets).toHaveLength(before + 1)
      return delay
    })
  }

  it('waits twice as long each time, from half a second to half a minute, at least half of it by chance', () => {
    const ceilings = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
    const chances = { ...createSeededRandom(1), next: () => 0 }
    expect(delaysOf(chances, ceilings.length)).toEqual(ceilings.map((ceiling) => ceiling / 2))
    for (let seed = 1; seed <= 50; seed++)
      delaysOf(createSeededRandom(seed), ceilings.length).forEach((delay, index) => {
        const ceiling = ceilings[index] ?? 0
        expect(delay).toBeGreaterThanOrEqual(ceiling / 2)
        expect(delay).toBeLessThanOrEqual(ceiling)
      })
  })

  it('spreads a crowd that lost the same server: no tenth of the time gets more than a quarter of it', () => {
    const crowd = Array.from({ length: 1_000 }, (_, seed) => delaysOf(createSeededRandom(seed), 7).at(-1) ?? 0)
    const tenths = Array.from({ length: 10 }, (_, tenth) => crowd.filter((delay) => Math.floor((delay - 15_000) / 1_500) === tenth).length)
    expect(Math.max(...tenths)).toBeLessThan(250)
    expect(Math.min(...tenths)).toBeGreaterThan(20)
  })

  it('begins with short pauses again after it was checked in', async () => {
    const bench = startClient()
    for (let tries = 0; tries < 6; tries++) {
      bench.last().closes(1006)
      bench.clock.advance(30_000)
    }
    await bench.checkIn()
    bench.last().closes(1006)
    expect(waitingOf(bench).retryAt - bench.clock.now()).toBeLessThanOrEqual(500)
  })

  it('[S12] does not come back when a newer connection of the same key has taken over', async () => {
    const bench = startClient()
    const socket = await bench.checkIn()
    socket.closes(CLOSE_REPLACED, 'replaced')
    bench.clock.advance(3_600_000)
    expect(bench.names()).toEqual(['connecting', 'checked-in', 'replaced'])
    expect(bench.sockets).toHaveLength(1)
  })

  it('comes back after every other end', async () => {
    for (const code of [1000, 1006, CLOSE_REFUSED, 4999]) {
      const bench = startClient()
      await bench.checkIn()
      bench.last().closes(code, 'over')
      expect(waitingOf(bench).error).toBe('over')
      bench.clock.advance(500)
      expect(bench.sockets).toHaveLength(2)
    }
  })

  it('comes back to a stopping server when that has said, and by its own pauses after that', async () => {
    const bench = startClient()
    const socket = await bench.checkIn()
    socket.says({ type: 'stopping', retryAfterMs: 7_000 })
    socket.closes(CLOSE_DRAINING, 'stopping')
    expect(waitingOf(bench).retryAt - bench.clock.now()).toBe(7_000)
    bench.clock.advance(7_000)
    bench.last().closes(1006)
    expect(waitingOf(bench).retryAt - bench.clock.now()).toBeLessThanOrEqual(1_000)
  })

  it('ends for good when it is closed, also while it waits, and may be closed twice', async () => {
    const waiting = startClient()
    waiting.last().closes(1006)
    waiting.client.close()
    waiting.client.close()
    waiting.clock.advance(3_600_000)
    expect(waiting.sockets).toHaveLength(1)
    const open = startClient()
    await open.checkIn()
    open.client.close()
    expect(open.last().isClosed).toBe(true)
    expect(await open.client.request({ type: 'rendezvous', key: NONCE })).toMatchObject({ ok: false, error: { code: 'disconnected' } })
    expect(open.names()).toEqual(['connecting', 'checked-in'])
  })
})

describe('[S16] requests', () => {
  it('are numbered apart, and each gets the answer with its number', async () => {
    const { client, checkIn } = startClient()
    const socket = await checkIn()
    const first = client.request({ type: 'rendezvous', key: NONCE })
    const second = client.request({ type: 'directory', after: null, search: '', follows: null })
    const third = client.request({ type: 'unsubscribe', stream: STREAM as never })
    const numbers = socket.heard.slice(1).map(({ re }) => re)
    expect(new Set(numbers).size).toBe(3)
    socket.says({ type: 'refused', re: numbers[2], code: 'no', message: 'No.' })
    socket.says({ type: 'entries', re: numbers[1], entries: [], next: null })
    socket.says({ type: 'done', re: numbers[0] })
    socket.says({ type: 'done', re: 4_000 })
    expect(await Promise.all([first, second, third])).toMatchObject([
      { ok: true, value: { type: 'done' } },
      { ok: true, value: { type: 'entries' } },
      { ok: false, error: { code: 'no', message: 'No.' } },
    ])
  })

  it('are disconnected at once without a connection, and no message is kept for later', async () => {
    const bench = startClient()
    expect(await bench.client.request({ type: 'rendezvous', key: NONCE })).toMatchObject({ ok: false, error: { code: 'disconnected' } })
    bench.client.tell({ type: 'leave', key: NONCE })
    const socket = await bench.checkIn()
    expect(socket.heard.map(({ type }) => type)).toEqual(['check-in'])
  })

  it('are disconnected when the server goes before it answers', async () => {
    const { client, checkIn } = startClient()
    const socket = await checkIn()
    const asked = [client.request({ type: 'rendezvous', key: NONCE }), client.request({ type: 'rendezvous', key: NONCE })]
    socket.closes(1006)
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ ok: false, error: { code: 'disconnected' } })
  })

  it('are given up after fifteen seconds, and an answer that comes later is nobody’s', async () => {
    const { client, clock, checkIn } = startClient()
    const socket = await checkIn()
    const asked = client.request({ type: 'rendezvous', key: NONCE })
    clock.advance(15_000)
    expect(await asked).toMatchObject({ ok: false, error: { code: 'no-answer', message: expect.stringContaining('rendezvous') as string } })
    socket.says({ type: 'done', re: socket.heard[1]?.re })
  })
})

describe('what the server says', () => {
  it('about relays is known to whoever dials next', async () => {
    const { client, checkIn, states } = startClient()
    const socket = await checkIn()
    socket.says({ type: 'ice-servers', iceServers: [{ urls: 'turn:new.example', username: 'u', credential: 'c' }] })
    expect(client.state).toEqual({ is: 'checked-in', iceServers: [{ urls: 'turn:new.example', username: 'u', credential: 'c' }] })
    expect(states).toHaveLength(2)
  })

  it('is passed on when it is no answer, as it came', async () => {
    const { notices, checkIn } = startClient()
    const socket = await checkIn()
    const said = [
      { type: 'joined', stream: STREAM, member: ME, rows: 5 },
      { type: 'signal', key: NONCE, signal: '{}' },
      { type: 'dropped', key: NONCE, code: 'timeout', message: 'Nobody came.' },
    ]
    for (const message of said) socket.says(message)
    expect(notices).toEqual(said)
  })

  const garbage: Readonly<Record<string, unknown>> = {
    'no JSON': '{',
    'no object': '7',
    'no message that is known': '{"type":"dance"}',
    'a message with a field too many': JSON.stringify({ type: 'done', re: 1, more: true }),
    'a message with a wrong field': JSON.stringify({ type: 'joined', stream: 'x', member: ME, rows: 5 }),
    'binary': new ArrayBuffer(8),
    'nothing': null,
    'far too long': `"${'x'.repeat(MAX_SIGNALING_BYTES)}"`,
  }
  for (const [what, data] of Object.entries(garbage))
    it(`${what}: the connection is given up, and another one is made`, async () => {
      const bench = startClient()
      const socket = await bench.checkIn()
      socket.saysText(data)
      expect(waitingOf(bench).error).toContain('what is no message')
      expect([socket.isClosed, bench.notices]).toEqual([true, []])
      bench.clock.advance(500)
      expect(bench.sockets).toHaveLength(2)
    })

  it('is nobody’s when it comes from a connection that was given up', async () => {
    const bench = startClient()
    const handlers: Handlers[] = []
    const client = createSignalingClient({
      clock: bench.clock,
      random: createSeededRandom(1),
      url: 'ws://localhost/signaling',
      openSocket: () => ({ send: () => undefined, close: () => undefined, listen: (given) => void handlers.push(given) }),
      prove: async () => PROOF,
      onState: () => undefined,
      onNotice: () => undefined,
    })
    handlers[0]?.closed(1006, '')
    handlers[0]?.message(JSON.stringify({ type: 'welcome', iceServers: [] }))
    handlers[0]?.closed(CLOSE_REPLACED, '')
    expect(client.state.is).toBe('waiting')
  })
})

describe('after a sleep or a change of network', () => {
  it('[L36] tries at once what waits, with its first pauses again', () => {
    const bench = startClient()
    for (let turn = 0; turn < 10; turn++) {
      bench.last().closes(1006)
      bench.clock.advance(60_000)
    }
    bench.last().closes(1006)
    const before = bench.sockets.length
    bench.client.woke()
    expect(bench.sockets).toHaveLength(before + 1)
    bench.last().closes(1006)
    expect(waitingOf(bench).retryAt - bench.clock.now()).toBeLessThanOrEqual(500)
  })

  it('[L36] asks a server that looks alive, and leaves it when it says nothing for five seconds', async () => {
    const bench = startClient()
    const socket = await bench.checkIn()
    bench.client.woke()
    expect(socket.heard.at(-1)).toEqual({ type: 'unsubscribe', re: 1, stream: '0'.repeat(64) })
    bench.clock.advance(4_999)
    expect(bench.client.state.is).toBe('checked-in')
    bench.clock.advance(1)
    expect(waitingOf(bench).error).toBe('The server no longer answers.')
    expect(socket.isClosed).toBe(true)
  })

  it('[L36] stays with a server that answers', async () => {
    const bench = startClient()
    const socket = await bench.checkIn()
    bench.client.woke()
    socket.says({ type: 'done', re: 1 })
    bench.clock.advance(3_600_000)
    expect(bench.client.state.is).toBe('checked-in')
  })

  it('[L36] leaves a connection that is being made alone, and one that was closed closed', () => {
    const bench = startClient()
    bench.client.woke()
    expect(bench.sockets).toHaveLength(1)
    bench.client.close()
    bench.client.woke()
    expect(bench.sockets).toHaveLength(1)
  })
})

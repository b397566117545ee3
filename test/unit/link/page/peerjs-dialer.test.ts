import { beforeEach, describe, expect, it, vi } from 'vitest'
import { randomOf } from '../../../../src/base/random.ts'
import type { PublicKey } from '../../../../src/domain/stream.ts'
import { createAttempts } from '../../../../src/link/page/attempts.ts'
import { createPeerJsDialer } from '../../../../src/link/page/peerjs-dialer.ts'
import type { PeerJsConnection, PeerJsHandlers } from '../../../../src/link/page/peerjs-client.ts'
import type { DialEvent } from '../../../../src/ports/dialer.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const ME = 'aa'.repeat(32) as PublicKey
const BOB = 'bb'.repeat(32) as PublicKey
const CAROL = 'cc'.repeat(32) as PublicKey
const HOW = { iceServers: [], refused: [] }
const peerServer = { host: 'peer.example', port: 443, path: '/', secure: true, key: 'peerjs', address: 'peer.example/' }

beforeEach(() => {
  // This browser moves no channels.
  vi.stubGlobal('RTCPeerConnection', class {
    createDataChannel = () => ({})
    close = (): void => undefined
  })
  return () => {
    vi.unstubAllGlobals()
  }
})

type Listeners = Parameters<PeerJsConnection['listen']>[0]

/** PeerJS as the dialer sees it; the test says what happens there. */
const createPage = () => {
  const clock = createVirtualClock()
  const trace: string[] = []
  const connections: { readonly peer: PublicKey; listeners: Listeners | null }[] = []
  let handlers: PeerJsHandlers | null = null
  let isOver = false
  let loads = true
  const said = (): PeerJsHandlers => {
    if (handlers === null) throw new Error('PeerJS was not loaded')
    return handlers
  }
  const makeConnection = (peer: PublicKey): PeerJsConnection => {
    const held: { readonly peer: PublicKey; listeners: Listeners | null } = { peer, listeners: null }
    connections.push(held)
    return {
      peer,
      connection: { createDataChannel: () => ({}) } as unknown as RTCPeerConnection,
      listen: (listeners) => void (held.listeners = listeners),
      close: () => void trace.push(`close ${peer.slice(0, 2)}`),
    }
  }
  const tell = (event: DialEvent): void => {
    if (event.type === 'reach') trace.push(`reach ${event.state}: ${event.message}`)
    else if (event.type === 'failed') trace.push(`failed ${event.key} (${event.code}): ${event.message}`)
    else trace.push(`${event.type} ${event.key}`)
  }
  const attempts = createAttempts({ clock, attach: () => undefined, holdBulk: () => undefined, dropBulk: () => undefined, emit: tell })
  const dialer = createPeerJsDialer({
    clock,
    random: randomOf(() => 0),
    attempts,
    server: peerServer,
    ownId: () => ME,
    emit: tell,
    openPeerJs: async (_server, _id, given) => {
      trace.push('load')
      if (!loads) throw new Error('no such chunk')
      handlers = given
      isOver = false
      return {
        connect: makeConnection,
        useIceServers: () => undefined,
        disconnect: () => void trace.push('leave'),
        reconnect: () => void trace.push('come back'),
        isOver: () => isOver,
        destroy: () => void trace.push('destroy'),
      }
    },
  })
  const dial = (key: string, peer = BOB): void => dialer.open({ way: 'peerjs', key, peer, iceServers: [] })
  return {
    clock, trace, dialer, attempts, connections, dial,
    register: async () => {
      await settle()
      said().registered()
    },
    lose: (message: string, over = false) => {
      isOver = over
      said().lost(message)
    },
    absent: (peer: PublicKey) => said().absent(peer),
    offer: (peer: PublicKey): boolean => {
      const may = said().mayOffer(peer)
      if (may) said().incoming(makeConnection(peer))
      return may
    },
    breakLoading: () => void (loads = false),
    take: () => trace.splice(0),
  }
}

describe('a dial by node id', () => {
  it('[L29] costs nothing until it is made; it registers, dials, and leaves ten seconds after the last', async () => {
    const page = createPage()
    await settle()
    expect(page.take()).toEqual([])
    page.dial('one')
    await page.register()
    expect(page.connections.map(({ peer }) => peer)).toEqual([BOB])
    page.connections[0]?.listeners?.closed('It failed.')
    page.clock.advance(9_999)
    expect(page.take()).toEqual(['load', 'close bb', 'failed one (closed): It failed.'])
    // Another one in the meantime keeps it.
    page.dial('two')
    page.clock.advance(9_999)
    expect(page.take()).toEqual([])
    page.dialer.open({ way: 'peerjs', key: 'two', peer: BOB, iceServers: [] })
    page.connections[1]?.listeners?.closed('It failed.')
    page.clock.advance(10_000)
    expect(page.take()).toEqual([
      'failed two (busy): Too many connections are being made already.',
      'close bb',
      'failed two (closed): It failed.',
      'leave',
    ])
    page.dial('three')
    expect(page.take()).toEqual(['come back'])
  })

  it('[L31] fails when the PeerServer does not answer within ten seconds, is gone, or PeerJS cannot be loaded', async () => {
    const mute = createPage()
    mute.dial('one')
    await settle()
    mute.clock.advance(10_000)
    expect(mute.take()).toEqual(['load', 'leave', 'failed one (no-peer-server): The PeerServer peer.example/: It does not answer.'])
    const gone = createPage()
    gone.dial('one')
    await settle()
    gone.lose('It cannot be reached.', true)
    expect(gone.take().at(-1)).toBe('failed one (no-peer-server): The PeerServer peer.example/: It cannot be reached.')
    gone.dial('two')
    expect(gone.take()).toEqual(['load'])
    const broken = createPage()
    broken.breakLoading()
    broken.dial('one')
    await settle()
    expect(broken.take()).toEqual(['load', 'failed one (no-peer-server): The PeerServer peer.example/: PeerJS cannot be loaded: Error: no such chunk'])
  })

  it('[L31] fails at once when nobody has that id; others go on', async () => {
    const page = createPage()
    page.dial('one')
    page.dial('two', CAROL)
    await page.register()
    page.absent(BOB)
    expect(page.take()).toEqual(['load', 'close bb', 'failed one (absent): The peer is not at the PeerServer peer.example/.'])
  })

  it('[L34] is given up after thirty seconds: PeerJS settles nothing', async () => {
    const page = createPage()
    page.dial('one')
    await page.register()
    page.clock.advance(30_000)
    expect(page.take()).toEqual(['load', 'close bb', 'failed one (timeout): No direct connection came about within 30 s.'])
  })

  it('[L32] is refused beyond four connections with one peer, and to oneself', async () => {
    const page = createPage()
    for (let one = 0; one < 5; one++) page.dial(`${one}`)
    page.dial('me', ME)
    expect(page.take()).toEqual(['load', 'failed 4 (busy): There are enough connections to this peer.', 'failed me (busy): A node does not dial itself.'])
  })

  it('that is abandoned leaves nothing and is told to nobody', async () => {
    const page = createPage()
    page.dial('one')
    await page.register()
    page.attempts.abandon('one')
    expect(page.take()).toEqual(['load', 'close bb'])
  })
})

describe('being there to be dialled', () => {
  it('[L36] comes back after growing pauses, half of them chance, and anew once it has been well', async () => {
    const page = createPage()
    page.dialer.reach(HOW)
    await page.register()
    expect(page.take()).toEqual(['load', 'reach reachable: Others can dial this node through the PeerServer peer.example/.'])
    const pauses: number[] = []
    const fall = (): void => {
      page.take()
      page.lose('It cannot be reached.')
      expect(page.take()).toHaveLength(2)
      let waited = 0
      for (; !page.trace.includes('come back'); waited += 250) page.clock.advance(250)
      pauses.push(waited)
      page.take()
    }
    for (let turn = 0; turn < 9; turn++) fall()
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    // Let in and thrown out at once counts as a failure; half a minute does not.
    await page.register()
    page.clock.advance(29_999)
    fall()
    await page.register()
    page.clock.advance(30_000)
    fall()
    expect(pauses.slice(-2)).toEqual([30_000, 500])
  })

  it('[L36] says that it waits, and for how long', async () => {
    const page = createPage()
    page.dialer.reach(HOW)
    await page.register()
    page.take()
    page.lose('Another session is registered there under this node’s id.')
    expect(page.take()).toEqual([
      'leave',
      'reach waiting: The PeerServer peer.example/: Another session is registered there under this node’s id. It is tried again in 1 s.',
    ])
  })

  it('[L36] after a sleep it comes at once, and does not trust the connection it had', async () => {
    const page = createPage()
    page.dialer.reach(HOW)
    await page.register()
    page.take()
    page.dialer.woke()
    expect(page.take()).toEqual(['leave', 'come back'])
    for (let turn = 0; turn < 8; turn++) {
      page.lose('It cannot be reached.')
      page.clock.advance(60_000)
    }
    page.lose('It cannot be reached.')
    page.take()
    page.dialer.woke()
    expect(page.take()).toEqual(['come back'])
  })

  it('ends when it is no longer wanted; nothing is tried again then', async () => {
    const page = createPage()
    page.dialer.reach(HOW)
    await page.register()
    page.dialer.reach(null)
    page.clock.advance(10_000)
    expect(page.take().slice(2)).toEqual(['reach off: Others can no longer dial this node through a PeerServer.', 'leave'])
    page.dialer.reach(HOW)
    page.lose('It cannot be reached.')
    page.take()
    page.dialer.reach(null)
    page.clock.advance(600_000)
    expect(page.take()).toEqual(['reach off: Others can no longer dial this node through a PeerServer.', 'leave'])
  })

  it('[W23] takes nobody whom a person refuses, from the moment it is told of it', async () => {
    const page = createPage()
    page.dialer.reach(HOW)
    await page.register()
    expect(page.offer(BOB)).toBe(true)
    page.dialer.reach({ ...HOW, refused: [BOB] })
    expect(page.offer(BOB)).toBe(false)
    page.dialer.reach(null)
    expect(page.offer(BOB)).toBe(false)
  })

  it('[L32] takes eight strangers at a time that are not open yet, four under one id, nobody under its own', async () => {
    const page = createPage()
    page.dialer.reach(HOW)
    await page.register()
    expect([1, 2, 3, 4, 5].map(() => page.offer(BOB))).toEqual([true, true, true, true, false])
    expect(page.offer(ME)).toBe(false)
    const crowd = Array.from({ length: 20 }, (_, one) => page.offer(String(one).padStart(64, '0') as PublicKey))
    expect(crowd.filter((may) => may)).toHaveLength(4)
    page.take()
    // What strangers begin and do not end is not told: they could fill the log.
    page.clock.advance(30_000)
    expect(page.take().filter((line) => !line.startsWith('close'))).toEqual([])
    expect(page.offer(BOB)).toBe(true)
  })

  it('[L32] takes nobody when it is not there to be dialled', async () => {
    const page = createPage()
    page.dial('one')
    await page.register()
    expect(page.offer(CAROL)).toBe(false)
  })
})

it('stopping leaves the PeerServer and nothing that could come back', async () => {
  const page = createPage()
  page.dialer.reach(HOW)
  await page.register()
  page.take()
  page.dialer.close()
  page.clock.advance(600_000)
  expect(page.take()).toEqual(['leave', 'destroy'])
  page.dialer.woke()
  expect(page.take()).toEqual([])
})

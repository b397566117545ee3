import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { createPageDialer } from '../../../src/link/page/dialer.ts'
import type { DialEvent } from '../../../src/ports/dialer.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'
import { createSeededRandom } from '../../../src/base/random.ts'

const made = vi.hoisted(() => ({ peers: [] as { emit(event: string): boolean; destroyed: boolean; _pc: EventTarget & { connectionState: string } }[], sdp: '' }))

/** What the dialer uses of simple-peer, on a page whose browser can move channels. */
vi.mock('simple-peer/simplepeer.min.js', () => ({
  default: class extends EventEmitter {
    destroyed = false
    readonly _pc = Object.assign(new EventTarget(), {
      connectionState: 'connected',
      createDataChannel: () => ({}),
      currentLocalDescription: { sdp: made.sdp },
      currentRemoteDescription: { sdp: made.sdp },
    })
    constructor() {
      super()
      made.peers.push(this)
    }
    destroy(): void {
      if (this.destroyed) return
      this.destroyed = true
      this.emit('close')
    }
  },
}))

const SDP = `v=0\r\na=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}\r\n`
const dial = (key: string) => ({ way: 'rendezvous', key, role: 'initiator', peer: 'a'.repeat(64) as PublicKey, iceServers: [] }) as const

describe('the dialer of the page', () => {
  const ports: MessagePort[] = []

  beforeEach(() => {
    made.peers.length = 0
    made.sdp = SDP
    vi.stubGlobal('RTCPeerConnection', class {
      createDataChannel = () => new MessageChannel().port1
      close = (): void => undefined
    })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    for (const port of ports.splice(0)) port.close()
  })

  const createPage = () => {
    const told: string[] = []
    const clock = createVirtualClock()
    const dialer = createPageDialer({
      clock,
      random: createSeededRandom(1),
      ownId: () => 'b'.repeat(64) as PublicKey,
      peerServer: { host: 'peer.example', port: 443, path: '/', secure: true, key: 'peerjs', address: 'peer.example/' },
      openPeerJs: () => Promise.reject(new Error('not here')),
      attach: (port, _facts, key) => {
        ports.push(port)
        told.push(`attach ${key}`)
      },
      holdBulk: (key) => void told.push(`hold ${key}`),
      dropBulk: (key) => void told.push(`drop ${key}`),
      emit: (event: DialEvent) => void told.push(event.type === 'reach' ? event.message : `${event.type} ${event.key}`),
    })
    return { dialer, told, clock }
  }
  const connect = (index: number): void => void made.peers[index]?.emit('connect')

  it('hands an open connection over before it says so', () => {
    const { dialer, told } = createPage()
    dialer.open(dial('one'))
    connect(0)
    expect(told).toEqual(['hold one', 'attach one', 'connected one'])
  })

  it('[L5] a connection without fingerprints is no connection: it fails, and its second channel is dropped', () => {
    made.sdp = 'v=0\r\n'
    const { dialer, told } = createPage()
    dialer.open(dial('one'))
    connect(0)
    expect(told).toEqual(['hold one', 'drop one', 'failed one'])
    expect(made.peers[0]?.destroyed).toBe(true)
  })

  it('[L28] closes what it has handed over, and what is under way, when the data process is gone', () => {
    const { dialer, told } = createPage()
    for (const key of ['one', 'two', 'three']) dialer.open(dial(key))
    connect(0)
    connect(1)
    // Closed by its peer before.
    made.peers[1]?.emit('close')
    told.length = 0
    dialer.closeAll()
    expect(made.peers.map(({ destroyed }) => destroyed)).toEqual([true, true, true])
    expect(told).toEqual(['drop three', 'failed three'])
    dialer.closeAll()
    expect(told).toHaveLength(2)
  })

  it('[L34] gives up a dial that is not connected after thirty seconds, and those beyond twenty-four at once', () => {
    const { dialer, told, clock } = createPage()
    for (let one = 0; one < 25; one++) dialer.open(dial(`${one}`))
    expect(told.at(-1)).toBe('failed 24')
    expect(made.peers).toHaveLength(24)
    told.length = 0
    clock.advance(29_999)
    expect(told).toEqual([])
    clock.advance(1)
    expect(told).toHaveLength(48)
    expect(made.peers.every(({ destroyed }) => destroyed)).toBe(true)
  })

  describe('[L35] a connection whose other side has gone silent', () => {
    const become = (index: number, state: string): void => {
      const connection = made.peers[index]?._pc
      if (connection === undefined) throw new Error('no such peer')
      connection.connectionState = state
      connection.dispatchEvent(new Event('connectionstatechange'))
    }
    const open = () => {
      const page = createPage()
      page.dialer.open(dial('one'))
      connect(0)
      return page
    }

    it('is closed after ten seconds', () => {
      const { clock } = open()
      become(0, 'disconnected')
      clock.advance(9_999)
      expect(made.peers[0]?.destroyed).toBe(false)
      clock.advance(1)
      expect(made.peers[0]?.destroyed).toBe(true)
    })

    it('is kept when it is heard again before', () => {
      const { clock } = open()
      for (let turn = 0; turn < 3; turn++) {
        become(0, 'disconnected')
        clock.advance(9_000)
        become(0, 'connected')
        clock.advance(60_000)
      }
      expect(made.peers[0]?.destroyed).toBe(false)
    })

    it('is closed at once when the browser has given it up', () => {
      open()
      become(0, 'failed')
      expect(made.peers[0]?.destroyed).toBe(true)
    })
  })
})

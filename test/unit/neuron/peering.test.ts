import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { fail, ok, type Result } from '../../../src/base/result.ts'
import { createPeering } from '../../../src/neuron/peering.ts'
import type { Dial, DialFailure, Reach } from '../../../src/ports/dialer.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { LINK_AUTH_MS } from '../../../src/protocol/limits.ts'
import type { ServerState, SignalingAnswer } from '../../../src/pubsub/signaling-client.ts'
import { settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'
import { key, numbered, SELF, STREAM } from '../swarm/bench.ts'
import type { Late } from '../../../src/ports/late.ts'
import { remedies } from '../../../src/swarm/remedies.ts'
import type { Remedies } from '../../../src/swarm/state.ts'
import { atHand } from '../../support/at-hand.ts'

const ALICE = key('alice')

/** The driver of a swarm, and one line for all that it does. */
const begin = (
  peersAnswer: Result<SignalingAnswer> = ok({ type: 'peers', re: 1, publisher: ALICE, members: [] }),
  { ownPeerServer = false, banned = [], late = atHand(remedies) }: { readonly ownPeerServer?: boolean; readonly banned?: readonly PublicKey[]; readonly late?: Late<Remedies> } = {},
) => {
  const clock = createVirtualClock()
  const lines: string[] = []
  const dials: Dial[] = []
  const keys: string[] = []
  const reached: (Reach | null)[] = []
  const known: unknown[] = []
  const abandoned: string[] = []
  const server: { state: ServerState } = { state: { is: 'connecting' } }
  const peering = createPeering({
    clock,
    random: createSeededRandom(1),
    log: () => undefined,
    remedies: late,
    self: SELF,
    server: {
      get state() {
        return server.state
      },
      request: async (message) => {
        if (message.type === 'rendezvous') keys.push(message.key)
        lines.push(message.type === 'meta' ? `meta ${message.body.kind}` : message.type)
        return message.type === 'peers' ? peersAnswer : ok({ type: 'done', re: 1 })
      },
      tell: () => undefined,
    },
    data: {
      askServes: async (link) => {
        lines.push(`ask link ${link}`)
        return ok(null)
      },
      dropLink: async (link, code) => {
        lines.push(`drop link ${link} (${code})`)
        return ok(null)
      },
      refusePeers: async (peers) => {
        lines.push(`refuse ${peers.length}`)
        return ok(null)
      },
    },
    dialer: {
      open: (dial) => {
        dials.push(dial)
        lines.push(`dial by ${dial.way}`)
      },
      signal: () => undefined,
      abandon: (key) => void abandoned.push(key),
      reach: (how) => void reached.push(how),
      woke: () => undefined,
    },
    ownPeerServer,
    rowsOf: () => 5,
    authorOf: () => ALICE,
    known: [{ stream: STREAM, peers: [{ peer: ALICE, at: 1 }] }],
    banned,
    keepKnown: (kept) => void known.push(kept),
    changed: () => undefined,
  })
  const checkIn = (state: ServerState = { is: 'checked-in', iceServers: [] }): void => {
    server.state = state
    peering.onServer(state)
  }
  const pass = async (seconds: number): Promise<string> => {
    for (let half = 0; half < seconds * 2; half++) {
      clock.advance(500)
      await settle()
    }
    return lines.splice(0).join('\n')
  }
  return { clock, peering, dials, keys, reached, known, abandoned, server, checkIn, pass }
}

describe('what the swarm decides is done', () => {
  it('[W5] [M17] the list is asked for, and who is on it is asked to meet', async () => {
    const { peering, checkIn, pass } = begin()
    checkIn()
    peering.want(STREAM, false)
    expect(await pass(9)).toBe('peers\nmeta meet')
  })

  it('[W5] a server that gives no list is asked again later', async () => {
    const { peering, checkIn, pass } = begin(fail('malformed', 'What?'))
    checkIn()
    peering.want(STREAM, false)
    expect(await pass(40)).toMatch(/^peers(\npeers){1,3}$/)
  })

  it('[W16] a known peer is dialled by its id, under a new name each time, when the server is not there', async () => {
    const { peering, dials, pass } = begin()
    peering.want(STREAM, false)
    expect(await pass(10)).toBe('')
    peering.onDial({ type: 'reach', state: 'reachable', message: '' })
    expect(await pass(1)).toBe('dial by peerjs')
    expect(peering.views()).toMatchObject([{ id: ALICE, state: 'connecting', link: null }])
    const failed = (code: DialFailure): void => {
      const key = dials.at(-1)?.key ?? ''
      peering.onDial({ type: 'failed', key, peer: ALICE, via: 'peerjs', code, message: 'no' })
    }
    // Nobody's fault: as soon as there may be a way again.
    failed('no-peer-server')
    expect(await pass(2.5)).toBe('')
    expect(await pass(1)).toBe('dial by peerjs')
    failed('timeout')
    expect(await pass(4.5)).toBe('')
    expect(await pass(1)).toBe('dial by peerjs')
    // It may come back any moment: no lapse, only a rest.
    failed('absent')
    expect(await pass(4)).toBe('dial by peerjs')
    expect(new Set(dials.map(({ key }) => key)).size).toBe(4)
    expect(dials[0]?.key).toMatch(/^[0-9a-f]{64}$/)
    expect(peering.views()).toHaveLength(1)
    peering.onDial({ type: 'reach', state: 'off', message: '' })
    failed('absent')
    expect(await pass(60)).toBe('')
  })

  it('[W16] a call of which nothing was heard is given up before the peer is called again, and no other is', async () => {
    const { peering, dials, abandoned, pass } = begin()
    peering.want(STREAM, false)
    const link = { type: 'link-event', request: 0, link: 4, peer: numbered(4), via: 'peerjs', message: '' } as const
    peering.onLink({ ...link, event: 'ready', code: 'ready' })
    peering.onLink({ type: 'link-serves', request: 0, link: 4, peer: numbered(4), stream: STREAM, serving: true })
    peering.onLink({ ...link, event: 'closed', code: 'closed' })
    peering.onDial({ type: 'reach', state: 'reachable', message: '' })
    await pass(200)
    const keysTo = (called: PublicKey): readonly string[] => dials.filter(({ peer }) => peer === called).map(({ key }) => key)
    const [alices, others] = [keysTo(ALICE), keysTo(numbered(4))]
    expect(Math.min(alices.length, others.length)).toBeGreaterThan(2)
    expect([...abandoned].sort()).toEqual([...alices.slice(0, -1), ...others.slice(0, -1)].sort())
    expect(peering.views()).toHaveLength(2)
  })

  it('[W16] this node can be dialled from the start, with the credentials that the server gives, and gives anew', async () => {
    const { reached, server, checkIn, pass } = begin()
    const checkedIn = (urls: string): ServerState => ({ is: 'checked-in', iceServers: [{ urls }] })
    checkIn(checkedIn('stun:one'))
    await pass(1)
    server.state = checkedIn('stun:two')
    await pass(10)
    server.state = { is: 'waiting', retryAt: 0, error: '', isHeld: false }
    await pass(1)
    expect(reached).toEqual([{ iceServers: [], refused: [] }, { iceServers: [{ urls: 'stun:one' }], refused: [] }, { iceServers: [{ urls: 'stun:two' }], refused: [] }])
  })

  it('[W16] at its own server’s PeerServer it can be dialled only while the server is gone', async () => {
    const { reached, server, checkIn, pass } = begin(undefined, { ownPeerServer: true })
    await pass(4)
    expect(reached).toEqual([])
    await pass(2)
    expect(reached).toEqual([{ iceServers: [], refused: [] }])
    checkIn()
    await pass(1)
    expect(reached.at(-1)).toBeNull()
    checkIn({ is: 'waiting', retryAt: 0, error: '', isHeld: false })
    await pass(4)
    expect(reached.at(-1)).toBeNull()
    await pass(2)
    expect(reached.at(-1)).toEqual({ iceServers: [], refused: [] })
    expect(server.state.is).toBe('waiting')
  })

  it('[W16] a clock that is set back does not keep it from being dialled', async () => {
    const { clock, reached, pass } = begin(undefined, { ownPeerServer: true })
    await pass(2)
    clock.step(-86_400_000)
    await pass(4)
    expect(reached).toEqual([{ iceServers: [], refused: [] }])
  })

  it('[W16] a server that comes and goes again is missed from the last time on', async () => {
    const { reached, checkIn, pass } = begin(undefined, { ownPeerServer: true })
    await pass(3)
    checkIn()
    checkIn({ is: 'waiting', retryAt: 0, error: '', isHeld: false })
    await pass(4)
    expect(reached).toEqual([])
    await pass(2)
    expect(reached).toHaveLength(1)
  })

  it('[W16] where another tab has taken the identity, nobody calls this one', async () => {
    const { reached, checkIn, pass } = begin()
    checkIn()
    checkIn({ is: 'replaced' })
    await pass(1)
    expect(reached).toEqual([{ iceServers: [], refused: [] }, null])
  })

  it('[W11] [W17] [W20] links are known with what they carry, closed when nobody needs them, and who confirms is kept', async () => {
    const { peering, known, pass } = begin()
    peering.want(STREAM, false)
    const via = 'peerjs' as const
    peering.onLink({ type: 'link-event', request: 0, link: 4, peer: numbered(4), event: 'ready', via, code: 'ready', message: '' })
    peering.onLink({ type: 'link-serves', request: 0, link: 4, peer: numbered(4), stream: STREAM, serving: true })
    await pass(2)
    peering.onLink({ type: 'link-traffic', request: 0, link: 4, peer: numbered(4), bytesIn: 4_000, bytesOut: 400, pagesGood: 2, pagesBad: 1, rttMs: 12, follows: 0 })
    expect(peering.views()).toMatchObject([
      { id: numbered(4), state: 'ready', link: { via, bytesInPerSecond: 2_000, bytesOutPerSecond: 200, rttMs: 12, verifiedPages: 2, rejectedPages: 1, streams: [STREAM] } },
    ])
    await pass(10)
    expect(known.at(-1)).toMatchObject([{ stream: STREAM, peers: [{ peer: ALICE }, { peer: numbered(4) }] }])
    peering.unwant(STREAM)
    expect(await pass(130)).toBe('drop link 4 (idle)')
    peering.onLink({ type: 'link-event', request: 0, link: 4, peer: numbered(4), event: 'closed', via, code: 'idle', message: '' })
    expect(peering.views()).toEqual([])
  })

  it('a link is known with the way that its data take, until it ends', async () => {
    const { peering } = begin()
    const relayed = () => peering.views().map(({ link }) => link?.relayed)
    const route = (peer: PublicKey, is: boolean): void => peering.onDial({ type: 'route', key: 'a', peer, relayed: is })
    const event = (peer: PublicKey, what: 'ready' | 'closed'): void =>
      peering.onLink({ type: 'link-event', request: 0, link: 4, peer, event: what, via: 'rendezvous', code: what, message: '' })
    // Told of nobody that is connected: nobody would say when that is over.
    route(ALICE, true)
    event(ALICE, 'ready')
    expect(relayed()).toEqual([null])
    route(ALICE, true)
    expect(relayed()).toEqual([true])
    route(ALICE, false)
    expect(relayed()).toEqual([false])
    event(ALICE, 'closed')
    // Before the proof, as it comes.
    peering.onDial({ type: 'connected', key: 'b', peer: ALICE, via: 'rendezvous' })
    event(ALICE, 'ready')
    expect(relayed()).toEqual([null])
    event(ALICE, 'closed')
    peering.onDial({ type: 'connected', key: 'c', peer: ALICE, via: 'rendezvous' })
    route(ALICE, true)
    event(ALICE, 'ready')
    expect(relayed()).toEqual([true])
    // A second link with the same peer is refused: the first one is there still.
    peering.onLink({ type: 'link-event', request: 0, link: 5, peer: ALICE, event: 'closed', via: 'rendezvous', code: 'duplicate', message: '' })
    expect(relayed()).toEqual([true])
    peering.linksLost()
    event(ALICE, 'ready')
    expect(relayed()).toEqual([null])
  })

  it('[W13] awake, links are asked for a sign', async () => {
    const { peering, pass } = begin()
    peering.want(STREAM, false)
    peering.onLink({ type: 'link-event', request: 0, link: 4, peer: ALICE, event: 'ready', via: 'rendezvous', code: 'ready', message: '' })
    peering.onLink({ type: 'link-serves', request: 0, link: 4, peer: ALICE, stream: STREAM, serving: true })
    await pass(5)
    peering.woke()
    expect(await pass(9)).toBe('ask link 4\ndrop link 4 (lost)')
  })

  it('[L21] an offer that comes between a connection and its proof is not accepted: one peer, one link', async () => {
    const { peering, checkIn, dials, keys, pass } = begin()
    checkIn()
    peering.seek(STREAM, false)
    const offer = (): void => peering.onNotice({ type: 'meta', stream: STREAM, from: ALICE, body: { kind: 'offer', rows: 9 } })
    const end = (event: 'ready' | 'closed'): void =>
      peering.onLink({ type: 'link-event', request: 0, link: 4, peer: ALICE, event, via: 'rendezvous', code: event, message: '' })
    offer()
    expect(await pass(1)).toContain('meta accept')
    peering.onNotice({ type: 'matched', key: keys[0] ?? '', role: 'initiator', peer: ALICE })
    peering.onDial({ type: 'connected', key: dials[0]?.key ?? '', peer: ALICE, via: 'rendezvous' })
    // Asked for anew meanwhile: it may be met again, as far as the question goes.
    expect(await pass(8)).toContain('request-history')
    offer()
    expect(await pass(1)).not.toContain('accept')
    end('ready')
    offer()
    expect(await pass(1)).not.toContain('accept')
    end('closed')
    await pass(10)
    offer()
    expect(await pass(1)).toContain('meta accept')
  })

  it.each([
    ['after LINK_AUTH_MS, though the clock was set back', async ({ clock, pass }: ReturnType<typeof begin>) => {
      clock.step(-86_400_000)
      await pass(LINK_AUTH_MS / 1000)
    }],
    ['when the data process, which was to prove it, was started anew', async ({ peering }: ReturnType<typeof begin>) => {
      peering.linksLost()
    }],
  ])('[L21] a connection that nobody has proved keeps no offer out %s', async (_, happens) => {
    const started = begin()
    const { peering, checkIn, pass } = started
    checkIn()
    peering.seek(STREAM, false)
    await pass(1)
    peering.onDial({ type: 'connected', key: 'a', peer: ALICE, via: 'rendezvous' })
    const offer = (): void => peering.onNotice({ type: 'meta', stream: STREAM, from: ALICE, body: { kind: 'offer', rows: 9 } })
    offer()
    expect(await pass(1)).not.toContain('accept')
    await happens(started)
    offer()
    expect(await pass(1)).toContain('meta accept')
  })

  it('[L21] connected anew, it is waited for from then on', async () => {
    const { peering, checkIn, pass } = begin()
    checkIn()
    peering.seek(STREAM, false)
    for (let time = 0; time < 2; time++) {
      peering.onDial({ type: 'connected', key: 'a', peer: ALICE, via: 'rendezvous' })
      await pass(LINK_AUTH_MS / 1000 - 2)
    }
    peering.onNotice({ type: 'meta', stream: STREAM, from: ALICE, body: { kind: 'offer', rows: 9 } })
    expect(await pass(1)).not.toContain('accept')
  })

  it('[W23] whom a person refuses: the data process and the PeerServer’s side are told, and what is under way with it ends', async () => {
    const { peering, checkIn, dials, keys, reached, abandoned, pass } = begin(undefined, { banned: [numbered(9)] })
    expect(reached.at(-1)?.refused).toEqual([numbered(9)])
    checkIn()
    peering.seek(STREAM, false)
    const offer = (): void => peering.onNotice({ type: 'meta', stream: STREAM, from: ALICE, body: { kind: 'offer', rows: 9 } })
    offer()
    await pass(1)
    peering.onNotice({ type: 'matched', key: keys[0] ?? '', role: 'initiator', peer: ALICE })
    peering.refuse(ALICE, null)
    expect(abandoned).toEqual([dials[0]?.key])
    expect(peering.views()).toEqual([])
    expect(await pass(1)).toContain('refuse 2')
    expect(reached.at(-1)?.refused).toEqual([numbered(9), ALICE])
    offer()
    peering.onNotice({ type: 'meta', stream: STREAM, from: ALICE, body: { kind: 'meet' } })
    expect(await pass(1)).toBe('')
    peering.admit(ALICE)
    peering.onNotice({ type: 'meta', stream: STREAM, from: ALICE, body: { kind: 'meet' } })
    expect(await pass(1)).toBe('refuse 1\nmeta offer')
  })

  it('[W23] a call by its id that is under way ends, too', async () => {
    const { peering, dials, abandoned, pass } = begin()
    peering.want(STREAM, false)
    peering.onDial({ type: 'reach', state: 'reachable', message: '' })
    expect(await pass(10)).toContain('dial by peerjs')
    peering.refuse(ALICE, null)
    expect(abandoned).toEqual([dials[0]?.key])
    expect(peering.views()).toEqual([])
    expect(await pass(60)).not.toContain('dial')
  })

  it('what the swarm needs later is fetched half a minute after the start, and again until it is had', async () => {
    let asked = 0
    const { pass } = begin(undefined, {
      late: {
        now: null,
        load: () => {
          asked++
          return asked < 3 ? Promise.reject(new Error('offline')) : Promise.resolve(remedies)
        },
      },
    })
    await pass(29)
    expect(asked).toBe(0)
    await pass(2)
    expect(asked).toBe(1)
    await pass(120)
    expect(asked).toBe(3)
  })

  it.each([['when it was proved', true], ['before it was proved', false]])('[L18] whom it has cut %s, it does not meet', async (_, isProved) => {
    const { peering, checkIn, pass } = begin()
    checkIn()
    if (isProved) peering.onLink({ type: 'link-event', request: 0, link: 4, peer: ALICE, event: 'ready', via: 'rendezvous', code: 'ready', message: '' })
    peering.onLink({ type: 'link-event', request: 0, link: 4, peer: ALICE, event: 'cut', via: 'rendezvous', code: 'bad-page', message: '' })
    peering.onNotice({ type: 'meta', stream: STREAM, from: ALICE, body: { kind: 'meet' } })
    expect(await pass(1)).toBe('')
    await pass(10)
    peering.onNotice({ type: 'meta', stream: STREAM, from: ALICE, body: { kind: 'meet' } })
    expect(await pass(1)).toBe('meta offer')
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PublicKey } from '../../src/domain/stream.ts'
import type { DialEvent } from '../../src/ports/dialer.ts'
import { readPeerServer, type PeerServer } from '../../src/link/page/peer-server.ts'
import { createSystemClock } from '../../src/runtime/system.ts'
import { createPageNode, type PageLink, type PageNode, type PageNodeOptions } from '../support/page-node.ts'
import { createPagePeerServer, type PagePeerServer, type Said } from '../support/page-peer-server.ts'
import { until } from '../support/until.ts'

const PLACE = placeOf('ws://peer.example:9000/peerjs')
const HOW = { iceServers: [], refused: [] }

function placeOf(text: string): PeerServer {
  const read = readPeerServer(text, { isSecure: false })
  if (!read.ok) throw new Error(read.error.message)
  return read.value
}

/** Every PeerConnection that the page has made; a page has some 500. */
const made: RTCPeerConnection[] = []
/** Every channel that the other side of one has opened. */
const opened: RTCDataChannel[] = []
const platform = { RTCPeerConnection, WebSocket }
const nodes: PageNode[] = []

beforeEach(() => {
  globalThis.RTCPeerConnection = class extends platform.RTCPeerConnection {
    constructor(config?: RTCConfiguration) {
      super(config)
      made.push(this)
      this.addEventListener('datachannel', ({ channel }) => void opened.push(channel))
    }
  }
})

afterEach(() => {
  for (const { dialer } of nodes.splice(0)) dialer.stop()
  Object.assign(globalThis, platform)
  for (const connection of made.splice(0)) connection.close()
  opened.length = 0
})

/** What the browser shows of a connection until its answer is in force: a matter of microseconds, drawn out here. */
const SHOWN = ['signalingState', 'currentRemoteDescription'] as const
const withoutAnswer = (connection: RTCPeerConnection | undefined): RTCPeerConnection | undefined =>
  connection &&
  Object.defineProperties(connection, {
    signalingState: { configurable: true, get: () => 'have-local-offer' },
    currentRemoteDescription: { configurable: true, get: () => null },
  })

const useServer = (pass?: (said: Said) => Said | null): PagePeerServer => {
  const server = createPagePeerServer(pass)
  globalThis.WebSocket = server.WebSocket
  return server
}

const openNode = async (options: Partial<PageNodeOptions> = {}): Promise<PageNode> => {
  const node = await createPageNode({ peerServer: PLACE, ...options })
  nodes.push(node)
  return node
}

const dial = (from: PageNode, to: PublicKey, key = 'one'): void => {
  from.dialer.open({ way: 'peerjs', key, peer: to, iceServers: [] })
}

const linkOf = (node: PageNode, index = 0): Promise<PageLink> => until('a proved link', async () => node.links[index]?.proved !== null && node.links[index])
const endOf = (node: PageNode, index = 0) => until('the end of a link', async () => node.links[index]?.end)
const failureOf = (node: PageNode, key = 'one') =>
  until('a failure', async () => node.events.find((event) => event.type === 'failed' && event.key === key))

/** Signals of a rendezvous cross from one page to the other without a server. */
const meet = async (clock = createSystemClock()): Promise<readonly [PageNode, PageNode]> => {
  const both: PageNode[] = []
  const carry = (to: 0 | 1) => (event: DialEvent): void => {
    if (event.type === 'signal') setTimeout(() => both[to]?.dialer.signal(event.key, event.signal))
  }
  const [alice, bob] = [await openNode({ clock, onEvent: carry(1) }), await openNode({ clock, onEvent: carry(0) })]
  both.push(alice, bob)
  return [alice, bob]
}

describe('by node id through a PeerServer', () => {
  it('[L29] two nodes are linked and proved; the dialler is the initiator, and both channels are used', async () => {
    const server = useServer()
    const [alice, bob] = [await openNode(), await openNode()]
    bob.dialer.reach(HOW)
    await until('Bob is registered', async () => server.ids().includes(bob.id))
    dial(alice, bob.id)
    const [a, b] = [await linkOf(alice), await linkOf(bob)]
    expect(a).toMatchObject({ proved: bob.id, hasBulk: true, facts: { role: 'initiator', via: 'peerjs', expected: bob.id } })
    expect(b).toMatchObject({ proved: alice.id, hasBulk: true, facts: { role: 'responder', via: 'peerjs', expected: alice.id } })
    await until('the way that is taken', async () => alice.events.some(({ type }) => type === 'route'))
    expect(alice.events).toEqual([{ type: 'connected', key: 'one', peer: bob.id, via: 'peerjs' }, { type: 'route', key: 'one', peer: bob.id, relayed: false }])
    a.link.send({ type: 'follow', request: 0, streams: [] })
    await until('the frame at Bob', async () => b.frames.length > 0)
    b.link.send({ type: 'unfollow', request: 0, streams: [] })
    await until('the frame at Alice', async () => a.frames.length > 0)
  })

  /** Bob has a link already; what Alice's browser shows of the connection is drawn out. */
  const linkedBeforeTheAnswer = async () => {
    let asking: RTCPeerConnection | undefined
    const server = useServer((said) => {
      if (said.type === 'ANSWER') asking ??= withoutAnswer(made.find(({ signalingState }) => signalingState === 'have-local-offer'))
      return said
    })
    const [alice, bob] = [await openNode(), await openNode()]
    bob.dialer.reach(HOW)
    await until('Bob is registered', async () => server.ids().includes(bob.id))
    dial(alice, bob.id)
    await until('a link at Bob', async () => bob.links[0])
    const show = (): void => {
      for (const shown of SHOWN) Reflect.deleteProperty(asking ?? {}, shown)
      asking?.dispatchEvent(new Event('signalingstatechange'))
    }
    return { alice, bob, show }
  }

  it('[L29] a channel that opens before the answer is in force becomes a link when it is, and nothing that came before is lost', async () => {
    const { alice, bob, show } = await linkedBeforeTheAnswer()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([alice.links.length, alice.events]).toEqual([0, []])
    show()
    expect([(await linkOf(alice)).proved, (await linkOf(bob)).proved]).toEqual([bob.id, alice.id])
  })

  it('[L29] who sends more than four frames before that has no link', async () => {
    const { alice, bob, show } = await linkedBeforeTheAnswer()
    for (let frame = 0; frame < 4; frame++) opened[0]?.send(new Uint8Array(1))
    expect(await failureOf(alice)).toMatchObject({ code: 'closed' })
    show()
    expect([await endOf(bob), alice.links]).toMatchObject([{ code: 'channel-closed' }, []])
  })

  it('[L29] the links stay when the PeerServer goes away, whatever it says before', async () => {
    const offers: Said[] = []
    const server = useServer((said) => {
      if (said.type === 'OFFER') offers.push(said)
      return said
    })
    const [alice, bob] = [await openNode(), await openNode()]
    bob.dialer.reach(HOW)
    alice.dialer.reach(HOW)
    await until('both are registered', async () => server.ids().length === 2)
    dial(alice, bob.id)
    const [a, b] = [await linkOf(alice), await linkOf(bob)]
    server.say(alice.id, { type: 'LEAVE', src: bob.id })
    server.say(bob.id, { type: 'LEAVE', src: alice.id })
    for (const offer of offers) server.say(bob.id, offer)
    server.say(bob.id, { type: 'ERROR', payload: { msg: 'go' } })
    server.goAway()
    await until('Alice knows', async () => alice.events.some((event) => event.type === 'reach' && event.state === 'waiting'))
    server.comeBack()
    await until('both are registered again', async () => server.ids().length === 2)
    a.link.send({ type: 'follow', request: 0, streams: [] })
    await until('a frame still passes', async () => b.frames.length > 0)
    expect([a.end, b.end]).toEqual([null, null])
  })

  it('[L30] a PeerServer that puts itself in between is found out by both', async () => {
    const middle = createMiddle()
    const server = useServer(middle.pass)
    middle.use(server)
    const [alice, bob] = [await openNode(), await openNode()]
    bob.dialer.reach(HOW)
    await until('Bob is registered', async () => server.ids().includes(bob.id))
    dial(alice, bob.id)
    const ends = [await endOf(alice), await endOf(bob)]
    // Who finds out first says so to the other.
    expect(ends.map(({ code }) => code)).toEqual(['bad-transcript', 'bad-transcript'])
    expect(middle.carried()).toBeGreaterThan(0)
    expect([alice.links[0]?.proved, bob.links[0]?.proved]).toEqual([null, null])
  })

  it('[L30] an id that its owner did not prove is an impostor’s', async () => {
    const mallory = await openNode()
    const server = useServer((said) => (said.src === mallory.id ? { ...said, src: 'ab'.repeat(32) } : said.dst === 'ab'.repeat(32) ? { ...said, dst: mallory.id } : said))
    const bob = await openNode()
    bob.dialer.reach(HOW)
    await until('Bob is registered', async () => server.ids().includes(bob.id))
    dial(mallory, bob.id)
    expect(await endOf(bob)).toMatchObject({ code: 'impostor', cut: true })
  })

  it('[L31] says in words why a dial came to nothing: nobody of that id, no PeerServer', async () => {
    const server = useServer()
    const alice = await openNode()
    dial(alice, 'ab'.repeat(32) as PublicKey)
    expect(await failureOf(alice)).toMatchObject({ code: 'absent', via: 'peerjs', message: 'The peer is not at the PeerServer peer.example:9000/peerjs.' })
    server.goAway()
    dial(alice, 'ab'.repeat(32) as PublicKey, 'two')
    expect(await failureOf(alice, 'two')).toMatchObject({ code: 'no-peer-server', message: 'The PeerServer peer.example:9000/peerjs: It cannot be reached.' })
    await until('nothing is left', async () => allClosed())
  })

  it('[L31] another session under the same id is told of', async () => {
    const server = useServer()
    const alice = await openNode()
    // Holds Alice’s id with a token of its own.
    new server.WebSocket(`ws://peer.example/?id=${alice.id}&token=another`)
    await until('the id is held', async () => server.ids().includes(alice.id))
    dial(alice, 'ab'.repeat(32) as PublicKey)
    expect(await failureOf(alice)).toMatchObject({ code: 'no-peer-server', message: expect.stringContaining('Another session is registered there') as string })
  })

  it('[L32] what a hostile PeerServer says makes no connection and throws nothing', async () => {
    const server = useServer()
    const bob = await openNode()
    bob.dialer.reach(HOW)
    await until('Bob is registered', async () => server.ids().includes(bob.id))
    made.length = 0
    const src = 'ab'.repeat(32)
    const offer = { type: 'data', connectionId: 'dc', label: 'dc', reliable: true, serialization: 'raw', sdp: { type: 'offer', sdp: 'v=0' } }
    for (const said of [
      null,
      'x',
      {},
      { type: {} },
      { type: 'OFFER', src },
      { type: 'OFFER', src: 'no-key', payload: offer },
      { type: 'OFFER', src: bob.id, payload: offer },
      { type: 'OFFER', src, payload: { ...offer, serialization: 'toString' } },
      { type: 'OFFER', src, payload: { ...offer, serialization: 'binary' } },
      { type: 'OFFER', src, payload: { ...offer, type: 'media' } },
      { type: 'OFFER', src, payload: { ...offer, connectionId: 'x'.repeat(65) } },
      { type: 'OFFER', src, payload: { ...offer, sdp: { type: 'offer', sdp: 'x'.repeat(100_000) } } },
      { type: 'CANDIDATE', src, payload: { type: 'data', connectionId: 'nobody’s', candidate: { candidate: 'x' } } },
      { type: 'ANSWER', src, payload: { type: 'data', connectionId: 'nobody’s', sdp: { type: 'answer', sdp: 'v=0' } } },
    ])
      server.say(bob.id, said as object)
    expect(made).toEqual([])
    // A crowd of strangers, each with an offer: only so many at a time.
    for (let one = 0; one < 100; one++)
      server.say(bob.id, { type: 'OFFER', src: String(one).padStart(64, '0'), payload: { ...offer, connectionId: `dc ${one}` } })
    expect(made.length).toBe(8)
    expect(bob.events.map(({ type }) => type)).toEqual(['reach'])
  })
})

describe('what a link leaves behind', () => {
  it.each(['rendezvous', 'peerjs'] as const)('[L33] nothing: 30 links made and ended, %s', async (way) => {
    const server = useServer()
    const [alice, bob] = await meet()
    bob.dialer.reach(way === 'peerjs' ? HOW : null)
    if (way === 'peerjs') await until('Bob is registered', async () => server.ids().includes(bob.id))
    for (let turn = 0; turn < 30; turn++) {
      const key = `turn ${turn}`
      if (way === 'peerjs') dial(alice, bob.id, key)
      else {
        alice.dialer.open({ way, key, role: 'initiator', peer: bob.id, iceServers: [] })
        bob.dialer.open({ way, key, role: 'responder', peer: alice.id, iceServers: [] })
      }
      const mine = await linkOf(alice, turn)
      const theirs = await linkOf(bob, turn)
      // The data process of either ends it.
      const ending = turn % 2 === 0 ? mine : theirs
      ending.link.end({ code: 'idle', message: 'Nothing is done over it.', cut: false })
      await until('both ends', async () => mine.end !== null && theirs.end !== null)
    }
    expect(made.length).toBeGreaterThanOrEqual(60)
    await until('every connection is closed', async () => allClosed())
  }, 60_000)

  it('[L33] nothing, when a dial is abandoned', async () => {
    // Nothing that it is told arrives.
    useServer(() => null)
    const [alice, bob] = await meet()
    dial(alice, bob.id)
    await until('the dial is under way', async () => made.length > 0)
    alice.dialer.abandon('one')
    alice.dialer.open({ way: 'rendezvous', key: 'two', role: 'initiator', peer: bob.id, iceServers: [] })
    alice.dialer.abandon('two')
    await until('every connection is closed', async () => allClosed())
    expect(alice.events).toEqual([])
  })
})

describe('beside a connection that loses packets', () => {
  /** Nobody asks sooner than after 5 s; the clock is set on instead of waiting for it. */
  const linked = async () => {
    const system = createSystemClock()
    let skippedMs = 0
    const [alice, bob] = await meet({ ...system, now: () => system.now() + skippedMs })
    const skip = (): void => {
      skippedMs += 5_000
    }
    alice.dialer.open({ way: 'rendezvous', key: 'one', role: 'initiator', peer: bob.id, iceServers: [] })
    bob.dialer.open({ way: 'rendezvous', key: 'one', role: 'responder', peer: alice.id, iceServers: [] })
    const both = [await linkOf(alice), await linkOf(bob)] as const
    return { alice, bob, first: both[0], other: both[1], skip }
  }

  it('[L37] either side gets one more each time it asks, four in all, proved like the first and told to nobody', async () => {
    const { alice, bob, first, other, skip } = await linked()
    for (const [turn, { widen }] of [first, other, first].entries()) {
      skip()
      widen()
      const beside = await linkOf(alice, turn + 1)
      expect(beside.facts).toMatchObject({ beside: true, expected: bob.id, via: 'rendezvous' })
      expect(await linkOf(bob, turn + 1)).toMatchObject({ proved: alice.id, facts: { beside: true } })
    }
    for (const { widen } of [first, other]) {
      skip()
      widen()
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([alice.links.length, bob.links.length]).toEqual([4, 4])
    expect(made.filter(({ signalingState }) => signalingState !== 'closed')).toHaveLength(8)
    expect(alice.events.map(({ type }) => type).filter((type) => type !== 'signal' && type !== 'route')).toEqual(['connected'])
  })

  it('[L37] none is made where packets wait on the way: the line is narrow', async () => {
    const { alice, bob, first } = await linked()
    const pair = { type: 'candidate-pair', currentRoundTripTime: 0.5 }
    for (const connection of made) connection.getStats = async () => new Map([['pair', pair]])
    first.widen()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([alice.links.length, bob.links.length]).toEqual([1, 1])
    pair.currentRoundTripTime = 0.01
    first.widen()
    await linkOf(bob, 1)
  })

  it('[L37] they end with the first', async () => {
    const { alice, bob, first } = await linked()
    first.widen()
    const [a, b] = [await linkOf(alice, 1), await linkOf(bob, 1)]
    first.link.end({ code: 'idle', message: '', cut: false })
    await until('the end of the other', async () => a.end !== null && b.end !== null)
    await until('every connection is closed', async () => allClosed())
  })

  it('[L37] one that ends leaves the first alone, and its place to another', async () => {
    const { alice, bob, first, skip } = await linked()
    first.widen()
    ;(await linkOf(alice, 1)).link.end({ code: 'idle', message: '', cut: false })
    await until('its end', async () => bob.links[1]?.end)
    skip()
    first.widen()
    await linkOf(bob, 2)
    expect(first.end).toBe(null)
  })
})

const allClosed = (): boolean => made.every(({ signalingState }) => signalingState === 'closed')

/** A PeerServer in the middle: it answers Alice itself, calls Bob itself, and carries every frame between the two. */
const createMiddle = () => {
  let server: PagePeerServer | null = null
  let carried = 0
  const queue: Said[] = []
  const ends = new Map<string, { readonly connection: RTCPeerConnection; other: RTCDataChannel | null; early: unknown[] }>()
  const join = (channel: RTCDataChannel, mine: string, theirs: string): void => {
    channel.binaryType = 'arraybuffer'
    const own = ends.get(mine)
    if (own !== undefined) own.other = channel
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      carried += 1
      const to = ends.get(theirs)
      if (to?.other?.readyState === 'open') to.other.send(data)
      else to?.early.push(data)
    }
    const flush = (): void => {
      for (const data of ends.get(mine)?.early.splice(0) ?? []) channel.send(data as ArrayBuffer)
    }
    if (channel.readyState === 'open') flush()
    else channel.onopen = flush
  }
  const open = (to: string, as: string, connectionId: string): RTCPeerConnection => {
    const connection = new platform.RTCPeerConnection()
    ends.set(to, { connection, other: null, early: [] })
    connection.onicecandidate = ({ candidate }) => {
      if (candidate !== null && candidate.candidate !== '')
        server?.say(to, { type: 'CANDIDATE', src: as, payload: { type: 'data', connectionId, candidate: candidate.toJSON() } })
    }
    return connection
  }
  const hear = async (said: Said): Promise<void> => {
    const { type, src, dst, payload } = said
    if (payload === undefined) return
    const { connectionId, sdp } = payload
    if (type === 'CANDIDATE') await ends.get(src)?.connection.addIceCandidate((payload as unknown as { candidate: RTCIceCandidateInit }).candidate)
    if (sdp === undefined) return
    if (type === 'ANSWER') await ends.get(src)?.connection.setRemoteDescription(sdp as RTCSessionDescriptionInit)
    if (type !== 'OFFER') return
    const toAlice = open(src, dst, connectionId)
    const toBob = open(dst, src, connectionId)
    toAlice.ondatachannel = ({ channel }) => join(channel, src, dst)
    join(toBob.createDataChannel('middle'), dst, src)
    await toBob.setLocalDescription()
    server?.say(dst, { type: 'OFFER', src, payload: { ...payload, sdp: toBob.localDescription?.toJSON() as object } })
    await toAlice.setRemoteDescription(sdp as RTCSessionDescriptionInit)
    await toAlice.setLocalDescription()
    server?.say(src, { type: 'ANSWER', src: dst, payload: { type: 'data', connectionId, sdp: toAlice.localDescription?.toJSON() } })
  }
  let busy = false
  const work = async (): Promise<void> => {
    if (busy) return
    busy = true
    for (let said = queue.shift(); said !== undefined; said = queue.shift()) await hear(said)
    busy = false
  }
  return {
    pass: (said: Said): null => {
      queue.push(said)
      void work()
      return null
    },
    use: (used: PagePeerServer) => {
      server = used
    },
    carried: () => carried,
  }
}

import { describe, expect, it } from 'vitest'
import { createSystemRandom, verifyEd25519 } from '../../../signaling/crypto.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import { headBytes } from '../../../src/domain/head.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { LINK_BACKLOG_BYTES } from '../../../src/link/credit-window.ts'
import { createOpenPeerLink } from '../../../src/link/secure-link.ts'
import type { Identity } from '../../../src/ports/identity.ts'
import type { LinkEnd, LinkFacts, LinkHandlers, PeerLink } from '../../../src/ports/peer-link.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import { DATA_PROTOCOL_VERSION, decodeFrame, encodeFrame, frameCodes, isPeerFrame, type Frame, type FrameOf, type FrameType, type PeerFrame } from '../../../src/protocol/frame.ts'
import { PACE_DEFAULTS } from '../../../src/transfer/pace.ts'
import { LINK_AUTH_MS, LINK_WINDOW_BYTES, MAX_CODE_BYTES, MAX_FRAME_BYTES, MAX_REASON_BYTES } from '../../../src/protocol/limits.ts'
import { linkFrames, transcriptBytes, type LinkRole, type LinkTranscript, type TranscriptSide } from '../../../src/protocol/link.ts'
import { checkInBytes } from '../../../src/protocol/signaling.ts'
import { toHex } from '../../../src/base/bytes.ts'
import { flipLast } from '../../support/mischief.ts'
import { createNodeKey, type NodeKey } from '../../support/node-key.ts'
import { createPipePair, settle } from '../../support/pipes.ts'
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts'

const random = createSystemRandom()

const identityWith = (key: NodeKey): Identity => ({
  publicKey: key.publicKey,
  signHead: async (head) => key.sign(headBytes(head)),
  signCheckIn: async (nonce, host) => key.sign(checkInBytes(toHex(nonce), host)),
  signLink: async (role, transcript) => key.sign(transcriptBytes(role, transcript)),
})

/** One honest end, and what it told its owner. */
interface Side {
  readonly key: NodeKey
  readonly link: PeerLink
  readonly proved: readonly PublicKey[]
  readonly frames: readonly PeerFrame[]
  readonly ends: readonly LinkEnd[]
}

interface SideOptions {
  readonly clock?: VirtualClock
  readonly take?: LinkHandlers['frame']
  /** A signature is judged when this has come. */
  readonly judging?: Promise<void>
}

const openSide = (
  pipe: Pipe,
  key: NodeKey,
  facts: LinkFacts,
  { clock = createVirtualClock(), take, judging = Promise.resolve() }: SideOptions = {},
  bulk: Pipe | null = null,
): Side => {
  const proved: PublicKey[] = []
  const frames: PeerFrame[] = []
  const ends: LinkEnd[] = []
  const verify = async (...judged: Parameters<typeof verifyEd25519>) => {
    await judging
    return verifyEd25519(...judged)
  }
  const open = createOpenPeerLink({ clock, random, identity: identityWith(key), verify })
  const handlers: LinkHandlers = {
    ready: (peer) => proved.push(peer),
    frame: (frame) => {
      frames.push(frame)
      return take?.(frame)
    },
    ended: (end) => ends.push(end),
  }
  const link = open(pipe, facts, handlers, bulk)
  return { key, link, proved, frames, ends }
}

const FINGERPRINTS: Readonly<Record<LinkRole, Bytes>> = { initiator: new Uint8Array(32).fill(1), responder: new Uint8Array(32).fill(2) }

const factsOf = (role: LinkRole, expected: PublicKey): LinkFacts => {
  const other = role === 'initiator' ? 'responder' : 'initiator'
  return { role, expected, localFingerprint: FINGERPRINTS[role], remoteFingerprint: FINGERPRINTS[other], via: 'rendezvous' }
}

/** A stranger who says what the test wants, frame by frame. Alice is the initiator. */
interface Stranger {
  readonly key: NodeKey
  readonly nonce: Bytes
  readonly heard: readonly Frame[]
  /** What Alice has said, or would have if the channel were still there. */
  readonly said: readonly string[]
  /** The channel has closed. */
  isOver(): boolean
  say(frame: Frame): void
  sayBytes(bytes: Bytes): void
  close(): void
  hello(publicKey?: PublicKey): void
  /** The transcript as an honest responder has it. */
  transcript(): LinkTranscript
  auth(signature: Bytes): void
  /** Hello and auth as they should be. */
  prove(): Promise<void>
}

const hearIt = <T extends FrameType>(heard: readonly Frame[], type: T): FrameOf<T> => {
  const found = heard.find((frame) => frame.type === type)
  if (found === undefined) throw new Error(`no ${type} was heard`)
  return found as FrameOf<T>
}

const meet = (options: SideOptions = {}): { readonly alice: Side; readonly stranger: Stranger } => {
  const [aliceKey, key] = [createNodeKey(), createNodeKey()]
  const [hers, his] = createPipePair()
  const said: string[] = []
  const listened: Pipe = {
    ...hers,
    send: (bytes) => {
      const frame = decodeFrame(bytes)
      said.push(frame.ok ? frame.value.type : frame.error.code)
      hers.send(bytes)
    },
  }
  let isOver = false
  his.onClose(() => {
    isOver = true
  })
  const alice = openSide(listened, aliceKey, factsOf('initiator', key.publicKey), options)
  const heard: Frame[] = []
  const nonce = random.bytes(32)
  his.onFrame((bytes) => {
    const frame = decodeFrame(bytes)
    if (!frame.ok) throw new Error(frame.error.message)
    heard.push(frame.value)
  })
  const say = (frame: Frame): void => his.send(encodeFrame(frame))
  const stranger: Stranger = {
    key,
    nonce,
    heard,
    said,
    isOver: () => isOver,
    say,
    sayBytes: (bytes) => his.send(bytes),
    close: () => his.close(),
    hello: (publicKey = key.publicKey) => say({ type: 'hello', request: 0, publicKey, nonce, bulk: false }),
    transcript: () => {
      const hello = hearIt(heard, 'hello')
      const initiator: TranscriptSide = { publicKey: hello.publicKey, nonce: hello.nonce, fingerprint: FINGERPRINTS.initiator }
      return { initiator, responder: { publicKey: key.publicKey, nonce, fingerprint: FINGERPRINTS.responder } }
    },
    auth: (signature) => say({ type: 'auth', request: 0, signature }),
    prove: async () => {
      await settle()
      stranger.hello()
      stranger.auth(key.sign(transcriptBytes('responder', stranger.transcript())))
      await settle()
    },
  }
  return { alice, stranger }
}

const STATUS: PeerFrame = { type: 'status-request', request: 1, stream: 'a'.repeat(64) as never }

const packet = (size: number): PeerFrame => ({ type: 'packet', request: 1, number: 0, page: 0, part: 0, parts: 1, bytes: new Uint8Array(size) })

/** Bytes that a packet of `size` takes on the wire beyond its payload. */
const PACKET_EXTRA = encodeFrame(packet(0)).length

/** A hello and an auth: each side has sent this much when the link is ready. */
const PROOF_BYTES =
  encodeFrame({ type: 'auth', request: 0, signature: new Uint8Array(64) }).length +
  encodeFrame({ type: 'hello', request: 0, publicKey: createNodeKey().publicKey, nonce: new Uint8Array(32), bulk: false }).length

/** Cut once, with this code, and the other end was told before the pipe closed. */
const expectCut = async ({ alice, stranger }: ReturnType<typeof meet>, code: string): Promise<void> => {
  await settle()
  expect(alice.ends).toEqual([{ code, message: expect.any(String) as string, cut: true }])
  expect(stranger.heard.at(-1)).toMatchObject({ type: 'bye', code })
  expect([stranger.said.at(-1), stranger.isOver()]).toEqual(['bye', true])
  expect(alice.frames).toEqual([])
  if (UNPROVED.has(code)) expect(alice.proved).toEqual([])
}

/** Whoever is cut for this has not been proved, nor is afterwards. */
const UNPROVED = new Set(['impostor', 'bad-transcript', 'unproven'])

describe('frames', () => {
  it('[L1] a frame of more than MAX_FRAME_BYTES is oversized, one of exactly as many is judged by what it says', async () => {
    const met = meet()
    met.stranger.sayBytes(new Uint8Array(MAX_FRAME_BYTES + 1))
    await expectCut(met, 'oversized')
    const other = meet()
    await other.stranger.prove()
    other.stranger.say(packet(MAX_FRAME_BYTES - PACKET_EXTRA - 4096))
    await settle()
    expect(other.alice.frames).toHaveLength(1)
  })

  it('[L1] a frame of another version is not guessed at', async () => {
    const met = meet()
    const bytes = encodeFrame(STATUS)
    bytes[0] = DATA_PROTOCOL_VERSION + 1
    met.stranger.sayBytes(bytes)
    await expectCut(met, 'other-version')
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['an unknown type', new Uint8Array([DATA_PROTOCOL_VERSION, 255, 0, 0, 0, 0])],
    ['a frame cut short', encodeFrame(STATUS).slice(0, -1)],
    ['a frame with bytes left over', new Uint8Array([...encodeFrame(STATUS), 0])],
  ])('[L1] %s is malformed', async (_, bytes) => {
    const met = meet()
    met.stranger.sayBytes(bytes)
    await expectCut(met, 'malformed')
  })

  it('[L2] what only a local port may say is forbidden, even to a peer that is proved', async () => {
    const met = meet()
    await met.stranger.prove()
    met.stranger.say({ type: 'watch', request: 1 })
    await expectCut(met, 'forbidden')
  })

  it('[L2] the numbers of the link’s frames are pinned', () => {
    const codes = frameCodes().filter(({ type }) => type in linkFrames)
    expect(Object.fromEntries(codes.map(({ type, code }) => [type, code]))).toEqual({ hello: 1, auth: 2, credit: 3, bye: 4 })
  })
})

describe('the proof', () => {
  it('[L3] [L5] two honest ends say hello at once, sign what both saw, and are ready for each other', async () => {
    const [a, b] = [createNodeKey(), createNodeKey()]
    const [left, right] = createPipePair()
    const alice = openSide(left, a, factsOf('initiator', b.publicKey))
    const bob = openSide(right, b, factsOf('responder', a.publicKey))
    await settle()
    expect([alice.proved, bob.proved]).toEqual([[b.publicKey], [a.publicKey]])
    alice.link.send(STATUS)
    bob.link.send({ ...STATUS, request: 2 })
    await settle()
    expect([alice.frames, bob.frames]).toEqual([[{ ...STATUS, request: 2 }], [STATUS]])
  })

  it('[L3] every link has a nonce of its own', async () => {
    const nonces = await Promise.all(
      [meet(), meet()].map(async ({ stranger }) => {
        await settle()
        return hearIt(stranger.heard, 'hello').nonce
      }),
    )
    expect(nonces[0]).not.toEqual(nonces[1])
  })

  it('[L4] another key than the one that was matched is an impostor', async () => {
    const met = meet()
    met.stranger.hello(createNodeKey().publicKey)
    await expectCut(met, 'impostor')
    expect(met.stranger.said).toEqual(['hello', 'bye'])
  })

  it('[L4] a node’s own key at the other end is an impostor, whoever was matched', async () => {
    const key = createNodeKey()
    const [hers, his] = createPipePair()
    const alice = openSide(hers, key, factsOf('initiator', key.publicKey))
    his.onFrame((bytes) => his.send(bytes))
    await settle()
    expect(alice.ends).toMatchObject([{ code: 'impostor', cut: true }])
  })

  it('[L5] a signature over another fingerprint is what a man in the middle would have', async () => {
    const met = meet()
    await settle()
    met.stranger.hello()
    const { initiator, responder } = met.stranger.transcript()
    const seen = { initiator, responder: { ...responder, fingerprint: flipLast(responder.fingerprint) } }
    met.stranger.auth(met.stranger.key.sign(transcriptBytes('responder', seen)))
    await expectCut(met, 'bad-transcript')
  })

  it.each(['publicKey', 'nonce', 'fingerprint'] as const)('[L5] every part is signed: another %s of either side fails', async (field) => {
    for (const role of ['initiator', 'responder'] as const) {
      const met = meet()
      await settle()
      met.stranger.hello()
      const transcript = met.stranger.transcript()
      const other = field === 'publicKey' ? { publicKey: createNodeKey().publicKey } : { [field]: random.bytes(32) }
      const seen = { ...transcript, [role]: { ...transcript[role], ...other } }
      met.stranger.auth(met.stranger.key.sign(transcriptBytes('responder', seen)))
      await expectCut(met, 'bad-transcript')
    }
  })

  it('[L5] the signature of someone else fails', async () => {
    const met = meet()
    await settle()
    met.stranger.hello()
    met.stranger.auth(createNodeKey().sign(transcriptBytes('responder', met.stranger.transcript())))
    await expectCut(met, 'bad-transcript')
  })

  it('[L6] the role is signed: neither a signature sent back nor one in the other’s role passes', async () => {
    const mirrored = meet()
    await settle()
    mirrored.stranger.hello()
    await settle()
    mirrored.stranger.auth(hearIt(mirrored.stranger.heard, 'auth').signature)
    await expectCut(mirrored, 'bad-transcript')
    const swapped = meet()
    await settle()
    swapped.stranger.hello()
    swapped.stranger.auth(swapped.stranger.key.sign(transcriptBytes('initiator', swapped.stranger.transcript())))
    await expectCut(swapped, 'bad-transcript')
  })

  it('[L7] a question before hello, and one before auth, is no question', async () => {
    const first = meet()
    first.stranger.say(STATUS)
    await expectCut(first, 'protocol')
    const second = meet()
    second.stranger.hello()
    second.stranger.say(STATUS)
    await expectCut(second, 'protocol')
  })

  it('[L7] an auth before hello, a second hello and a second auth end the link', async () => {
    const early = meet()
    early.stranger.auth(new Uint8Array(64))
    await expectCut(early, 'protocol')
    const twice = meet()
    twice.stranger.hello()
    twice.stranger.hello()
    await expectCut(twice, 'protocol')
    const late = meet()
    await late.stranger.prove()
    late.stranger.hello()
    await expectCut(late, 'protocol')
    const again = meet()
    await again.stranger.prove()
    again.stranger.auth(new Uint8Array(64))
    await expectCut(again, 'protocol')
  })

  it('[L8] nothing is said to an end that is not proved, whatever is to be sent', async () => {
    const { alice, stranger } = meet()
    alice.link.send(STATUS)
    stranger.hello()
    await settle()
    alice.link.send(STATUS)
    await settle()
    expect(stranger.heard.map(({ type }) => type)).toEqual(['hello', 'auth'])
    expect(alice.proved).toEqual([])
  })

  it('[L9] silence, or a hello and then silence, ends as unproven after LINK_AUTH_MS and not before', async () => {
    for (const saysHello of [false, true]) {
      const clock = createVirtualClock()
      const met = meet({ clock })
      if (saysHello) met.stranger.hello()
      await settle()
      clock.advance(LINK_AUTH_MS - 1)
      expect(met.alice.ends).toEqual([])
      clock.advance(1)
      await expectCut(met, 'unproven')
    }
  })

  it('[L16] an end that comes while the proof is being judged is the end, and leaves no timer', async () => {
    const waiting = new Set<() => void>()
    const virtual = createVirtualClock()
    const clock: VirtualClock = {
      ...virtual,
      after: (delayMs, run) => {
        waiting.add(run)
        const cancel = virtual.after(delayMs, run)
        return () => {
          waiting.delete(run)
          cancel()
        }
      },
    }
    let judge = (): void => undefined
    const judging = new Promise<void>((resolve) => {
      judge = resolve
    })
    const { alice, stranger } = meet({ clock, judging })
    await stranger.prove()
    expect(waiting.size).toBe(1)
    stranger.say({ type: 'bye', request: 0, code: 'busy', message: '' })
    await settle()
    judge()
    await settle()
    expect([alice.proved, alice.ends.length, waiting.size]).toEqual([[], 1, 0])
  })

  it('[L9] a link that is proved has no deadline', async () => {
    const clock = createVirtualClock()
    const { alice, stranger } = meet({ clock })
    await stranger.prove()
    clock.advance(100 * LINK_AUTH_MS)
    await settle()
    expect(alice.ends).toEqual([])
  })
})

describe('credit', () => {
  it('[L10] frames are handed over one at a time, in order, each when the one before is settled', async () => {
    const unsettled: (() => void)[] = []
    const { alice, stranger } = meet({ take: () => new Promise((resolve) => unsettled.push(resolve)) })
    await stranger.prove()
    for (const request of [1, 2, 3]) stranger.say({ ...STATUS, request })
    for (const expected of [1, 2, 3]) {
      await settle()
      expect(alice.frames.map(({ request }) => request)).toEqual([1, 2, 3].slice(0, expected))
      unsettled.shift()?.()
    }
  })

  it('[L10] a frame is in hand until it is settled, whatever comes behind it', async () => {
    const clock = createVirtualClock()
    const unsettled: (() => void)[] = []
    const { alice, stranger } = meet({ clock, take: () => new Promise((resolve) => unsettled.push(resolve)) })
    await stranger.prove()
    clock.advance(5_000)
    expect(alice.link.inHandMs()).toBe(0)
    const seen: number[] = []
    for (const request of [1, 2]) stranger.say({ ...STATUS, request })
    for (let frame = 0; frame < 2; frame++) {
      await settle()
      for (let turn = 0; turn < 2; turn++) {
        clock.advance(5_000)
        seen.push(alice.link.inHandMs())
      }
      unsettled.shift()?.()
    }
    await settle()
    expect([...seen, alice.link.inHandMs()]).toEqual([5_000, 10_000, 5_000, 10_000, 0])
  })

  it('[L11] [L12] 10 MB pass, and never more than LINK_WINDOW_BYTES of them are sent and not consumed', async () => {
    const [a, b] = [createNodeKey(), createNodeKey()]
    const [left, right] = createPipePair()
    let [sent, consumed, most] = [0, 0, 0]
    const counted: Pipe = {
      ...left,
      send: (bytes) => {
        const frame = decodeFrame(bytes)
        if (frame.ok && frame.value.type === 'packet') sent += bytes.length
        most = Math.max(most, sent - consumed)
        left.send(bytes)
      },
    }
    const unsettled: (() => void)[] = []
    const take = (frame: PeerFrame): Promise<void> =>
      new Promise((resolve) => {
        unsettled.push(() => {
          consumed += encodeFrame(frame).length
          resolve()
        })
      })
    const alice = openSide(counted, a, factsOf('initiator', b.publicKey))
    const bob = openSide(right, b, factsOf('responder', a.publicKey), { take })
    await settle()
    const packets = Math.ceil(10_000_000 / 60_000)
    const sendOn = (left: number): void => {
      if (left === 0) return
      alice.link.send(packet(60_000))
      alice.link.whenRoom(() => sendOn(left - 1))
    }
    sendOn(packets)
    await settle()
    expect(consumed).toBe(0)
    while (unsettled.length > 0) {
      unsettled.shift()?.()
      await settle()
    }
    expect(bob.frames).toHaveLength(packets)
    expect(consumed).toBe(packets * (60_000 + PACKET_EXTRA))
    expect(most).toBeLessThanOrEqual(LINK_WINDOW_BYTES)
    expect(most).toBeGreaterThan(LINK_WINDOW_BYTES - MAX_FRAME_BYTES - 1_000)
    expect([alice.ends, bob.ends]).toEqual([[], []])
  })

  it('[L12] credit is the count of everything consumed, told whenever CREDIT_EVERY_BYTES are new', async () => {
    const { stranger } = meet()
    await stranger.prove()
    for (let i = 0; i < 9; i++) {
      stranger.say(packet(60_000))
      await settle()
    }
    const told = stranger.heard.flatMap((frame) => (frame.type === 'credit' ? [frame.consumed] : []))
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((count) => PROOF_BYTES + count * (60_000 + PACKET_EXTRA)))
  })

  it('[L38] packets, credit and `complete` may wait for others to share a message with; what somebody waits for may not', async () => {
    const [aliceKey, bobKey] = [createNodeKey(), createNodeKey()]
    const [hers, his] = createPipePair()
    const waiting: FrameType[] = []
    const prompt: FrameType[] = []
    const noted: Pipe = {
      ...hers,
      send: (bytes, mayWait) => {
        const frame = decodeFrame(bytes)
        if (frame.ok) (mayWait === true ? waiting : prompt).push(frame.value.type)
        hers.send(bytes, mayWait)
      },
    }
    const alice = openSide(noted, aliceKey, factsOf('initiator', bobKey.publicKey))
    const bob = openSide(his, bobKey, factsOf('responder', aliceKey.publicKey))
    await settle()
    bob.link.send(packet(60_000))
    for (const frame of [packet(10), { type: 'complete', request: 1 }, { type: 'completed', request: 1, packets: 1 }, { type: 'missing', request: 1, numbers: [0] }] as const)
      alice.link.send(frame)
    await settle()
    expect([waiting.sort(), prompt.sort()]).toEqual([['complete', 'credit', 'packet'], ['auth', 'completed', 'hello', 'missing']])
  })

  it('[L13] a sender may fill its window to the last byte; one frame more is a flood', async () => {
    const { alice, stranger } = meet({ take: () => new Promise(() => undefined) })
    await stranger.prove()
    let left = LINK_WINDOW_BYTES - PROOF_BYTES
    for (; left > 60_000 + PACKET_EXTRA; left -= 60_000 + PACKET_EXTRA) stranger.say(packet(60_000))
    stranger.say(packet(left - PACKET_EXTRA))
    await settle()
    expect(alice.ends).toEqual([])
    stranger.say({ type: 'complete', request: 1 })
    await settle()
    expect(alice.ends).toMatchObject([{ code: 'flood', cut: true }])
    expect(alice.frames).toHaveLength(1)
  })

  it('[L14] credit for what was never sent, or less than before, is a lie', async () => {
    const beyond = meet()
    await beyond.stranger.prove()
    beyond.stranger.say({ type: 'credit', request: 0, consumed: PROOF_BYTES + 1 })
    await expectCut(beyond, 'flood')
    const backwards = meet()
    await backwards.stranger.prove()
    backwards.stranger.say({ type: 'credit', request: 0, consumed: PROOF_BYTES })
    backwards.stranger.say({ type: 'credit', request: 0, consumed: PROOF_BYTES - 1 })
    await expectCut(backwards, 'flood')
  })

  it('[L23] a clock that is set back is no delay', async () => {
    const clock = createVirtualClock()
    const { alice, stranger } = meet({ clock })
    await stranger.prove()
    alice.link.send(STATUS)
    await settle()
    clock.step(-86_400_000)
    stranger.say({ type: 'credit', request: 0, consumed: alice.link.traffic().bytesOut })
    await settle()
    expect(alice.link.traffic().rttMs).toBe(0)
  })

  it('[L15] a peer that asks on and on and takes nothing is deaf', async () => {
    const met = meet()
    await met.stranger.prove()
    const send = (): void => met.alice.link.send(packet(60_000 - PACKET_EXTRA))
    const underWay = Math.floor((PACE_DEFAULTS.floorBytes - PROOF_BYTES) / 60_000)
    const waiting = Math.floor(LINK_BACKLOG_BYTES / 60_000)
    for (let i = 0; i < underWay + waiting; i++) send()
    await settle()
    expect(met.alice.ends).toEqual([])
    send()
    await expectCut(met, 'deaf')
    expect(met.stranger.heard.filter(({ type }) => type === 'packet')).toHaveLength(underWay)
  })
})

describe('the end', () => {
  it('[L16] a bye gives the reason, is nobody’s fault, and ends the other side with the same code', async () => {
    const { alice, stranger } = meet()
    await stranger.prove()
    stranger.say({ type: 'bye', request: 0, code: 'going', message: 'The tab closes.' })
    await settle()
    expect(alice.ends).toEqual([{ code: 'going', message: 'The peer closed: The tab closes.', cut: false }])
  })

  it('[L16] whoever ends a link says so once; what comes or is sent later is nobody’s', async () => {
    const { alice, stranger } = meet()
    await stranger.prove()
    const end = { code: 'going', message: 'ä'.repeat(MAX_REASON_BYTES), cut: false }
    alice.link.end(end)
    alice.link.end({ ...end, code: 'again' })
    alice.link.send(STATUS)
    stranger.say(STATUS)
    await settle()
    expect(alice.ends).toEqual([end])
    expect(stranger.heard.filter(({ type }) => type === 'bye')).toEqual([
      { type: 'bye', request: 0, code: 'going', message: 'ä'.repeat(MAX_REASON_BYTES / 2) },
    ])
    expect(stranger.heard.at(-1)?.type).toBe('bye')
    expect(alice.frames).toEqual([])
  })

  it('[L16] a reason too long for its field is malformed', async () => {
    const met = meet()
    const long = encodeFrame({ type: 'bye', request: 0, code: 'x'.repeat(MAX_CODE_BYTES), message: '' })
    long[9] = MAX_CODE_BYTES + 1
    met.stranger.sayBytes(long)
    await expectCut(met, 'malformed')
  })

  it('[L17] a channel that closes without a word ends the link without blame', async () => {
    const { alice, stranger } = meet()
    await stranger.prove()
    stranger.close()
    await settle()
    expect(alice.ends).toMatchObject([{ code: 'channel-closed', cut: false }])
  })

  it('[L17] what breaks on this side ends the link without blame', async () => {
    const { alice, stranger } = meet({ take: () => Promise.reject(new Error('no disk')) })
    await stranger.prove()
    stranger.say(STATUS)
    await settle()
    expect(alice.ends).toMatchObject([{ code: 'internal', cut: false }])
  })

  describe('the second channel', () => {
    const linkBoth = (bulks: { readonly alice: boolean; readonly bob: boolean }) => {
      const [a, b] = [createNodeKey(), createNodeKey()]
      const [left, right] = createPipePair()
      const [leftBulk, rightBulk] = createPipePair()
      const overBulk: PeerFrame['type'][] = []
      const counted: Pipe = {
        ...leftBulk,
        send: (bytes) => {
          const frame = decodeFrame(bytes)
          if (frame.ok && isPeerFrame(frame.value)) overBulk.push(frame.value.type)
          leftBulk.send(bytes)
        },
      }
      const alice = openSide(left, a, factsOf('initiator', b.publicKey), {}, bulks.alice ? counted : null)
      const bob = openSide(right, b, factsOf('responder', a.publicKey), {}, bulks.bob ? rightBulk : null)
      return { alice, bob, overBulk, closeBulk: () => rightBulk.close() }
    }

    it('[L22] carries everything after the proof when both have one', async () => {
      const { alice, bob, overBulk } = linkBoth({ alice: true, bob: true })
      await settle()
      alice.link.send(packet(1_000))
      await settle()
      expect(overBulk).toEqual(['packet'])
      expect(bob.frames).toHaveLength(1)
    })

    it.each([
      { alice: true, bob: false },
      { alice: false, bob: true },
    ])('[L22] is left alone when one side has none: $alice, $bob', async (bulks) => {
      const { alice, bob, overBulk } = linkBoth(bulks)
      await settle()
      alice.link.send(packet(1_000))
      await settle()
      expect(overBulk).toEqual([])
      expect(bob.frames).toHaveLength(1)
    })

    it('[L22] ends the link also when it has ended before the link began', async () => {
      const [left, right] = createPipePair()
      const gone: Pipe = { ...right, onClose: (handle) => handle() }
      const alice = openSide(left, createNodeKey(), factsOf('initiator', createNodeKey().publicKey), {}, gone)
      await settle()
      expect(alice.ends).toMatchObject([{ code: 'channel-closed', cut: false }])
    })

    it('[L22] ends the link when it ends', async () => {
      const { alice, bob, closeBulk } = linkBoth({ alice: true, bob: true })
      await settle()
      closeBulk()
      await settle()
      expect(alice.ends).toMatchObject([{ code: 'channel-closed' }])
      expect(bob.ends).toHaveLength(1)
    })
  })
})

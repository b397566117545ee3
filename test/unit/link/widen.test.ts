import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { createOpenPeerLink } from '../../../src/link/secure-link.ts'
import type { LinkFacts, LinkHandlers, PeerLink } from '../../../src/ports/peer-link.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import { identityWith, verify } from '../../support/data-node.ts'
import { createNodeKey } from '../../support/node-key.ts'
import { createPipePair, settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const KIB = 1024

/** Alice's end of a proved link, over which she sends for ten seconds; answers how often she asked for another connection. */
const sendFor10s = async (given: { readonly queuedKiB?: number; readonly beside?: boolean; readonly hasBulk?: boolean; readonly isSlow?: boolean; readonly isSetBack?: boolean }): Promise<number> => {
  const { queuedKiB, beside = false, hasBulk = true, isSlow = false, isSetBack = false } = given
  const clock = createVirtualClock()
  const keys = [createNodeKey(), createNodeKey()] as const
  const [near, far] = createPipePair()
  const [nearBulk, farBulk] = createPipePair()
  let asked = 0
  let inChannel = 0
  const open = (side: 0 | 1, pipe: Pipe, bulk: Pipe | null): PeerLink => {
    const random = createSeededRandom(side + 1)
    const facts: LinkFacts = {
      role: side === 0 ? 'initiator' : 'responder',
      expected: keys[side === 0 ? 1 : 0].publicKey,
      localFingerprint: new Uint8Array(32).fill(side),
      remoteFingerprint: new Uint8Array(32).fill(1 - side),
      via: 'rendezvous',
      beside,
    }
    const read = (): Promise<void> | undefined => (isSlow ? new Promise((resolve) => clock.after(400, resolve)) : undefined)
    const handlers: LinkHandlers = { ready: () => undefined, frame: read, ended: () => undefined }
    return createOpenPeerLink({ clock, random, identity: identityWith(keys[side]), verify })(pipe, facts, handlers, bulk)
  }
  // What the other side has got has left the channel, unless it is said what stays in it.
  const countedNear: Pipe = {
    ...nearBulk,
    send: (frame) => {
      inChannel += frame.length
      nearBulk.send(frame)
    },
    queued: () => (queuedKiB === undefined ? inChannel : queuedKiB * KIB),
  }
  const countedFar: Pipe = {
    ...farBulk,
    onFrame: (handle) => {
      farBulk.onFrame((frame) => {
        inChannel -= frame.length
        handle(frame)
      })
    },
  }
  const alice = open(0, { ...near, widen: () => void (asked += 1) }, hasBulk ? countedNear : null)
  open(1, far, hasBulk ? countedFar : null)
  await settle()
  for (let turn = 0; turn < 20; turn++) {
    clock.advance(500)
    if (isSetBack && turn === 1) clock.step(-86_400_000)
    for (let packet = 0; packet < (isSlow ? 2 : 1); packet++)
      alice.send({ type: 'packet', request: 1, number: packet, page: 0, part: 0, parts: 1, bytes: new Uint8Array(40 * KIB) })
    await settle()
  }
  return asked
}

describe('[L37] a link asks for another connection', () => {
  it('when what it sends waits in the channel', async () => {
    expect(await sendFor10s({ queuedKiB: 50 })).toBe(2)
  })

  it('though the clock is set back by a day meanwhile', async () => {
    expect(await sendFor10s({ queuedKiB: 50, isSetBack: true })).toBe(2)
  })

  it('not when the channel takes what it gets, not beside another, not where nobody can tell what waits', async () => {
    expect(await sendFor10s({ queuedKiB: 10 })).toBe(0)
    expect(await sendFor10s({ queuedKiB: 50, beside: true })).toBe(0)
    expect(await sendFor10s({ queuedKiB: 50, hasBulk: false })).toBe(0)
  })

  it('not for what it has just given a channel that took all before: the reader is slow', async () => {
    expect(await sendFor10s({ isSlow: true })).toBe(0)
  })
})

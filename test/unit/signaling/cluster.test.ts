import { describe, expect, it } from 'vitest'
import type { Bus } from '../../../signaling/bus/bus.ts'
import { createMemoryHub, type MemoryHub } from '../../../signaling/bus/memory.ts'
import { createCluster, type Cluster } from '../../../signaling/cluster/cluster.ts'
import { BEAT_MS, CALL_MS, SERVER_LOST_MS } from '../../../signaling/limits.ts'
import { createLog } from '../../../signaling/log.ts'
import type { Outgoing } from '../../../signaling/outgoing.ts'
import { createMemoryKeys } from '../../../signaling/rendezvous-keys/memory.ts'
import type { RendezvousKeys } from '../../../signaling/rendezvous-keys/rendezvous-keys.ts'
import { createRendezvous, type Rendezvous } from '../../../signaling/rendezvous.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { MAX_RENDEZVOUS_PER_CALLER, RENDEZVOUS_MS } from '../../../src/protocol/limits.ts'
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts'

const log = createLog('silent', false, { write: () => undefined })
const [ann, ben] = ['a', 'b'].map((digit) => digit.repeat(64) as PublicKey) as [PublicKey, PublicKey]
const keyNo = (number: number): string => number.toString(16).padStart(64, '0')

interface Server {
  readonly cluster: Cluster
  readonly rendezvous: Rendezvous
  readonly here: Map<PublicKey, number>
  hearHeldBack(): void
  call(node: PublicKey, key: string): Promise<string>
  checkIn(node: PublicKey): void
}

interface Options {
  readonly aheadMs?: number
  /** Words that this server hears only when it is told to, or never. */
  readonly isHeldBack?: (text: string) => boolean
}

/** What was asked of the book has been answered. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

interface Rig {
  readonly clock: VirtualClock
  readonly claims: string[]
  server(digit: string, options?: Options): Server
}

const createRig = (): Rig => {
  const clock = createVirtualClock()
  const hub = createMemoryHub()
  const book = createMemoryKeys({ clock })
  const claims: string[] = []
  const keys: RendezvousKeys = {
    claim: (key, caller, isThere) => {
      claims.push(key)
      return book.claim(key, caller, isThere)
    },
    release: book.release,
  }
  return { clock, claims, server: (digit, options) => createServer(digit.repeat(16), { clock, hub, keys }, options) }
}

const createServer = (
  name: string,
  { clock, hub, keys }: { readonly clock: VirtualClock; readonly hub: MemoryHub; readonly keys: RendezvousKeys },
  { aheadMs = 0, isHeldBack = () => false }: Options = {},
): Server => {
  const inner = hub.join()
  const heldBack: (() => void)[] = []
  const bus: Bus = {
    ...inner,
    listen: (subject, heard) =>
      inner.listen(subject, (text) => {
        if (isHeldBack(text)) heldBack.push(() => { heard(text) })
        else heard(text)
      }),
  }
  const now = (): number => clock.now() + aheadMs
  const cluster = createCluster({ name, bus, keys, clock: { ...clock, now }, log })
  const rendezvous = createRendezvous()
  const here = new Map<PublicKey, number>()
  const deliver = (said: readonly Outgoing[]): void => {
    for (const { to, message } of said) {
      cluster.tell(to.filter((node) => !here.has(node)), message)
    }
  }
  cluster.start({
    deliver,
    row: () => undefined,
    replaced: (node) => {
      here.delete(node)
      cluster.went(node)
    },
    since: (node) => here.get(node) ?? null,
    held: rendezvous.held,
    present: () => [...here].map(([node, at]) => ({ node, at, streams: [] })),
    moved: () => undefined,
    topicChanged: () => undefined,
    call: (node, key) => rendezvous.call(node, key, now()),
    signal: (node, key, signal) => { deliver(rendezvous.signal(node, key, signal, now())) },
    leave: (node, key) => { rendezvous.leave(node, key, now()) },
    abandon: (node, key) => { deliver(rendezvous.abandon(node, key, now())) },
    gone: (node) => { deliver(rendezvous.gone(node, now())) },
  })
  return {
    cluster,
    rendezvous,
    here,
    hearHeldBack: () => {
      for (const hear of heldBack.splice(0)) hear()
    },
    call: async (node, key) => {
      const called = await cluster.call(node, key, () => rendezvous.call(node, key, now()))
      return called.ok ? 'done' : called.error.code
    },
    checkIn: (node) => {
      const at = Math.max(now(), (cluster.cameAt(node) ?? 0) + 1)
      here.set(node, at)
      cluster.came(node, at)
    },
  }
}

describe('a server among others', () => {
  it('[S82] a node that calls for more keys than it may hold is refused before the book is asked', async () => {
    const { server, claims } = createRig()
    const east = server('e')
    east.checkIn(ann)
    const many = Array.from({ length: MAX_RENDEZVOUS_PER_CALLER + 20 }, (_, index) => east.call(ann, keyNo(index)))
    const answers = await Promise.all(many)
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(MAX_RENDEZVOUS_PER_CALLER)
    expect(claims).toHaveLength(MAX_RENDEZVOUS_PER_CALLER)
    expect(await east.call(ann, keyNo(99))).toBe('too-many-rendezvous')
    expect(claims).toHaveLength(MAX_RENDEZVOUS_PER_CALLER)
    east.rendezvous.leave(ann, keyNo(0), 0)
    expect(await east.call(ann, keyNo(99))).toBe('done')
  })

  it('[S82] what a node holds at another server counts too, until it has left it or is gone', async () => {
    const { server, claims } = createRig()
    const [east, west] = [server('e'), server('f')]
    east.checkIn(ann)
    west.checkIn(ben)
    for (let number = 0; number < MAX_RENDEZVOUS_PER_CALLER; number++) {
      expect(await east.call(ann, keyNo(number))).toBe('done')
      expect(await west.call(ben, keyNo(number))).toBe('done')
    }
    const asked = claims.length
    expect(await west.call(ben, keyNo(99))).toBe('too-many-rendezvous')
    expect(claims).toHaveLength(asked)
    expect(west.cluster.leave(ben, keyNo(0))).toBe(true)
    expect(await west.call(ben, keyNo(99))).toBe('done')
    west.cluster.went(ben)
    for (let number = 1; number < MAX_RENDEZVOUS_PER_CALLER; number++) expect(west.cluster.signal(ben, keyNo(number), 'x')).toBe(false)
  })

  it('[S82] a home that answers too late keeps no place for a caller that was refused', async () => {
    const { clock, server } = createRig()
    const east = server('e', { isHeldBack: (text) => /"kind":"(call|abandon)"/.test(text) })
    const west = server('f')
    east.checkIn(ann)
    west.checkIn(ben)
    expect(await east.call(ann, keyNo(1))).toBe('done')
    const called = west.call(ben, keyNo(1))
    await settled()
    clock.advance(CALL_MS)
    expect(await called).toBe('not-kept')
    east.hearHeldBack()
    expect(east.rendezvous.held(ben)).toBe(0)
    // She need not wait for somebody who was told that it is not to be.
    expect(east.rendezvous.held(ann)).toBe(0)
    expect(west.cluster.signal(ben, keyNo(1), 'x')).toBe(false)
  })

  it('[S82] a guest whose end nobody told is forgotten when its rendezvous must be over', async () => {
    const { clock, server } = createRig()
    const east = server('e')
    const west = server('f', { isHeldBack: (text) => text.includes('"dropped"') })
    east.checkIn(ann)
    west.checkIn(ben)
    clock.advance(1_000)
    await east.call(ann, keyNo(1))
    expect(await west.call(ben, keyNo(1))).toBe('done')
    expect(west.cluster.signal(ben, keyNo(1), 'x')).toBe(true)
    clock.advance(RENDEZVOUS_MS)
    expect(west.cluster.signal(ben, keyNo(1), 'x')).toBe(true)
    clock.advance(2 * RENDEZVOUS_MS)
    expect(west.cluster.signal(ben, keyNo(1), 'x')).toBe(false)
  })

  it('[S80] a server that was held up itself does not take the others for gone', () => {
    const { clock, server } = createRig()
    let isDeaf = false
    const west = server('1')
    const east = server('2', { isHeldBack: () => isDeaf })
    west.checkIn(ann)
    clock.advance(BEAT_MS)
    isDeaf = true
    clock.step(SERVER_LOST_MS + BEAT_MS)
    clock.advance(BEAT_MS)
    expect(east.cluster.has(ann)).toBe(true)
    isDeaf = false
    east.hearHeldBack()
    clock.advance(BEAT_MS)
    expect(east.cluster.has(ann)).toBe(true)
    isDeaf = true
    clock.advance(SERVER_LOST_MS + 2 * BEAT_MS)
    expect(east.cluster.has(ann)).toBe(false)
  })

  it('[S83] the newest connection of a node counts everywhere, also when the clock of its server is behind', () => {
    const { clock, server } = createRig()
    const [east, west, north] = [server('e', { aheadMs: 2_000 }), server('f'), server('d')]
    clock.advance(1_000)
    east.checkIn(ann)
    clock.advance(100)
    west.checkIn(ann)
    expect([...east.here.keys()]).toEqual([])
    expect([...west.here.keys()]).toEqual([ann])
    expect(north.cluster.has(ann)).toBe(true)
  })
})

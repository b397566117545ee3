import { Kvm } from '@nats-io/kv'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLog } from '../../signaling/log.ts'
import { createMemoryKeys } from '../../signaling/rendezvous-keys/memory.ts'
import { createNatsKeys } from '../../signaling/rendezvous-keys/nats.ts'
import type { RendezvousKeys } from '../../signaling/rendezvous-keys/rendezvous-keys.ts'
import type { PublicKey } from '../../src/domain/stream.ts'
import { RENDEZVOUS_MS } from '../../src/protocol/limits.ts'
import { startNats, type NatsServers } from '../support/nats.ts'
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts'

const log = createLog('silent', false, { write: () => undefined })
let nats: NatsServers
const connections: NatsConnection[] = []
let buckets = 0
let clock: VirtualClock
beforeAll(async () => {
  nats = await startNats()
})
beforeEach(() => {
  clock = createVirtualClock()
})
afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close()
})
afterAll(() => nats.close())

/** The same book as two servers see it. */
const memory = (): Promise<readonly [RendezvousKeys, RendezvousKeys]> => {
  const keys = createMemoryKeys({ clock })
  return Promise.resolve([keys, keys])
}
const overNats = async (): Promise<readonly [RendezvousKeys, RendezvousKeys]> => {
  const bucket = `k${++buckets}`
  const open = async (): Promise<RendezvousKeys> => {
    const connection = await connect({ servers: [...nats.urls] })
    connections.push(connection)
    return createNatsKeys(await new Kvm(connection).create(bucket), { clock, log })
  }
  return [await open(), await open()]
}

const [east, west] = ['e'.repeat(16), 'f'.repeat(16)]
const [alice, bob, carol] = ['a', 'b', 'c'].map((digit) => digit.repeat(64) as PublicKey) as [PublicKey, PublicKey, PublicKey]
const KEY = '7'.repeat(64)
const all = (): boolean => true

describe.each([
  ['memory', memory],
  ['NATS', overNats],
])('a book of rendezvous keys: %s', (_, open) => {
  let here: RendezvousKeys
  let there: RendezvousKeys
  beforeEach(async () => {
    ;[here, there] = await open()
  })

  it('the first caller’s server is home to both', async () => {
    expect(await here.claim(KEY, { node: alice, server: east }, all)).toEqual({ ok: true, value: { home: east } })
    expect(await there.claim(KEY, { node: bob, server: west }, all)).toEqual({ ok: true, value: { home: east } })
  })

  it('of many who come at once, through two servers, two are let in and the rest refused', async () => {
    const nodes = Array.from({ length: 12 }, (_, index) => index.toString(16).repeat(64).slice(0, 64) as PublicKey)
    const claims = await Promise.all(nodes.map((node, index) => (index % 2 === 0 ? here : there).claim(KEY, { node, server: index % 2 === 0 ? east : west }, all)))
    expect(claims.filter(({ ok }) => ok)).toHaveLength(2)
    expect(new Set(claims.flatMap((claim) => (claim.ok ? [claim.value.home] : []))).size).toBe(1)
    for (const claim of claims) if (!claim.ok) expect(['taken', 'not-kept']).toContain(claim.error.code)
  })

  it('a third caller is refused, and so is who comes twice', async () => {
    await here.claim(KEY, { node: alice, server: east }, all)
    expect(await there.claim(KEY, { node: alice, server: west }, all)).toMatchObject({ error: { code: 'same-node' } })
    await there.claim(KEY, { node: bob, server: west }, all)
    expect(await there.claim(KEY, { node: carol, server: west }, all)).toMatchObject({ error: { code: 'taken' } })
    expect(await here.claim(KEY, { node: bob, server: east }, all)).toMatchObject({ error: { code: 'same-node' } })
  })

  it('a key serves once', async () => {
    await here.claim(KEY, { node: alice, server: east }, all)
    await there.claim(KEY, { node: bob, server: west }, all)
    clock.advance(RENDEZVOUS_MS + 1)
    expect(await here.claim(KEY, { node: carol, server: east }, all)).toMatchObject({ error: { code: 'used' } })
  })

  it('who gave up, waited too long, or was at a server that is gone, waits no more', async () => {
    await here.claim(KEY, { node: alice, server: east }, all)
    await here.release(KEY, east)
    expect(await there.claim(KEY, { node: bob, server: west }, all)).toEqual({ ok: true, value: { home: west } })
    clock.advance(RENDEZVOUS_MS + 1)
    expect(await here.claim(KEY, { node: carol, server: east }, all)).toEqual({ ok: true, value: { home: east } })
    expect(await there.claim(KEY, { node: bob, server: west }, (server) => server === west)).toEqual({ ok: true, value: { home: west } })
  })

  it('nobody releases what is matched, or another server’s', async () => {
    await here.claim(KEY, { node: alice, server: east }, all)
    await there.release(KEY, west)
    expect(await there.claim(KEY, { node: bob, server: west }, all)).toEqual({ ok: true, value: { home: east } })
    await here.release(KEY, east)
    expect(await there.claim(KEY, { node: carol, server: west }, all)).toMatchObject({ error: { code: 'taken' } })
  })
})

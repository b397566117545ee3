import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { failureOf } from '../../../src/base/result.ts'
import { createBans, DISCONNECTED_MS, readBans, type Ban } from '../../../src/neuron/bans.ts'
import { MAX_BANNED_PEERS } from '../../../src/protocol/limits.ts'
import { rememberBans } from '../../../src/runtime/page/remembered-bans.ts'
import { publish } from '../../support/data-node.ts'
import { createRows } from '../../support/history.ts'
import { idOf, identityOf } from '../../support/node-key.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'
import { key, numbered, SELF } from '../swarm/bench.ts'
import { createSmallNetwork, linksFor, type SmallNode } from './small-network.ts'

const codeOf = (call: Promise<unknown>): Promise<string> => call.then(() => 'done', (thrown: unknown) => failureOf(thrown).code)

/** What is asked of bans, and one line for all that they do. */
const begin = (kept: readonly Ban[] = []) => {
  const lines: string[] = []
  const bans = createBans({
    clock: createVirtualClock(),
    log: ({ message }) => void lines.push(`log: ${message}`),
    self: SELF,
    kept,
    refuse: (peer, forMs) => void lines.push(`refuse ${peer.slice(-1)} ${forMs ?? 'for good'}`),
    admit: (peer) => void lines.push(`admit ${peer.slice(-1)}`),
    changed: () => undefined,
  })
  return { bans, take: () => lines.splice(0) }
}

describe('a person bans a peer', () => {
  it('[W23] it is refused and the log tells it; banned once more nothing happens; lifted it is admitted', async () => {
    const { bans, take } = begin()
    expect(await bans.commands.banPeer(key('bob'))).toMatchObject([{ id: key('bob') }])
    expect(take()).toEqual(['refuse 2 for good', 'log: banned on this node: no link with it from now on, in either direction'])
    expect(await bans.commands.banPeer(key('bob'))).toHaveLength(1)
    expect(take()).toEqual([])
    expect(await bans.commands.liftBan(key('bob'))).toEqual([])
    expect(take()).toEqual(['admit 2', 'log: its ban was lifted on this node'])
    expect(await bans.commands.liftBan(key('bob'))).toEqual([])
    expect(take()).toEqual([])
  })

  it('[W23] disconnected, it is refused for five minutes, and is on no list', async () => {
    const { bans, take } = begin()
    await bans.commands.disconnectPeer(key('bob'))
    expect(take()).toEqual([`refuse 2 ${DISCONNECTED_MS}`, 'log: disconnected on this node: no link with it for 5 minutes'])
    expect([DISCONNECTED_MS, bans.all]).toEqual([300_000, []])
  })

  it('[W23] what is no peer is judged here, whoever asks: another tab, or the console', async () => {
    const { bans, take } = begin()
    for (const id of ['', 'x'.repeat(64), SELF.toUpperCase(), SELF, 7 as never])
      for (const command of ['disconnectPeer', 'banPeer'] as const) expect(await codeOf(bans.commands[command](id))).toBe('no-peer')
    expect(take()).toEqual([])
  })

  it('[W26] 200 at most: one more is refused in words, and none of the others is forgotten for it', async () => {
    const { bans } = begin(Array.from({ length: MAX_BANNED_PEERS }, (_, i) => ({ id: numbered(i), since: '2026-01-01T00:00:00Z' })))
    expect(await codeOf(bans.commands.banPeer(key('bob')))).toBe('too-many-bans')
    expect(bans.all).toHaveLength(MAX_BANNED_PEERS)
    await bans.commands.liftBan(numbered(0))
    expect(await codeOf(bans.commands.banPeer(key('bob')))).toBe('done')
  })
})

describe('[W27] bans over a reload', () => {
  const createStorage = (most = Infinity): Storage => {
    const kept = new Map<string, string>()
    const setItem = (name: string, text: string): void => {
      if (text.length > most) throw new DOMException('full', 'QuotaExceededError')
      kept.set(name, text)
    }
    return { getItem: (name: string) => kept.get(name) ?? null, setItem } as unknown as Storage
  }

  it('are kept, of each profile its own, and are in force again', async () => {
    const storage = createStorage()
    const { bans } = begin()
    const commands = rememberBans('p', storage).remembering(bans.commands)
    for (const name of ['bob', 'carol'] as const) await commands.banPeer(key(name))
    await commands.liftBan(key('carol'))
    expect(readBans(rememberBans('p', storage).kept)).toEqual({ ok: true, value: bans.all })
    expect(readBans(rememberBans('q', storage).kept)).toEqual({ ok: true, value: [] })
  })

  it('what cannot be kept is told, and in force until then', async () => {
    const { bans } = begin()
    const commands = rememberBans('p', createStorage(0)).remembering(bans.commands)
    expect(await codeOf(commands.banPeer(key('bob')))).toBe('not-kept')
    expect(bans.all).toHaveLength(1)
  })

  it('what is no list of bans is none: of another form, too long, or of no time', () => {
    const one = { id: key('bob'), since: '2026-01-01T00:00:00Z' }
    expect(readBans(JSON.stringify([one])).ok).toBe(true)
    const many = Array.from({ length: MAX_BANNED_PEERS + 1 }, (_, i) => ({ ...one, id: numbered(i) }))
    for (const kept of [null, {}, [{ id: 'bob', since: one.since }], [{ ...one, since: 'soon' }], [{ ...one, more: 1 }], many]) expect(readBans(JSON.stringify(kept)).ok).toBe(false)
    expect(readBans('[').ok).toBe(false)
  })
})

describe('three nodes that follow one stream', { timeout: 20_000 }, () => {
  const startWorld = async () => {
    const network = createSmallNetwork()
    network.setPeerServer(true)
    const nodes: SmallNode[] = []
    for (const name of ['alice', 'bob', 'carol']) nodes.push(await network.start(name))
    const [alice, bob, carol] = nodes as [SmallNode, SmallNode, SmallNode]
    const identity = identityOf(alice.home.key)
    const stream = idOf(identity)
    await network.pass(1)
    await publish(alice.data, identity, createRows(createSeededRandom(1), 5))
    await network.pass(2)
    for (const { neuron } of [bob, carol]) await neuron.commands.subscribe(stream)
    await network.pass(20)
    return { network, nodes, alice, bob, carol, stream, linksOf: (node: SmallNode) => linksFor(node, stream, nodes) }
  }

  it('[W23] one bans another: no link by the server or the PeerServer, whoever asks, until it is lifted', async () => {
    const { network, alice, bob, carol, stream, linksOf } = await startWorld()
    expect(await linksOf(bob)).toEqual(['alice', 'carol'])
    await bob.neuron.commands.banPeer(carol.home.key.publicKey)
    await network.pass(1)
    expect([await linksOf(bob), await linksOf(carol)]).toEqual([['alice'], ['alice']])
    network.setServer(false)
    await network.pass(60)
    network.setServer(true)
    await network.pass(30)
    expect([await linksOf(bob), await linksOf(carol)]).toEqual([['alice'], ['alice']])
    expect(network.calls).toContain('carol -> bob')
    expect(network.calls).not.toContain('bob -> carol')
    await network.restartData(bob)
    await network.pass(15)
    expect(await linksOf(bob)).toEqual(['alice'])
    await bob.neuron.commands.liftBan(carol.home.key.publicKey)
    await network.pass(15)
    expect(await linksOf(bob)).toEqual(['alice', 'carol'])
    expect([alice, bob, carol].map((node) => node.data.state(stream)?.rows)).toEqual([5, 5, 5])
  })

  it('[W27] a node that starts with a ban has no link with that peer, and says who is banned', async () => {
    const { network, bob, carol, linksOf } = await startWorld()
    network.kill(bob)
    const again = await network.start('bob', { ...bob.home, bans: JSON.stringify([{ id: carol.home.key.publicKey, since: '2026-01-01T00:00:00Z' }]) })
    await network.pass(15)
    expect(await linksOf(again)).toEqual(['alice'])
    expect((await again.neuron.commands.snapshot()).banned).toEqual([{ id: carol.home.key.publicKey, since: '2026-01-01T00:00:00Z' }])
    network.kill(again)
    const mended = await network.start('bob', { ...bob.home, bans: 'no list' })
    await network.pass(15)
    expect(await linksOf(mended)).toEqual(['alice', 'carol'])
    expect((await mended.neuron.commands.snapshot()).log.map(({ level, message }) => `${level}: ${message}`)).toContainEqual(expect.stringMatching(/^error: the list of banned peers cannot be read/))
  })
})

import { describe, expect, it } from 'vitest'
import { MAX_BANNED_PEERS, MAX_REFUSED_PEERS } from '../../../src/protocol/limits.ts'
import { createBench, createSeeker, key, numbered, STREAM, wanted, type Bench, type Name } from './bench.ts'

const MINUTES = 60_000

/** Three are linked and confirm the stream, the publisher among them; two more are known. */
const linked = (): Bench => {
  const bench = createSeeker(['bob', 'carol', 'dave', 'erin'])
  bench.pass(5)
  for (const [index, name] of (['alice', 'bob', 'carol'] as const).entries()) bench.link(index + 1, name, true)
  bench.say(wanted(false))
  bench.pass(70)
  return bench
}

const refuse = (bench: Bench, name: Name, forMs: number | null): string => bench.say({ type: 'refuse', peers: [key(name)], forMs })

describe('whom a person refuses', () => {
  it('[W23] is not dialled, nor met; its place is another’s at once', () => {
    const bench = linked()
    expect(refuse(bench, 'bob', null)).toBe('refuse bob')
    expect(bench.swarm.avoids(key('bob'))).toBe(true)
    expect(bench.swarm.view().links.find(({ link }) => link === 2)?.serves).toEqual([])
    expect(bench.pass(2)).toBe('dial dave by rendezvous for stream 1')
    bench.say({ type: 'link-ended', link: 2, code: 'unwanted', cut: false })
    bench.say({ type: 'heard', stream: STREAM, peer: key('bob'), arrived: true })
    for (const name of ['dave', 'erin'] as const) bench.say({ type: 'dial-failed', peer: key(name), trouble: 'absent' })
    expect(bench.pass(3_600)).not.toContain('dial bob')
  })

  it('[W23] a dial of it that is under way is over, and a link that was made meanwhile counts for nothing', () => {
    const bench = createSeeker(['bob'])
    bench.pass(5)
    expect(bench.swarm.view().dialling.map(({ peer }) => peer)).toContain(key('bob'))
    refuse(bench, 'bob', null)
    expect(bench.swarm.view().dialling.map(({ peer }) => peer)).not.toContain(key('bob'))
    bench.link(7, 'bob', true)
    expect(bench.swarm.view().links[0]?.serves).toEqual([])
    bench.say({ type: 'woke' })
    expect(bench.pass(60)).not.toMatch(/link 7|dial bob/)
  })

  it('[W23] disconnected, it rests five minutes, whatever is heard of it, and is then as anybody', () => {
    const bench = linked()
    for (const name of ['dave', 'erin'] as const) bench.say({ type: 'dial-failed', peer: key(name), trouble: 'absent' })
    refuse(bench, 'bob', 5 * MINUTES)
    bench.say({ type: 'link-ended', link: 2, code: 'unwanted', cut: false })
    bench.say({ type: 'woke' })
    bench.say({ type: 'heard', stream: STREAM, peer: key('bob'), arrived: true })
    expect(bench.pass(299)).not.toMatch(/dial bob|refuse/)
    expect(bench.pass(2)).toBe('refuse \ndial bob by rendezvous for stream 1')
  })

  it('[W23] who is banned is not disconnected for five minutes only', () => {
    const bench = linked()
    refuse(bench, 'bob', null)
    refuse(bench, 'bob', 5 * MINUTES)
    expect(bench.pass(400)).not.toContain('refuse')
    expect(bench.swarm.avoids(key('bob'))).toBe(true)
  })

  it('[W24] is not missed: a publisher that is refused is not looked for beside three others', () => {
    const bench = linked()
    refuse(bench, 'alice', null)
    bench.say({ type: 'link-ended', link: 1, code: 'unwanted', cut: false })
    expect(bench.pass(2)).toContain('dial dave')
    bench.link(4, 'dave', true)
    expect(bench.pass(900)).not.toMatch(/dial|ask/)
  })

  it('[W24] keeps nobody out: its place among those remembered for a stream is free for others', () => {
    const bench = createBench({ config: { maxCandidates: 2, linksPerStream: 1 } })
    bench.say({ type: 'server', there: true })
    bench.say({ type: 'wanted', stream: STREAM, author: null, lacking: true })
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [key('bob'), key('carol')] })
    bench.say({ type: 'refuse', peers: [key('bob'), key('carol')], forMs: null })
    bench.say({ type: 'heard', stream: STREAM, peer: key('dave'), arrived: true })
    expect(bench.pass(5)).toContain('dial dave')
  })

  it('[W25] admitted again, it is dialled at its next turn, whatever was held against it', () => {
    const bench = linked()
    for (const name of ['dave', 'erin'] as const) bench.say({ type: 'dial-failed', peer: key(name), trouble: 'absent' })
    refuse(bench, 'bob', null)
    bench.say({ type: 'link-ended', link: 2, code: 'unwanted', cut: false })
    for (let turn = 0; turn < 8; turn++) bench.say({ type: 'unproved', peer: key('bob'), code: 'unwanted', cut: false })
    bench.pass(20)
    expect(bench.say({ type: 'admit', peer: key('bob') })).toBe('refuse ')
    expect(bench.pass(1)).toBe('dial bob by rendezvous for stream 1')
    expect(bench.say({ type: 'admit', peer: key('bob') })).toBe('')
  })

  it('[W26] 256 at a time: those refused for a while make room for one another, and never one of the banned', () => {
    const bench = createBench()
    const banned = Array.from({ length: MAX_BANNED_PEERS }, (_, i) => numbered(i))
    bench.say({ type: 'refuse', peers: banned, forMs: null })
    for (let i = 0; i < MAX_REFUSED_PEERS; i++) bench.say({ type: 'refuse', peers: [numbered(1_000 + i)], forMs: 5 * MINUTES })
    const told = bench.effects.at(-1)
    const peers = told?.type === 'refuse' ? told.peers : []
    expect(peers).toHaveLength(MAX_REFUSED_PEERS)
    expect(peers.slice(0, MAX_BANNED_PEERS)).toEqual(banned)
    expect(peers.at(-1)).toBe(numbered(1_000 + MAX_REFUSED_PEERS - 1))
  })
})

describe('who is refused by another', () => {
  it('[W28] leaves it alone for half a minute at least', () => {
    const bench = linked()
    for (const name of ['dave', 'erin'] as const) bench.say({ type: 'dial-failed', peer: key(name), trouble: 'absent' })
    bench.say({ type: 'link-ended', link: 2, code: 'unwanted', cut: false })
    expect(bench.pass(29)).not.toContain('dial bob')
    expect(bench.pass(20)).toContain('dial bob')
  })
})

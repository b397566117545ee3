import { expect, it } from 'vitest'
import type { PublicKey } from '../../../../src/domain/stream.ts'
import { createLateDialer } from '../../../../src/link/page/late-dialer.ts'
import type { PageDialer } from '../../../../src/link/page/dialer.ts'
import type { Dial, DialEvent } from '../../../../src/ports/dialer.ts'

const PEER = 'bb'.repeat(32) as PublicKey
const dialOf = (key: string): Dial => ({ way: 'rendezvous', key, role: 'initiator', peer: PEER, iceServers: [] })
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

/** A late dialer whose code comes, or fails to, when the test says so; `said`: what the dialer behind it was told, and what was told of it. */
const open = () => {
  const said: string[] = []
  const loads: { come: () => void; miss: () => void }[] = []
  const tell = (what: string) => (): void => void said.push(what)
  const dialer: PageDialer = {
    open: ({ key }) => void said.push(`open ${key}`),
    signal: (key, signal) => void said.push(`signal ${key} ${signal}`),
    abandon: (key) => void said.push(`abandon ${key}`),
    reach: (how) => void said.push(how === null ? 'be out of reach' : 'be in reach'),
    woke: tell('woke'),
    closeAll: tell('close all'),
    stop: tell('stop'),
  }
  const load = (): Promise<PageDialer> =>
    new Promise((resolve, reject) => {
      loads.push({ come: () => resolve(dialer), miss: () => reject(new Error('offline')) })
    })
  const messages: string[] = []
  const emit = (event: DialEvent): void => {
    said.push(event.type === 'failed' ? `${event.key} failed: ${event.code}` : event.type === 'reach' ? `reach: ${event.state}` : event.type)
    if ('message' in event) messages.push(event.message)
  }
  return { late: createLateDialer(load, emit), said, loads, messages }
}

it('what is asked before the code is there is done when it comes, in its order', async () => {
  const { late, said, loads } = open()
  late.reach({ iceServers: [], refused: [] })
  late.open(dialOf('a'))
  late.open(dialOf('b'))
  late.signal('b', 'one')
  late.signal('b', 'two')
  late.signal('nobody', 'lost')
  late.open(dialOf('c'))
  late.abandon('c')
  expect([said, loads.length]).toEqual([[], 1])
  loads[0]?.come()
  await turns()
  late.signal('a', 'three')
  late.woke()
  expect(said).toEqual(['be in reach', 'open a', 'open b', 'signal b one', 'signal b two', 'signal a three', 'woke'])
})

it('when the code cannot be had dials fail without blame, and say what helps; the next one asks for it again', async () => {
  const { late, said, loads, messages } = open()
  late.reach({ iceServers: [], refused: [] })
  late.open(dialOf('a'))
  loads[0]?.miss()
  await turns()
  late.open(dialOf('b'))
  expect(loads).toHaveLength(2)
  loads[1]?.come()
  await turns()
  expect(said).toEqual(['a failed: busy', 'reach: off', 'be in reach', 'open b'])
  for (const message of messages) expect(message).toContain('reload the page')
  expect(messages).toHaveLength(2)
})

it('what waits has a bound: dials, and signals of each', async () => {
  const { late, said, loads } = open()
  for (let one = 0; one < 70; one++) late.open(dialOf(String(one)))
  expect(said).toHaveLength(6)
  for (let one = 0; one < 100; one++) late.signal('0', 'again')
  loads[0]?.come()
  await turns()
  expect(said.filter((line) => line.startsWith('signal'))).toHaveLength(64)
})

it('all closed before the code came: each dial is told; stopped: nothing begins', async () => {
  const { late, said, loads } = open()
  late.open(dialOf('a'))
  late.closeAll()
  late.open(dialOf('b'))
  late.stop()
  loads[0]?.come()
  await turns()
  late.open(dialOf('c'))
  late.warm()
  expect([said, loads.length]).toEqual([['a failed: closed', 'c failed: busy'], 1])
})

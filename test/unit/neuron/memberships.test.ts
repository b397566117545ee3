import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { fail, ok } from '../../../src/base/result.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import { createMemberships } from '../../../src/neuron/memberships.ts'
import type { ServerState } from '../../../src/pubsub/signaling-client.ts'
import { settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const STREAM = 'e'.repeat(64) as StreamId
const CHECKED_IN: ServerState = { is: 'checked-in', iceServers: [] }

interface World {
  isFull: boolean
  rows: number
  isWanted: boolean
  state: ServerState
}

const createMember = () => {
  const clock = createVirtualClock()
  const said: string[] = []
  const world: World = { isFull: true, rows: 0, isWanted: true, state: CHECKED_IN }
  const memberships = createMemberships({
    clock,
    random: createSeededRandom(3),
    log: () => undefined,
    server: {
      get state() {
        return world.state
      },
      request: async (message) => {
        said.push(message.type === 'subscribe' ? `subscribe ${message.rows}` : message.type)
        return world.isFull ? fail('server-full', 'No room.') : ok({ type: 'done', re: 1 } as const)
      },
    },
    positionOf: () => (world.isWanted ? { epoch: 0, rows: world.rows } : null),
  })
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000)
      await settle()
    }
  }
  return { memberships, world, said, pass }
}

describe('a subscription that the server refuses', () => {
  it('[S30] is asked for again with growing pauses, with the rows of that moment, until it stands', async () => {
    const { memberships, world, said, pass } = createMember()
    memberships.join(STREAM)
    memberships.join(STREAM)
    await settle()
    expect(said).toEqual(['subscribe 0'])
    world.rows = 7
    await pass(600)
    // 2, 4, 8, 16, 32 seconds, then once a minute.
    expect(said.length).toBeGreaterThan(10)
    expect(said.length).toBeLessThan(20)
    expect(said.at(-1)).toBe('subscribe 7')
    world.isFull = false
    await pass(80)
    const asked = said.length
    await pass(600)
    expect(said).toHaveLength(asked)
    expect(memberships.has(STREAM)).toBe(true)
  })

  it('is asked for no more when it is no longer wanted, left, or the server was lost', async () => {
    const ends: readonly ((member: ReturnType<typeof createMember>) => void)[] = [
      ({ world }) => (world.isWanted = false),
      ({ memberships }) => memberships.leave(STREAM),
      ({ memberships }) => memberships.reset(),
      ({ world }) => (world.state = { is: 'connecting' }),
    ]
    for (const end of ends) {
      const member = createMember()
      member.memberships.join(STREAM)
      await settle()
      end(member)
      await member.pass(600)
      expect(member.said.filter((line) => line.startsWith('subscribe'))).toHaveLength(1)
      expect(member.memberships.has(STREAM)).toBe(false)
    }
  })
})

import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { ok } from '../../../src/base/result.ts'
import { CLOSE_DRAINING, SIGNALING_VERSION, type ServerMessage } from '../../../src/protocol/signaling.ts'
import { createSignalingClient, type ServerState } from '../../../src/pubsub/signaling-client.ts'
import { createNodeKey } from '../../support/node-key.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const setUp = async () => {
  const clock = createVirtualClock(0)
  const states: ServerState[] = []
  let said: (message: ServerMessage) => void = () => undefined
  let close: (code: number) => void = () => undefined
  const client = createSignalingClient({
    clock,
    random: createSeededRandom(1),
    url: 'ws://localhost/signaling',
    openSocket: () => ({
      send: () => undefined,
      close: () => undefined,
      listen: ({ message, closed }) => {
        said = (one) => message(JSON.stringify(one))
        close = (code) => closed(code, '')
      },
    }),
    prove: () => Promise.resolve(ok({ publicKey: createNodeKey().publicKey, signature: new Uint8Array(64) })),
    onState: (state) => void states.push(state),
    onNotice: () => undefined,
  })
  said({ type: 'challenge', version: SIGNALING_VERSION, nonce: '0'.repeat(64) })
  await Promise.resolve()
  said({ type: 'welcome', iceServers: [{ urls: 'stun:a.example' }] })
  return { client, clock, states, said: (message: ServerMessage) => said(message), close: (code: number) => close(code) }
}

describe('the signaling client', () => {
  it('[S17] comes back when a stopping server has asked it to, and after that in its own time', async () => {
    const { client, clock, said, close } = await setUp()
    said({ type: 'stopping', retryAfterMs: 7_000 })
    close(CLOSE_DRAINING)
    expect(client.state).toMatchObject({ is: 'waiting', retryAt: 7_000 })
    clock.advance(6_999)
    expect(client.state.is).toBe('waiting')
    clock.advance(1)
    expect(client.state.is).toBe('connecting')
    close(1006)
    expect(client.state).toMatchObject({ is: 'waiting' })
    clock.advance(1_000)
    expect(client.state.is).toBe('connecting')
    client.close()
  })

  it('[S10] takes renewed ICE servers without checking in anew', async () => {
    const { client, states, said } = await setUp()
    const before = states.length
    said({ type: 'ice-servers', iceServers: [{ urls: 'turn:b.example', username: 'u', credential: 'p' }] })
    expect(client.state).toMatchObject({ is: 'checked-in', iceServers: [{ urls: 'turn:b.example' }] })
    expect(states).toHaveLength(before)
    client.close()
  })
})

import { describe, expect, it } from 'vitest'
import { createPublishing } from '../../../src/neuron/publishing.ts'
import { fromHex } from '../../../src/base/bytes.ts'
import { decode } from '../../../src/base/codec.ts'
import { fail, ok, type Result } from '../../../src/base/result.ts'
import { signedHeadCodec } from '../../../src/domain/head.ts'
import { liveCodec } from '../../../src/protocol/live.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import type { ServerState, SignalingAnswer, SignalingRequest } from '../../../src/pubsub/signaling-client.ts'
import { createNodeKey, headOf, identityOf, idOf, liveHex } from '../../support/node-key.ts'

const key = createNodeKey()
const identity = identityOf(key)
const stream = idOf(identity)
const live = (rows: number) => fromHex(liveHex(headOf(key, stream, rows)))
const stateAt = (rows: number) => ({ stream, identity, own: true, rows, head: headOf(key, stream, rows) }) as StreamState

const inWords = (said: SignalingRequest): string => {
  const head = said.type === 'register' ? decode(signedHeadCodec, fromHex(said.head), 'head') : null
  const row = said.type === 'publish' ? decode(liveCodec, fromHex(said.live), 'row') : null
  const rows = head?.ok === true ? head.value.head.rows : row?.ok === true ? row.value.head.head.rows : null
  return `${said.type} ${rows}`
}

/** A publisher and a server that answers as the test says. */
const setUp = () => {
  const trace: string[] = []
  let answer: Result<SignalingAnswer> = ok({ type: 'done', re: 1 })
  let state: ServerState = { is: 'checked-in', iceServers: [] }
  const publishing = createPublishing({
    log: ({ message }) => void trace.push(`log ${message}`),
    ahead: (of) => void trace.push(of === stream ? 'ahead' : `ahead in ${of}`),
    server: {
      get state() {
        return state
      },
      request: (said) => {
        if (state.is === 'checked-in') trace.push(inWords(said))
        return Promise.resolve(state.is === 'checked-in' ? answer : fail('disconnected', 'gone'))
      },
    },
  })
  return {
    publishing,
    trace,
    answerWith: (next: Result<SignalingAnswer>) => (answer = next),
    goAway: () => (state = { is: 'connecting' }),
    comeBack: (rows: number) => {
      state = { is: 'checked-in', iceServers: [] }
      publishing.reset()
      publishing.register(stateAt(rows))
    },
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

describe('publishing', () => {
  it('[S38] says rows without an answer again, from the oldest on, and then the head', async () => {
    const { publishing, trace, goAway, comeBack, settle } = setUp()
    publishing.register(stateAt(1))
    publishing.publish(stream, live(2))
    await settle()
    goAway()
    for (const rows of [3, 4]) publishing.publish(stream, live(rows))
    await settle()
    comeBack(4)
    await settle()
    expect(trace).toEqual(['register 1', 'publish 2', 'register 3', 'publish 3', 'publish 4', 'register 4'])
    trace.length = 0
    comeBack(4)
    expect(trace).toEqual(['register 4'])
  })

  it('[S38] a row that the server had heard after all is no trouble; one it refuses is told once', async () => {
    const { publishing, trace, answerWith, goAway, comeBack, settle } = setUp()
    goAway()
    publishing.publish(stream, live(2))
    await settle()
    answerWith(fail('older-head', 'known'))
    comeBack(2)
    await settle()
    expect(trace.slice(0, 2)).toEqual(['register 2', 'publish 2'])
    trace.length = 0
    answerWith(fail('fork', 'another history'))
    publishing.publish(stream, live(3))
    await settle()
    comeBack(3)
    expect(trace.filter((line) => line.startsWith('publish'))).toEqual(['publish 3'])
    expect(trace).toContain('log The server did not pass the row on: another history')
  })

  it.each(['older-head', 'fork'])('[S21] a server that knows more of an own stream (%s) is asked what, once for each check-in', async (code) => {
    const { publishing, trace, answerWith, comeBack, settle } = setUp()
    answerWith(fail(code, 'known'))
    publishing.register(stateAt(3))
    await settle()
    expect(trace).toContain('ahead')
    trace.length = 0
    comeBack(3)
    await settle()
    expect(trace.filter((line) => line === 'ahead')).toHaveLength(1)
  })

  it('[S20] a new epoch of as many rows is listed too', async () => {
    const { publishing, trace, settle } = setUp()
    publishing.register(stateAt(3))
    publishing.register(stateAt(3))
    const state = stateAt(3)
    if (state.head === null) throw new Error('a head was made')
    publishing.register({ ...state, head: { ...state.head, head: { ...state.head.head, epoch: 1 } } })
    await settle()
    expect(trace.filter((line) => line.startsWith('register'))).toHaveLength(2)
  })

  it('[S38] remembers a bounded number of rows', async () => {
    const { publishing, trace, goAway, comeBack, settle } = setUp()
    goAway()
    for (let rows = 1; rows <= 20; rows++) publishing.publish(stream, live(rows))
    await settle()
    comeBack(20)
    expect(trace.filter((line) => line.startsWith('publish'))).toHaveLength(8)
    expect(trace.at(-2)).toBe('publish 20')
  })
})

import { describe, expect, it } from 'vitest'
import { createConnection, type ConnectionHandlers, type Socket } from '../../../signaling/connection.ts'
import { ANNOUNCING_COST, DIRECTORY_COST, HEARTBEAT_MS, MAX_BUFFERED_BYTES, MESSAGE_BURST, RENDEZVOUS_COST, SILENT_MS } from '../../../signaling/limits.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { toHex } from '../../../src/base/bytes.ts'
import { SIGNALING_VERSION } from '../../../src/protocol/signaling.ts'
import { createNodeKey } from '../../support/node-key.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

/** A connection that has checked in over a socket that writes down what happens to it. */
const checkedIn = () => {
  const clock = createVirtualClock(0)
  const trace: string[] = []
  let waiting = 0
  const note = (what: string) => () => void trace.push(what)
  const socket: Socket = {
    get bufferedBytes() {
      return waiting
    },
    send: (text) => void trace.push(`send ${(JSON.parse(text) as { type: string }).type}`),
    ping: note('ping'),
    pause: note('pause'),
    resume: note('resume'),
    close: (code, reason) => void trace.push(`close ${code} ${reason}`),
    terminate: note('terminate'),
  }
  const handlers: ConnectionHandlers = {
    admits: () => true,
    isHeld: () => false,
    checkedIn: note('checked in'),
    message: (_, { type }) => void trace.push(`message ${type}`),
    refused: () => undefined,
    gone: (node, reason) => void trace.push(`gone ${node === null ? 'stranger' : 'node'} ${reason}`),
  }
  const deps = { clock, random: createSeededRandom(1), verify: () => true }
  const connection = createConnection(deps, socket, { name: 'localhost', known: true }, handlers)
  const { publicKey } = createNodeKey()
  connection.receive(JSON.stringify({ type: 'check-in', version: SIGNALING_VERSION, publicKey, signature: toHex(new Uint8Array(64)) }))
  const tickFor = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      clock.advance(1_000)
      connection.tick()
    }
  }
  const pileUp = (bytes: number) => (waiting = bytes)
  return { connection, trace, clock, tickFor, pileUp }
}

const LEAVE = JSON.stringify({ type: 'leave', key: '0'.repeat(64) })

describe('a connection', () => {
  it('goes from challenge to checked in to closed, and says so once', () => {
    const { connection, trace } = checkedIn()
    connection.receive(LEAVE)
    connection.closed('closed 1000')
    connection.closed('closed 1000')
    connection.receive(LEAVE)
    connection.send('{}')
    connection.end(4000, 'late')
    expect(trace).toEqual(['send challenge', 'checked in', 'message leave', 'gone node closed 1000'])
  })

  it('[S13] pings, and cuts who is silent', () => {
    const { trace, tickFor, connection } = checkedIn()
    trace.length = 0
    tickFor(HEARTBEAT_MS)
    expect(trace).toEqual(['ping'])
    connection.heard()
    tickFor(SILENT_MS - 1_000)
    expect(trace).not.toContain('terminate')
    tickFor(1_000)
    expect(trace.slice(-2)).toEqual(['gone node silent', 'terminate'])
  })

  it('[S14] cuts who does not read, instead of remembering for it', () => {
    const { connection, trace, pileUp } = checkedIn()
    pileUp(MAX_BUFFERED_BYTES)
    connection.send('{"type":"done"}')
    pileUp(MAX_BUFFERED_BYTES + 1)
    connection.send('{"type":"done"}')
    expect(trace.slice(2)).toEqual(['send done', 'gone node slow-reader', 'terminate'])
  })

  it('[S15] stops reading beyond the burst and reads on when time has passed', () => {
    const { connection, trace, tickFor } = checkedIn()
    trace.length = 0
    for (let i = 0; i < MESSAGE_BURST + 250; i++) connection.receive(LEAVE)
    expect(trace.filter((what) => what === 'message leave')).toHaveLength(MESSAGE_BURST + 250)
    expect(trace.filter((what) => what === 'pause')).toHaveLength(1)
    tickFor(2_000)
    expect(trace).not.toContain('resume')
    tickFor(1_000)
    expect(trace.at(-1)).toBe('resume')
  })

  it.each([
    ['directory', DIRECTORY_COST, { type: 'directory', re: 1, after: null, search: '', follows: null }],
    ['rendezvous', RENDEZVOUS_COST, { type: 'rendezvous', re: 1, key: '0'.repeat(64) }],
    ['unsubscribe', ANNOUNCING_COST, { type: 'unsubscribe', re: 1, stream: '0'.repeat(64) }],
    ['meta to all', ANNOUNCING_COST, { type: 'meta', re: 1, stream: '0'.repeat(64), to: null, body: { kind: 'request-history', rows: 1 } }],
    ['meta to one', 1, { type: 'meta', re: 1, stream: '0'.repeat(64), to: '0'.repeat(64), body: { kind: 'meet' } }],
    ['subscribe', 1, { type: 'subscribe', re: 1, stream: '0'.repeat(64), epoch: 0, rows: 0 }],
  ])('[S15] %s counts as %i messages', (_, cost, message) => {
    const { connection, trace } = checkedIn()
    // The check-in was the first.
    const left = Math.ceil((MESSAGE_BURST - 1) / cost)
    for (let i = 1; i < left; i++) connection.receive(JSON.stringify(message))
    expect(trace).not.toContain('pause')
    connection.receive(JSON.stringify(message))
    expect(trace.at(-2)).toBe('pause')
  })

  it('[S15] does not take for silent whom it has not listened to', () => {
    const { connection, trace, tickFor } = checkedIn()
    for (let i = 0; i < MESSAGE_BURST + 20_000; i++) connection.receive(LEAVE)
    trace.length = 0
    tickFor(210_000)
    expect(trace).toEqual(['resume', 'ping'])
  })
})

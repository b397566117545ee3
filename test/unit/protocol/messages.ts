import { MAX_ROWS } from '../../../src/domain/head.ts'
import { MAX_SIGNAL_CHARS } from '../../../src/protocol/limits.ts'
import { MAX_LIVE_BYTES } from '../../../src/protocol/live.ts'
import type { MetaMessage } from '../../../src/protocol/meta.ts'
import { SIGNALING_VERSION, type ClientMessage, type ServerMessage } from '../../../src/protocol/signaling.ts'
import { countingHex, sampleIdentity } from '../../vectors/samples.ts'

// One and more of every message between node and server.

export const stream = countingHex(1) as Extract<ClientMessage, { type: 'subscribe' }>['stream']
export const key = countingHex(2) as Extract<ClientMessage, { type: 'check-in' }>['publicKey']
export const secret = countingHex(3)
const head = countingHex(4, 180)
export const entry = { id: stream, identity: sampleIdentity, head, subscribers: 3, predictors: 1, online: true }

export const metas: readonly MetaMessage[] = [
  { kind: 'request-history', rows: 0 },
  { kind: 'meet' },
  { kind: 'offer', rows: MAX_ROWS },
  { kind: 'accept', key: secret },
]

export const fromClient: readonly ClientMessage[] = [
  { type: 'check-in', version: SIGNALING_VERSION, publicKey: key, signature: countingHex(5, 64) },
  { type: 'check-in', version: SIGNALING_VERSION, publicKey: key, signature: countingHex(5, 64), yields: true },
  { type: 'register', re: 1, identity: sampleIdentity, head },
  { type: 'directory', re: 0xffff_ffff, after: null, search: '', follows: null },
  { type: 'directory', re: 0, after: stream, search: 'größe', follows: stream },
  { type: 'subscribe', re: 1, stream, epoch: 0, rows: 0 },
  { type: 'unsubscribe', re: 1, stream },
  { type: 'publish', re: 1, stream, live: countingHex(6, MAX_LIVE_BYTES) },
  ...metas.map((body): ClientMessage => ({ type: 'meta', re: 1, stream, to: body.kind === 'request-history' ? null : key, body })),
  { type: 'peers', re: 1, stream },
  { type: 'rendezvous', re: 1, key: secret },
  { type: 'signal', key: secret, signal: '{}' },
  { type: 'signal', key: secret, signal: 's'.repeat(MAX_SIGNAL_CHARS) },
  { type: 'leave', key: secret },
]

export const fromServer: readonly ServerMessage[] = [
  { type: 'challenge', version: SIGNALING_VERSION, nonce: secret },
  { type: 'welcome', iceServers: [{ urls: 'stun:a' }, { urls: 'turn:b', username: 'u', credential: 'c' }] },
  { type: 'ice-servers', iceServers: [] },
  { type: 'stopping', retryAfterMs: 5_000 },
  { type: 'done', re: 1 },
  { type: 'refused', re: null, code: 'busy', message: 'Later.' },
  { type: 'entries', re: 1, entries: [entry], next: stream },
  { type: 'listed', entry },
  { type: 'observation', stream, live: countingHex(6, 200) },
  { type: 'peers', re: 1, publisher: null, members: [] },
  { type: 'peers', re: 1, publisher: key, members: [key] },
  { type: 'joined', stream, member: key, rows: 5 },
  ...metas.map((body): ServerMessage => ({ type: 'meta', stream, from: key, body })),
  { type: 'matched', key: secret, role: 'initiator', peer: key },
  { type: 'signal', key: secret, signal: '{}' },
  { type: 'dropped', key: secret, code: 'timeout', message: 'Nobody came.' },
]

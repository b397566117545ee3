import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as v from 'valibot'
import type { GenericSchema } from 'valibot'
import { createSeededRandom } from '../../../src/base/random.ts'
import { MAX_ROWS } from '../../../src/domain/head.ts'
import { decodeJson } from '../../../src/protocol/json.ts'
import { MAX_DIRECTORY_ENTRIES, MAX_SIGNAL_CHARS, MAX_SIGNALING_BYTES } from '../../../src/protocol/limits.ts'
import { MAX_LIVE_BYTES } from '../../../src/protocol/live.ts'
import { metaSchema } from '../../../src/protocol/meta.ts'
import { checkInBytes, clientMessage, serverMessage, SIGNALING_VERSION } from '../../../src/protocol/signaling.ts'
import { countingHex, sampleIdentity } from '../../vectors/samples.ts'
import { entry, fromClient, fromServer, key, metas, secret, stream } from './messages.ts'

const SEED = 20_240_502
fc.configureGlobal({ seed: SEED, numRuns: 500 })

const sides: readonly [string, GenericSchema, readonly { readonly type: string }[]][] = [
  ['a node', clientMessage, fromClient],
  ['the server', serverMessage, fromServer],
]

/** Why a message is refused. */
const refusal = (schema: GenericSchema, message: unknown): string => {
  const judged = decodeJson(schema, typeof message === 'string' ? message : JSON.stringify(message))
  return judged.ok ? 'accepted' : judged.error.message
}

describe.each(sides)('a message of %s', (_, schema, messages) => {
  const types = (schema as GenericSchema & { readonly options: readonly { entries: { type: { literal: string } } }[] }).options

  it('comes back as it was, of every type', () => {
    expect(new Set(messages.map(({ type }) => type))).toEqual(new Set(types.map(({ entries }) => entries.type.literal)))
    for (const message of messages) expect(decodeJson(schema, JSON.stringify(message))).toEqual({ ok: true, value: message })
  })

  it('with a field that nobody knows is refused, by name', () => {
    for (const message of messages) expect(refusal(schema, { ...message, extra: 1 })).toMatch(/extra/)
  })

  it('without one of its fields is refused, by name', () => {
    for (const message of messages)
      for (const field of Object.keys(message)) {
        const { [field]: _gone, ...rest } = message as Record<string, unknown>
        if (messages.some((other) => isDeepStrictEqual(other, rest))) continue // a field that may be left out: that is another message here
        expect(refusal(schema, rest)).toContain(field)
      }
  })

  it('with a field of another kind is refused, by its place', () => {
    const others = [undefined, null, true, -1, 1.5, 2 ** 53, '', 'x', [], {}, [[]], Number.NaN, '\ud800', 'A'.repeat(64), `${'a'.repeat(64)}\n`]
    for (const message of messages)
      for (const field of Object.keys(message))
        for (const other of others) {
          const text = JSON.stringify({ ...message, [field]: other })
          const judged = decodeJson(schema, text)
          if (judged.ok) expect(judged.value).toEqual(JSON.parse(text))
          else expect(judged.error.message).toContain(field)
        }
  })

  it('spoiled anywhere never throws, and is a message or a short refusal', () => {
    const random = createSeededRandom(SEED)
    for (let i = 0; i < 20_000; i++) {
      const text = JSON.stringify(messages[i % messages.length])
      const at = random.below(text.length)
      const spoiled = `${text.slice(0, at)}${['', '"', '}', '{', '0', '\\', '\u0000', 'é', ',', '[', 'null'][random.below(11)] ?? ''}${text.slice(at + random.below(4))}`
      const judged = decodeJson(schema, spoiled)
      if (!judged.ok && judged.error.message.length > 200) expect.fail(`seed ${SEED}, ${i}: ${judged.error.message}`)
    }
  })

  it('is judged by the option of its type as by all of them in turn, in the same words', () => {
    const inTurn = v.variant('type', types as never)
    const texts = messages.flatMap((message) => [
      JSON.stringify(message),
      JSON.stringify({ ...message, extra: 1 }),
      JSON.stringify({ ...message, type: `${message.type} ` }),
      JSON.stringify({ ...message, type: [message.type] }),
      JSON.stringify(Object.fromEntries(Object.entries(message).slice(0, -1))),
      JSON.stringify(Object.fromEntries(Object.entries(message).filter(([field]) => field !== 'type'))),
      JSON.stringify([message]),
    ])
    for (const text of [...texts, '{}', '[]', 'null', '"leave"', '{"type":null}', '{"type":"__proto__"}', '{"type":"size"}'])
      expect(decodeJson(schema, text)).toEqual(decodeJson(inTurn, text))
  })

  it('that is any JSON, or none, never throws', () => {
    fc.assert(fc.property(fc.json(), (text) => { expect(decodeJson(schema, text)).toMatchObject({ ok: false, error: { code: 'malformed' } }) }))
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => { expect(decodeJson(schema, text).ok).toBe(false) }))
  })

  it('may not smuggle in what objects inherit', () => {
    const [message] = messages
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const text = JSON.stringify(message).replace(/\}$/, `,"${name}":{"polluted":1}}`)
      const judged = decodeJson(schema, text)
      expect(judged.ok ? Object.keys(judged.value as object) : []).not.toContain(name)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    }
    expect(refusal(schema, { type: 'constructor' })).toContain('type')
  })
})

describe('bounds', () => {
  it('a message that is too long is refused before it is parsed', () => {
    const text = `"${'a'.repeat(MAX_SIGNALING_BYTES)}"`
    expect(decodeJson(clientMessage, text)).toMatchObject({ ok: false, error: { code: 'oversized' } })
  })

  it('a message that is as deep as it may be long is refused like any other', () => {
    for (const deep of ['['.repeat(MAX_SIGNALING_BYTES / 2) + ']'.repeat(MAX_SIGNALING_BYTES / 2), '{"a":'.repeat(6_000) + '1' + '}'.repeat(1_000)])
      expect(decodeJson(clientMessage, deep)).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })

  it('the largest honest message of each side may come', () => {
    const largestEntries = { type: 'entries', re: 1, entries: Array(MAX_DIRECTORY_ENTRIES).fill(entry), next: null }
    const escaped = { type: 'signal', key: secret, signal: JSON.stringify({ type: 'offer', sdp: 'a=candidate\r\n'.repeat(1_500) }) }
    expect(refusal(serverMessage, largestEntries)).toBe('accepted')
    expect(refusal(clientMessage, escaped)).toBe('accepted')
  })

  it.each([
    ['a directory answer of 21 entries', serverMessage, { type: 'entries', re: 1, entries: Array(MAX_DIRECTORY_ENTRIES + 1).fill(entry), next: null }, 'entries'],
    ['17 ICE servers', serverMessage, { type: 'welcome', iceServers: Array(17).fill({ urls: 'stun:a' }) }, 'iceServers'],
    ['a signal that is too long', clientMessage, { type: 'signal', key: secret, signal: 's'.repeat(MAX_SIGNAL_CHARS + 1) }, 'signal'],
    ['a live message that is too long', clientMessage, { type: 'publish', re: 1, stream, live: 'aa'.repeat(MAX_LIVE_BYTES + 1) }, 'live'],
    ['hex of odd length', clientMessage, { type: 'publish', re: 1, stream, live: 'aaa' }, 'live'],
    ['hex in capitals', clientMessage, { type: 'rendezvous', re: 1, key: 'A'.repeat(64) }, 'key'],
    ['hex with a line end', clientMessage, { type: 'rendezvous', re: 1, key: `${'a'.repeat(63)}\n` }, 'key'],
    ['more rows than a history may have', clientMessage, { type: 'subscribe', re: 1, stream, epoch: 0, rows: MAX_ROWS + 1 }, 'rows'],
    ['a request number of 33 bits', clientMessage, { type: 'unsubscribe', re: 2 ** 32, stream }, 're'],
    ['another version', clientMessage, { type: 'check-in', version: SIGNALING_VERSION + 1, publicKey: key, signature: countingHex(5, 64) }, 'version'],
    ['a name that is too long, deep inside', serverMessage, { type: 'listed', entry: { ...entry, identity: { ...sampleIdentity, source: 'a'.repeat(129) } } }, 'entry.identity.source'],
    ['one bad entry of two', serverMessage, { type: 'entries', re: 1, entries: [entry, { ...entry, online: 1 }], next: null }, 'entries.1.online'],
    ['an unknown meta body', clientMessage, { type: 'meta', re: 1, stream, to: null, body: { kind: 'shout' } }, 'body.kind'],
  ] as [string, GenericSchema, object, string][])('%s is refused at its place', (_, schema, message, place) => {
    expect(refusal(schema, message).startsWith(`${place}: `), refusal(schema, message)).toBe(true)
  })

  it('meta bodies stand alone too', () => {
    for (const body of metas) expect(decodeJson(metaSchema, JSON.stringify(body))).toEqual({ ok: true, value: body })
  })
})

it('a check-in is signed for one nonce and one host, however the host is written', () => {
  const bytes = (nonce: string, host: string) => Buffer.from(checkInBytes(nonce, host)).toString('hex')
  expect(bytes(secret, 'A.Example')).toBe(bytes(secret, 'a.example'))
  expect(bytes(secret, 'b.example')).not.toBe(bytes(secret, 'a.example'))
  expect(bytes(stream, 'a.example')).not.toBe(bytes(secret, 'a.example'))
})

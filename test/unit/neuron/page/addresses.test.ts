import { describe, expect, it } from 'vitest'
import { judgeAddresses, NO_ADDRESSES, readKeptAddresses } from '../../../../src/neuron/page/addresses.ts'
import type { AddressTexts } from '../../../../src/neuron/household.ts'

const judge = (texts: Partial<AddressTexts>, isSecure = false) => judgeAddresses({ ...NO_ADDRESSES, ...texts }, { isSecure })
const serverOf = (server: string, isSecure = false): string | null => {
  const judged = judge({ server }, isSecure)
  return judged.ok ? judged.value.server : judged.error.code
}

describe('the address of a server', () => {
  it.each([
    ['', null],
    ['https://zazen.example.org', 'wss://zazen.example.org/signaling'],
    ['https://zazen.example.org/', 'wss://zazen.example.org/signaling'],
    ['http://localhost:8080', 'ws://localhost:8080/signaling'],
    [' https://example.org/zazen/ ', 'wss://example.org/zazen/signaling'],
    ['wss://example.org/signaling', 'wss://example.org/signaling'],
  ])('%s means %s', (text, url) => {
    expect(serverOf(text)).toBe(url)
  })

  it.each(['zazen', 'ftp://example.org', 'javascript:alert(1)', 'https://name:word@example.org', 'https://example.org/?a=b', 'https://example.org/#here'])('%s is none', (text) => {
    expect(serverOf(text)).toBe('bad-server')
  })

  it('of a page that came over https is https too, or this machine', () => {
    expect(serverOf('http://example.org', true)).toBe('not-secure')
    expect(serverOf('http://127.0.0.1:8080', true)).toBe('ws://127.0.0.1:8080/signaling')
  })
})

describe('own STUN and TURN servers', () => {
  it('are one a line, a relay with its name and password', () => {
    const judged = judge({ iceServers: 'stun:stun.example.org:3478\n\n  turn:turn.example.org:3478?transport=tcp me secret \nturns:[::1]:5349 a b' })
    expect(judged).toMatchObject({
      ok: true,
      value: {
        iceServers: [
          { urls: 'stun:stun.example.org:3478' },
          { urls: 'turn:turn.example.org:3478?transport=tcp', username: 'me', credential: 'secret' },
          { urls: 'turns:[::1]:5349', username: 'a', credential: 'b' },
        ],
      },
    })
  })

  it.each([
    ['another protocol', 'http://example.org'],
    ['a relay without its password', 'turn:turn.example.org me'],
    ['a relay without its name', 'turn:turn.example.org'],
    ['a STUN server with a password', 'stun:stun.example.org me secret'],
    ['a word too many', 'turn:turn.example.org me secret more'],
    ['nine of them', 'stun:a\n'.repeat(9)],
  ])('%s is refused, and the line is named where there is one', (_what, iceServers) => {
    const judged = judge({ iceServers: iceServers })
    expect(judged).toMatchObject({ ok: false, error: { code: 'bad-ice' } })
  })

  it('of which one cannot be used spoil the whole: nothing is kept by halves', () => {
    expect(judge({ server: 'https://example.org', iceServers: 'nonsense' }).ok).toBe(false)
    expect(judge({ server: 'https://example.org', peerServer: 'nonsense' }).ok).toBe(false)
  })
})

describe('addresses kept over a reload', () => {
  it('are read as they were written', () => {
    const texts = { server: 'https://example.org', peerServer: '', iceServers: 'stun:a' }
    expect(readKeptAddresses(JSON.stringify(texts))).toEqual(texts)
  })

  it.each([[null], ['{'], ['[]'], ['{"server":1,"peerServer":"","iceServers":""}'], ['{"server":""}'], [JSON.stringify({ ...NO_ADDRESSES, more: '' })], [JSON.stringify({ ...NO_ADDRESSES, server: 'x'.repeat(4_001) })]])(
    'that cannot be read are none: %#', (text) => {
      expect(readKeptAddresses(text)).toEqual(NO_ADDRESSES)
    })
})

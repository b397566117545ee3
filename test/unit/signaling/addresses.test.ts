import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createAddresses, placeOf, readTrusted } from '../../../signaling/addresses.ts'

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage

const addressesOf = (...trusted: readonly string[]) => {
  const read = readTrusted(trusted)
  if (!read.ok) throw new Error(read.error.message)
  return createAddresses(read.value)
}

describe('where a request comes from', () => {
  it.each([
    ['nobody is trusted', [], '127.0.0.1', '203.0.113.5', '127.0.0.1'],
    ['the proxy of this machine', ['loopback'], '::ffff:127.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['what a client wrote in front is its own tale', ['loopback'], '::1', '198.51.100.7, 203.0.113.5', '203.0.113.5'],
    ['a chain of trusted proxies', ['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.5, 10.1.2.3', '203.0.113.5'],
    ['a stranger passes nothing on', ['loopback'], '203.0.113.9', '198.51.100.7', '203.0.113.9'],
    ['ports and brackets are not part of it', ['loopback'], '127.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
    ['nor are IPv4 ports', ['loopback'], '127.0.0.1', '203.0.113.5:4711', '203.0.113.5'],
    ['nonsense is nowhere', ['loopback'], '127.0.0.1', '<script>', ''],
  ])('[S18] %s', (_, trusted, remote, forwarded, expected) => {
    expect(addressesOf(...trusted).of(request(remote, forwarded))).toBe(expected)
  })

  it('[S68] only what nobody has passed on is local', () => {
    const addresses = addressesOf('loopback')
    expect(addresses.isLocal(request('127.0.0.1'))).toBe(true)
    expect(addresses.isLocal(request('127.0.0.1', '127.0.0.1'))).toBe(false)
    expect(addresses.isLocal(request('203.0.113.5'))).toBe(false)
  })
})

describe('what counts as one place', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['64:ff9b::203.0.113.5', '64:ff9b:0:0::/64'],
    ['127.3.2.1', null],
    ['::1', null],
    ['', null],
  ])('[S18] %s is %s', (address, place) => {
    expect(placeOf(address)).toBe(place)
  })
})

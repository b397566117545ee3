import { describe, expect, it } from 'vitest'
import { createSystemRandom, sha256, verifyEd25519 } from '../../../signaling/crypto.ts'
import { fromHex, toHex, utf8 } from '../../../src/base/bytes.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { createNodeKey } from '../../support/node-key.ts'

describe('signatures', () => {
  it('agree with RFC 8032, test 2', () => {
    const key = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c' as PublicKey
    const signature = fromHex(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    )
    expect(verifyEd25519(key, new Uint8Array([0x72]), signature)).toBe(true)
    expect(verifyEd25519(key, new Uint8Array([0x73]), signature)).toBe(false)
  })

  it('by another key, cut short, or by what is no key are false, never an error', () => {
    const [key, other] = [createNodeKey(), createNodeKey()]
    const message = utf8('head')
    const signature = key.sign(message)
    expect(verifyEd25519(key.publicKey, message, signature)).toBe(true)
    expect(verifyEd25519(other.publicKey, message, signature)).toBe(false)
    expect(verifyEd25519(key.publicKey, message, signature.slice(1))).toBe(false)
    expect(verifyEd25519('ff'.repeat(32) as PublicKey, message, signature)).toBe(false)
    expect(verifyEd25519('' as PublicKey, message, signature)).toBe(false)
  })
})

it('SHA-256 agrees with FIPS 180-4', () => {
  expect(toHex(sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

it('system randomness fills what it is asked for and stays in range', () => {
  const random = createSystemRandom()
  expect(random.bytes(32)).toHaveLength(32)
  expect(random.bytes(32)).not.toEqual(random.bytes(32))
  for (let i = 0; i < 100; i++) expect([0, 1, 2]).toContain(random.below(3))
})

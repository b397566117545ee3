import { deleteDB } from 'idb'
import { afterEach, describe, expect, it } from 'vitest'
import { fromHex, toHex, utf8, type Bytes } from '../../src/base/bytes.ts'
import { headBytes } from '../../src/domain/head.ts'
import type { PublicKey } from '../../src/domain/stream.ts'
import { createVerify, openIdentity } from '../../src/identity/web-identity.ts'
import type { Identity } from '../../src/ports/identity.ts'
import type { IdentityKeys } from '../../src/ports/key-vault.ts'
import { transcriptBytes, type LinkTranscript } from '../../src/protocol/link.ts'
import { checkInBytes } from '../../src/protocol/signaling.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { claimFence } from '../../src/store/fence.ts'
import { createKeyVault } from '../../src/store/key-vault.ts'
import { createHistory } from '../support/history.ts'

const opened: { readonly name: string; readonly database: Database }[] = []
let next = 1

const openNamed = async (name: string): Promise<Database> => {
  const database = await openDatabase(name, () => undefined)
  opened.push({ name, database })
  return database
}

const freshName = (): string => `identity test ${next++}`

afterEach(async () => {
  for (const { database } of opened) database.close()
  for (const { name } of opened.splice(0)) await deleteDB(name)
})

const vaultOver = async (database: Database) => createKeyVault(database, await claimFence(database, { tab: 'a tab', first: true }, () => undefined))

const keysIn = async (database: Database): Promise<IdentityKeys<CryptoKey>> => {
  const keys = await database.get('keys', 'identity')
  if (keys === undefined) throw new Error('the vault is empty')
  return keys
}

const { head } = createHistory({ seed: 1, rows: 8, pageRows: 4 })
const nonce = new Uint8Array(32).fill(7)

describe('the key vault', () => {
  it('is empty at first', async () => {
    expect(await (await vaultOver(await openNamed(freshName()))).load()).toBeNull()
  })

  it('keeps a key that still signs as the same node after the database was opened anew', async () => {
    const name = freshName()
    const database = await openNamed(name)
    const before = await openIdentity(await vaultOver(database))
    database.close()
    const after = await openIdentity(await vaultOver(await openNamed(name)))
    expect(after.publicKey).toBe(before.publicKey)
    expect(await createVerify()(before.publicKey, headBytes(head), await after.signHead(head))).toBe(true)
  })

  it('keeps keys that cannot leave', async () => {
    const database = await openNamed(freshName())
    await openIdentity(await vaultOver(database))
    const { signing, wrapping } = await keysIn(database)
    expect([signing.extractable, wrapping.extractable]).toEqual([false, false])
    await expect(crypto.subtle.exportKey('pkcs8', signing)).rejects.toThrow()
    await expect(crypto.subtle.exportKey('raw', wrapping)).rejects.toThrow()
    expect(signing.usages).toEqual(['sign'])
  })

  it('keeps the seed sealed, and what is in it signs as the same node', async () => {
    const database = await openNamed(freshName())
    const identity = await openIdentity(await vaultOver(database))
    const { sealedSeed, iv, wrapping } = await keysIn(database)
    const pkcs8 = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, wrapping, sealedSeed)
    const restored = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
    const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', restored, utf8('hello')))
    expect(await createVerify()(identity.publicKey, utf8('hello'), signature)).toBe(true)
    const seed = new Uint8Array(pkcs8).slice(-32)
    expect(toHex(sealedSeed)).not.toContain(toHex(seed))
  })

  it('never overwrites an identity', async () => {
    const database = await openNamed(freshName())
    const vault = await vaultOver(database)
    const { publicKey } = await openIdentity(vault)
    const keys = await keysIn(database)
    await expect(vault.save({ ...keys, publicKey: new Uint8Array(32) })).rejects.toMatchObject({ name: 'ConstraintError' })
    expect((await openIdentity(vault)).publicKey).toBe(publicKey)
  })
})

const transcript: LinkTranscript = {
  initiator: { publicKey: 'a'.repeat(64) as PublicKey, nonce, fingerprint: new Uint8Array(32).fill(1) },
  responder: { publicKey: 'b'.repeat(64) as PublicKey, nonce, fingerprint: new Uint8Array(32).fill(2) },
}

const signings: Readonly<Record<string, { readonly bytes: Bytes; readonly sign: (identity: Identity) => Promise<Bytes> }>> = {
  'a head': { bytes: headBytes(head), sign: (identity) => identity.signHead(head) },
  'a check-in': { bytes: checkInBytes(toHex(nonce), 'node.example:8080'), sign: (identity) => identity.signCheckIn(nonce, 'NODE.example:8080') },
  'a link as initiator': { bytes: transcriptBytes('initiator', transcript), sign: (identity) => identity.signLink('initiator', transcript) },
  'a link as responder': { bytes: transcriptBytes('responder', transcript), sign: (identity) => identity.signLink('responder', transcript) },
}

const flipped = (bytes: Bytes, at: number): Bytes => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))

const freshIdentity = async (): Promise<Identity> => openIdentity(await vaultOver(await openNamed(freshName())))

describe('verifying', () => {
  for (const [what, { bytes, sign }] of Object.entries(signings))
    it(`accepts ${what} as it was signed and refuses it with any one byte altered`, async () => {
      const identity = await freshIdentity()
      const verify = createVerify()
      const signature = await sign(identity)
      const key = fromHex(identity.publicKey)
      expect(await verify(identity.publicKey, bytes, signature)).toBe(true)
      const altered = await Promise.all([
        ...Array.from(bytes, (_, at) => verify(identity.publicKey, flipped(bytes, at), signature)),
        ...Array.from(signature, (_, at) => verify(identity.publicKey, bytes, flipped(signature, at))),
        ...Array.from(key, (_, at) => verify(toHex(flipped(key, at)) as PublicKey, bytes, signature)),
      ])
      expect(altered.filter((accepted) => accepted)).toEqual([])
      expect(altered).toHaveLength(bytes.length + 64 + 32)
    })

  it('never takes the signature of one thing for another', async () => {
    const identity = await freshIdentity()
    const verify = createVerify()
    for (const { sign } of Object.values(signings)) {
      const signature = await sign(identity)
      const takenFor = await Promise.all(Object.values(signings).map(({ bytes }) => verify(identity.publicKey, bytes, signature)))
      expect(takenFor.filter((accepted) => accepted)).toHaveLength(1)
    }
  })

  const wrong: Readonly<Record<string, { readonly key?: string; readonly signature?: Bytes }>> = {
    'a key that is no point of the curve': { key: `02${'00'.repeat(31)}` },
    'a key beyond the field': { key: 'ff'.repeat(32) },
    'a key that is too short': { key: 'aa'.repeat(31) },
    'a key that is too long': { key: 'aa'.repeat(33) },
    'a key that is empty': { key: '' },
    'a key that is no hex': { key: 'zz'.repeat(32) },
    'a signature that is too short': { signature: new Uint8Array(63) },
    'a signature that is too long': { signature: new Uint8Array(65) },
    'a signature that is empty': { signature: new Uint8Array(0) },
    'a signature of nothing but zeros': { signature: new Uint8Array(64) },
  }
  for (const [what, { key, signature }] of Object.entries(wrong))
    it(`${what} is false, and the next one is judged as if nothing had been`, async () => {
      const identity = await freshIdentity()
      const verify = createVerify()
      const good = await identity.signHead(head)
      expect(await verify((key ?? identity.publicKey) as PublicKey, headBytes(head), signature ?? good)).toBe(false)
      expect(await verify(identity.publicKey, headBytes(head), good)).toBe(true)
    })

  it('remembers a bounded number of keys and still judges the forgotten ones', async () => {
    const verify = createVerify()
    const first = await freshIdentity()
    const signature = await first.signHead(head)
    for (let number = 0; number < 300; number++)
      await verify(number.toString(16).padStart(64, '0') as PublicKey, headBytes(head), signature)
    expect(await verify(first.publicKey, headBytes(head), signature)).toBe(true)
  })
})

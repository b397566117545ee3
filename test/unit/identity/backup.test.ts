import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { utf8, type Bytes } from '../../../src/base/bytes.ts'
import { openBackup, sealBackup } from '../../../src/identity/backup.ts'
import { backUpIdentity, openIdentity, restoreIdentity } from '../../../src/identity/web-identity.ts'
import type { IdentityKeys, ReplaceableVault } from '../../../src/ports/key-vault.ts'

const PASSPHRASE = 'four small words here'
/** Where the fields of the file begin: a tag of 22 bytes, the version, the iterations, salt, nonce, public key, sealed. */
const AT = { tag: 0, version: 22, iterations: 23, salt: 27, iv: 43, publicKey: 55, length: 87, sealed: 89 } as const

const createVault = (): ReplaceableVault<CryptoKey> & { keys: IdentityKeys<CryptoKey> | null } => {
  const vault: ReplaceableVault<CryptoKey> & { keys: IdentityKeys<CryptoKey> | null } = {
    keys: null,
    load: async () => vault.keys,
    save: async (keys) => void (vault.keys = keys),
    replace: async (keys) => void (vault.keys = keys),
  }
  return vault
}

const changed = (file: Bytes, at: number, by = 1): Bytes => {
  const copy = file.slice()
  copy[at] = ((copy[at] ?? 0) + by) % 256
  return copy
}

const codeOf = async (opening: ReturnType<typeof openBackup>): Promise<string> => {
  const opened = await opening
  return opened.ok ? 'opened' : opened.error.code
}

/** Half a second each is for those who guess; what was asked for is kept. */
const asked: number[] = []
const derive = crypto.subtle.deriveKey.bind(crypto.subtle)

describe('the backup of an identity', () => {
  const mine = createVault()
  let file: Bytes
  let publicKey = ''

  beforeAll(async () => {
    vi.spyOn(crypto.subtle, 'deriveKey').mockImplementation((how, ...rest) => {
      asked.push((how as Pbkdf2Params).iterations)
      return derive({ ...(how as Pbkdf2Params), iterations: 1 }, ...rest)
    })
    ;({ publicKey } = await openIdentity(mine))
    const made = await backUpIdentity(mine, PASSPHRASE)
    if (!made.ok) throw new Error(made.error.message)
    file = made.value
  })
  beforeEach(() => void (asked.length = 0))
  afterAll(() => vi.restoreAllMocks())

  it('costs whoever guesses a million rounds a passphrase', async () => {
    await openBackup(file, 'one guess of many')
    expect(asked).toEqual([1_000_000])
  })

  it('makes another profile the same node: it signs what verifies under the same key', async () => {
    const other = createVault()
    const before = await openIdentity(other)
    expect(before.publicKey).not.toBe(publicKey)
    expect(await restoreIdentity(other, file, PASSPHRASE)).toEqual({ ok: true, value: publicKey })
    const restored = await openIdentity(other)
    expect(restored.publicKey).toBe(publicKey)
    const nonce = new Uint8Array(32)
    const [signature, own] = [await restored.signCheckIn(nonce, 'host'), await (await openIdentity(mine)).signCheckIn(nonce, 'host')]
    expect(signature).toEqual(own)
    expect(other.keys?.signing.extractable).toBe(false)
  })

  it('does not open with another passphrase, and leaves the vault as it is', async () => {
    const other = createVault()
    const { publicKey: kept } = await openIdentity(other)
    const answer = await restoreIdentity(other, file, `${PASSPHRASE} `)
    expect(answer).toMatchObject({ ok: false, error: { code: 'wrong-passphrase' } })
    expect((await openIdentity(other)).publicKey).toBe(kept)
  })

  it('is refused when the key it names is another: nobody restores themselves as somebody else', async () => {
    expect(await codeOf(openBackup(changed(file, AT.publicKey), PASSPHRASE))).toBe('wrong-passphrase')
  })

  it('holds no trace of the seed, and differs each time', async () => {
    const opened = await openBackup(file, PASSPHRASE)
    if (!opened.ok) throw new Error(opened.error.message)
    const seed = Buffer.from(opened.value.pkcs8.slice(-32))
    expect(Buffer.from(file).includes(seed)).toBe(false)
    expect(file.slice(AT.salt, AT.publicKey)).not.toEqual(new Uint8Array(AT.publicKey - AT.salt))
  })

  it.each([
    ['nothing', () => new Uint8Array(0), 'not-a-backup'],
    ['a picture', () => utf8('GIF89a'.repeat(20)), 'not-a-backup'],
    ['its beginning alone', () => file.slice(0, AT.sealed), 'not-a-backup'],
    ['a byte too many', () => new Uint8Array([...file, 0]), 'not-a-backup'],
    ['more than a backup ever is', () => new Uint8Array([...file, ...new Uint8Array(2_000)]), 'not-a-backup'],
    ['a tag of something else', () => changed(file, AT.tag), 'not-a-backup'],
    ['version 0', () => changed(file, AT.version, 255), 'not-a-backup'],
    ['a later version', () => changed(file, AT.version), 'newer-backup'],
    ['iterations that protect nobody', () => withIterations(file, 599_999), 'not-a-backup'],
    ['iterations that would freeze the page', () => withIterations(file, 10_000_001), 'not-a-backup'],
    ['a key longer than keys are', () => changed(file, AT.length, 4), 'not-a-backup'],
  ] as const)('refuses %s before it derives a key', async (_what, make, code) => {
    expect(await codeOf(openBackup(make(), PASSPHRASE))).toBe(code)
    expect(asked).toEqual([])
  })

  it('takes no passphrase that is guessed in an afternoon', async () => {
    const sealed = await sealBackup({ publicKey: (await openIdentity(mine)).publicKey, pkcs8: new Uint8Array(48) }, 'eleven char')
    expect(sealed).toMatchObject({ ok: false, error: { code: 'short-passphrase' } })
  })

  it('of another key under its name is refused', async () => {
    const stranger = (await openIdentity(createVault())).publicKey
    const opened = await openBackup(file, PASSPHRASE)
    if (!opened.ok) throw new Error(opened.error.message)
    const forged = await sealBackup({ ...opened.value, publicKey: stranger }, PASSPHRASE)
    const vault = createVault()
    expect(forged.ok && (await restoreIdentity(vault, forged.value, PASSPHRASE))).toMatchObject({ ok: false, error: { code: 'not-a-backup' } })
    expect(vault.keys).toBeNull()
  })
})

const withIterations = (file: Bytes, iterations: number): Bytes => {
  const copy = file.slice()
  new DataView(copy.buffer).setUint32(AT.iterations, iterations)
  return copy
}

import { equalBytes, utf8, type Bytes } from '../base/bytes.ts'
import { bytes, decode, encode, fixed, struct, u32, u8, type CodecType } from '../base/codec.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { publicKeyCodec, type PublicKey } from '../domain/stream.ts'

// The identity as a file: who has the file and its passphrase is this node.

/**
 * Layout of the file.
 * 1: PBKDF2 over SHA-256 gives an AES-256-GCM key; sealed is the key pair's PKCS #8; all before it is authenticated with it.
 */
const BACKUP_VERSION = 1

const TAG = utf8('zazen identity backup\n')

/** Guessing costs this much a passphrase: about half a second on a desk. OWASP asks for 600,000. */
const ITERATIONS = 1_000_000

/** A file may ask for no fewer, else it protects nobody, and for no more: it would freeze who opens it. */
const MIN_ITERATIONS = 600_000
const MAX_ITERATIONS = 10_000_000

/** PKCS #8 of an Ed25519 key, sealed, is 64 bytes; nothing much longer is a key of ours. */
const MAX_SEALED_BYTES = 256

/** Longer files are not read at all. */
export const MAX_BACKUP_BYTES = 1_024

/** A shorter passphrase is guessed in an afternoon, whatever the iterations. */
export const MIN_PASSPHRASE_CHARS = 12

/** What is readable without the passphrase. */
const openPart = {
  tag: fixed(TAG.length),
  version: u8,
  iterations: u32,
  salt: fixed(16),
  iv: fixed(12),
  publicKey: publicKeyCodec,
} as const

const openCodec = struct(openPart)
const backupCodec = struct({ ...openPart, sealed: bytes(MAX_SEALED_BYTES) })

type Backup = CodecType<typeof backupCodec>

export type BackupFailure = Failure<'not-a-backup' | 'newer-backup' | 'wrong-passphrase' | 'short-passphrase'>

/** A key pair on its way between vault and file. */
export interface OpenedBackup {
  readonly publicKey: PublicKey
  readonly pkcs8: Bytes
}

export const sealBackup = async ({ publicKey, pkcs8 }: OpenedBackup, passphrase: string): Promise<Result<Bytes, BackupFailure>> => {
  if (passphrase.length < MIN_PASSPHRASE_CHARS)
    return fail('short-passphrase', `A passphrase needs at least ${MIN_PASSPHRASE_CHARS} characters: four or five words will do.`)
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const open = { tag: TAG, version: BACKUP_VERSION, iterations: ITERATIONS, salt, iv, publicKey }
  const key = await keyOf(passphrase, open)
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: authenticated(open) }, key, pkcs8))
  return ok(encode(backupCodec, { ...open, sealed }))
}

/** Total: whatever the bytes are, it answers. A wrong passphrase and an altered file cannot be told apart. */
export const openBackup = async (file: Bytes, passphrase: string): Promise<Result<OpenedBackup, BackupFailure>> => {
  const backup = readBackup(file)
  if (!backup.ok) return backup
  const { iv, sealed, publicKey } = backup.value
  try {
    const key = await keyOf(passphrase, backup.value)
    const pkcs8 = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: authenticated(backup.value) }, key, sealed)
    return ok({ publicKey, pkcs8: new Uint8Array(pkcs8) })
  } catch {
    // The platform says no more than that it does not fit.
    return fail('wrong-passphrase', 'The passphrase does not open this file, or the file was altered. Nothing has changed.')
  }
}

const readBackup = (file: Bytes): Result<Backup, BackupFailure> => {
  const isOurs = file.length <= MAX_BACKUP_BYTES && equalBytes(file.subarray(0, TAG.length), TAG)
  if (!isOurs) return fail('not-a-backup', 'This file is no backup of a Zazen identity.')
  if ((file[TAG.length] ?? 0) > BACKUP_VERSION) return fail('newer-backup', 'A newer version of Zazen wrote this backup. Reload to update, then try again.')
  const backup = decode(backupCodec, file, 'backup')
  const isSound = backup.ok && backup.value.version === BACKUP_VERSION && backup.value.iterations >= MIN_ITERATIONS && backup.value.iterations <= MAX_ITERATIONS
  return isSound ? ok(backup.value) : fail('not-a-backup', 'This backup is damaged: it cannot be read. Take another copy of it.')
}

/** Typed on another machine, the same letters may be other code points. */
const keyOf = async (passphrase: string, { salt, iterations }: Pick<Backup, 'salt' | 'iterations'>): Promise<CryptoKey> => {
  const typed = await crypto.subtle.importKey('raw', utf8(passphrase.normalize('NFKC')), 'PBKDF2', false, ['deriveKey'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  return crypto.subtle.deriveKey(how, typed, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** All that is readable: nobody can put another public key, or fewer iterations, before the same secret. */
const authenticated = (backup: CodecType<typeof openCodec>): Bytes => encode(openCodec, backup)

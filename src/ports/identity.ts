import type { Bytes } from '../base/bytes.ts'
import type { Head } from '../domain/head.ts'
import type { PublicKey } from '../domain/stream.ts'
import type { LinkRole, LinkTranscript } from '../protocol/link.ts'

/** The node's key. It signs typed things with their own domain tags, never arbitrary bytes. */
export interface Identity {
  readonly publicKey: PublicKey
  signHead(head: Head): Promise<Bytes>
  signCheckIn(nonce: Bytes, host: string): Promise<Bytes>
  signLink(role: LinkRole, transcript: LinkTranscript): Promise<Bytes>
}

/** Judges Ed25519 signatures; total: a malformed key or signature is false. */
export type Verify = (publicKey: PublicKey, message: Bytes, signature: Bytes) => Promise<boolean>

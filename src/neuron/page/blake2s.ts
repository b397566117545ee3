import { blake2s } from '@noble/hashes/blake2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Blake2s8 } from '../../domain/original-csv.ts'

/** The hash that marks the lines of an original CSV; a file of its own, fetched with the first that is written. */
export const blake2s8: Blake2s8 = (text) => bytesToHex(blake2s(utf8ToBytes(text), { dkLen: 8 }))

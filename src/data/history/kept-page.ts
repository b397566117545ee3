import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { ok, type Failure, type Result } from '../../base/result.ts'
import type { PageShape } from '../../protocol/packed-page.ts'
import { openParcel } from '../../transfer/parcel.ts'

// A page at rest: its canonical bytes, or its parcel, sealed. A sealed one takes a fraction of the disk and is served as it is: a
// sender that packed canonical bytes, and read and hashed them before, spent half of its time on that (measured).

/** SHA-256 by the platform: of a whole page one bulk hash. */
export type Digest = (bytes: Bytes) => Promise<Bytes>

/** Canonical bytes begin with the letter of their tag. */
const SEALED = 1
/**
 * Behind it the SHA-256 of the page's hash and the parcel: bytes that were damaged, or are of another page, are found out without opening
 * them. It stops no person: who can write to this disk can make this node serve what its peers cut it for, until it looks again.
 */
const SEAL_BYTES = 32
const SEAL_END = 1 + SEAL_BYTES

/**
 * A parcel that saves less than half is not kept: a page of few rows stays readable as it is, and a stranger's packing, of which nobody
 * can be made to send a good one, may not grow on the disks of all who fetch it.
 */
const LEAST_SHARE_SAVED = 1 / 2

/**
 * The form in which a full page rests whose canonical bytes were verified to have the hash, and which this parcel opens to. A partial one
 * is soon another, and served in several cuts, all packed alike: it rests as it is.
 */
export const keepPage = async (page: { readonly hash: Bytes; readonly bytes: Bytes }, parcel: Bytes, digest: Digest): Promise<Bytes> => {
  const { hash, bytes } = page
  if (SEAL_END + parcel.length > bytes.length * (1 - LEAST_SHARE_SAVED)) return bytes
  const kept = new Uint8Array(SEAL_END + parcel.length)
  kept[0] = SEALED
  // Where the seal will stand: it is of both.
  kept.set(hash, 1)
  kept.set(parcel, SEAL_END)
  kept.set(await digest(kept.subarray(1)), 1)
  return kept
}

/** The canonical bytes of a page at rest. Total and bounded as `openParcel` is; whether it is the right page is for its hash to say. */
export const openKept = (kept: Bytes, shape: PageShape): Result<Bytes, Failure<'malformed'>> =>
  kept[0] === SEALED ? openParcel(kept.subarray(SEAL_END), shape) : ok(kept)

/** The parcel of a page at rest; null where there is none, its seal is broken, or it is that of another page. */
export const parcelAtRest = async (kept: Bytes, hash: Bytes, digest: Digest): Promise<Bytes | null> => {
  if (kept[0] !== SEALED || kept.length < SEAL_END) return null
  const sealed = kept.slice(1)
  sealed.set(hash)
  return equalBytes(kept.subarray(1, SEAL_END), await digest(sealed)) ? sealed.slice(SEAL_BYTES) : null
}

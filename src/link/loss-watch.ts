/** Less than this between the two ends although more waits: what loss leaves of the channel's own window. 1 % leaves some 14 KiB, 0.1 % some 45. */
const THIN_BYTES = 48 * 1024

/** More waits to be sent than this. */
const WAITING_BYTES = 32 * 1024

/** For as long as this, milliseconds: every connection begins thin, and is past that within a second. */
const LASTING_MS = 2_000

/** Said again only after this, milliseconds: another connection takes a while to be made and to be felt. */
const AGAIN_MS = 5_000

/**
 * Tells a sender that is held back by loss from one that has met a slow line or a slow reader: its channel lets little out, although
 * the other side has consumed nearly all that went out. Pure. `look` at each credit: what the other side has not consumed, and what of
 * that still waits here, bytes; true: now another connection would carry more.
 */
export const createLossWatch = () => {
  let thinSince: number | null = null
  let saidAt = -Infinity
  return {
    look: ({ unconsumed, queued }: { readonly unconsumed: number; readonly queued: number }, now: number): boolean => {
      const isThin = queued >= WAITING_BYTES && unconsumed - queued <= THIN_BYTES
      if (!isThin) thinSince = null
      else thinSince ??= now
      if (thinSince === null || now - thinSince < LASTING_MS || now - saidAt < AGAIN_MS) return false
      saidAt = now
      return true
    },
  }
}

import type { Bytes } from '../../base/bytes.ts'
import { MAX_PAGES_AHEAD, type UploadEffect, type WantedPage } from '../../transfer/upload.ts'

type LoadPage = Extract<UploadEffect, { type: 'load-page' }>

/** So many are begun at a time: a read of storage for each alone costs three times as much (measured). */
const AT_ONCE = MAX_PAGES_AHEAD / 2

/**
 * Loads what a peer asks for and, before their turn, the pages that follow: at most MAX_PAGES_AHEAD of them are in memory, and
 * what is no longer ahead is forgotten.
 */
export const createReadAhead = (load: (wanted: WantedPage) => Promise<Bytes | null>): ((effect: LoadPage) => Promise<Bytes | null>) => {
  const coming = new Map<string, Promise<Bytes | null>>()
  const begin = (wanted: WantedPage): void => {
    const parcel = load(wanted)
    // Whoever takes it hears of it; it may also never be taken.
    parcel.catch(() => undefined)
    coming.set(keyOf(wanted), parcel)
  }
  return (effect) => {
    const key = keyOf(effect)
    const parcel = coming.get(key) ?? load(effect)
    coming.delete(key)
    const ahead = new Set(effect.ahead.map(keyOf))
    for (const other of coming.keys()) if (!ahead.has(other)) coming.delete(other)
    const fresh = effect.ahead.filter((wanted) => !coming.has(keyOf(wanted)))
    if (fresh.length >= AT_ONCE || coming.size === 0) fresh.forEach(begin)
    return parcel
  }
}

const keyOf = ({ request, page }: WantedPage): string => `${request}/${page}`

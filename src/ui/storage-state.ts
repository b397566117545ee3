import { msg, str } from '@lit/localize'
import { formatBytes } from './format.ts'

/** What the browser says of the room that this app has. It estimates; only a write that fails knows. */
export interface StorageState {
  /** The browser does not clear it by itself. */
  readonly persisted: boolean
  readonly usedBytes: number
  readonly quotaBytes: number
}

/** Fuller than this, imports and downloads begin to fail. */
const NEARLY_FULL = 0.9

/** Null where the browser does not tell. */
export const readStorage = async (): Promise<StorageState | null> => {
  if (!('storage' in navigator) || !('estimate' in navigator.storage)) return null
  const [persisted, { usage = 0, quota = 0 }] = await Promise.all([navigator.storage.persisted(), navigator.storage.estimate()])
  return { persisted, usedBytes: usage, quotaBytes: quota }
}

export const isNearlyFull = ({ usedBytes, quotaBytes }: StorageState): boolean => quotaBytes > 0 && usedBytes / quotaBytes > NEARLY_FULL

export const storageWords = ({ usedBytes, quotaBytes, persisted }: StorageState): string =>
  persisted
    ? msg(str`${formatBytes(usedBytes)} of about ${formatBytes(quotaBytes)} used; the browser keeps it until you erase it`)
    : msg(str`${formatBytes(usedBytes)} of about ${formatBytes(quotaBytes)} used; the browser may clear it when the disk runs full`)

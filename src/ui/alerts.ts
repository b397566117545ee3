import { msg, str } from '@lit/localize'
import type { Attention } from './attention.ts'
import { formatCount } from './format.ts'

/** One matter is told again after this long at the earliest, milliseconds: a server that comes and goes must not ring all day. */
const QUIET_MS = 3_600_000

export interface AlertsDeps {
  readonly now: () => number
  /** The person wants to be told, and is not looking. */
  readonly isWanted: () => boolean
  readonly notify: (text: string) => void
  /** How many matters there are, on the app's icon. */
  readonly badge: (count: number) => void
}

/** Tells of what is new among the things that need attention. What is only advice is never told. */
export const createAlerts = ({ now, isWanted, notify, badge }: AlertsDeps) => {
  const told = new Map<string, number>()
  let count = -1
  return {
    heard: (items: readonly Attention[]): void => {
      const needs = items.filter(({ kind }) => kind === 'bad')
      if (needs.length !== count) badge((count = needs.length))
      const fresh = needs.filter(({ key }) => now() - (told.get(key) ?? -QUIET_MS) >= QUIET_MS)
      const [first] = fresh
      if (first === undefined || !isWanted()) return
      // What is over is forgotten only when it may be told again, so that this never holds more than there was in an hour.
      for (const [key, at] of told) if (now() - at >= QUIET_MS) told.delete(key)
      for (const { key } of fresh) told.set(key, now())
      const { about, what } = first
      notify(`${about === null ? '' : `${about}: `}${what}${fresh.length > 1 ? ` ${msg(str`And ${formatCount(fresh.length - 1)} more.`)}` : ''}`)
    },
  }
}

/** By the service worker where there is one: on phones nothing else may. */
export const showNotification = async (text: string): Promise<void> => {
  const options = { body: text, tag: 'zazen-attention', icon: '/icon-192.png' }
  const registration = await navigator.serviceWorker.getRegistration()
  if (registration !== undefined) await registration.showNotification('Zazen', options)
}

/** Where icons have badges. */
export const showBadge = (count: number): void => {
  if (!('setAppBadge' in navigator)) return
  // Refused where the app is not installed: there is no icon then.
  void (count === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(count)).catch(() => undefined)
}

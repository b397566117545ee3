import { LOCALE_STATUS_EVENT } from '@lit/localize'
import type { Failure } from '../../base/result.ts'

// What the processes below say, in a person's words. The sentences are many and few are ever needed: they come with the first that
// is, with another language, or once the node runs. Until then what was said in English is told as it is.

let tell: ((said: string) => string) | null = null
let coming: Promise<void> | null = null

/** Before another language than English is spoken: the sentences learn from their English what to listen for. */
export const loadTold = (): Promise<void> => {
  coming ??= bring().finally(() => {
    coming = null
  })
  return coming
}

const bring = async (): Promise<void> => {
  if (tell !== null) return
  tell = (await import('./told.ts')).toldWords
  // Whatever is seen already is said anew: every element listens for that, as for another language.
  window.dispatchEvent(new CustomEvent(LOCALE_STATUS_EVENT, { detail: { status: 'ready' } }))
}

export const toldWords = (said: string): string => {
  if (tell !== null) return tell(said)
  // It cannot be had offline, before it was kept: what was said is better than nothing.
  if (said !== '') loadTold().catch(() => undefined)
  return said
}

export const failureWords = ({ message }: Pick<Failure, 'message'>): string => toldWords(message)

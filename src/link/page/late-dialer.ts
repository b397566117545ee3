import type { Dial, DialEvent } from '../../ports/dialer.ts'
import { MAX_SIGNALS } from '../../protocol/limits.ts'
import type { PageDialer } from './dialer.ts'

/** Dials that wait for the code, at most: it comes within moments, or not at all. */
const MAX_WAITING = 64

export interface LateDialer extends PageDialer {
  /** Fetches the code before anybody dials. */
  warm(): void
}

interface Waiting {
  readonly dial: Dial
  /** What the other side has said meanwhile. */
  readonly signals: string[]
}

/**
 * The dialer, whose code comes with the first dial: a third of all that the page would otherwise fetch before it shows anything.
 * What is asked meanwhile waits, in its order; when the code cannot be had, dials fail, and the next one asks for it again.
 */
export const createLateDialer = (load: () => Promise<PageDialer>, emit: (event: DialEvent) => void): LateDialer => {
  const waiting = new Map<string, Waiting>()
  let dialer: PageDialer | null = null
  let isComing = false
  let hasStopped = false
  let reach: Parameters<PageDialer['reach']>[0] = null
  const fail = ({ key, peer, way }: Dial, code: 'busy' | 'closed', message: string): void => {
    emit({ type: 'failed', key, peer, via: way, code, message })
  }
  const failAll = (code: 'busy' | 'closed', message: string): void => {
    const dials = [...waiting.values()]
    waiting.clear()
    for (const { dial } of dials) fail(dial, code, message)
  }
  const begin = (come: PageDialer): void => {
    isComing = false
    if (hasStopped) return
    dialer = come
    if (reach !== null) come.reach(reach)
    for (const [key, { dial, signals }] of waiting) {
      come.open(dial)
      for (const signal of signals) come.signal(key, signal)
    }
    waiting.clear()
  }
  const miss = (thrown: unknown): void => {
    isComing = false
    const message = `What makes connections could not be loaded: reload the page. (${String(thrown)})`
    failAll('busy', message)
    if (reach !== null) emit({ type: 'reach', state: 'off', message })
  }
  const warm = (): void => {
    if (isComing || dialer !== null || hasStopped) return
    isComing = true
    load().then(begin, miss)
  }
  return {
    warm,
    open: (dial) => {
      if (dialer !== null) dialer.open(dial)
      else if (hasStopped || waiting.size >= MAX_WAITING) fail(dial, 'busy', 'Too many connections are being made already.')
      else {
        waiting.set(dial.key, { dial, signals: [] })
        warm()
      }
    },
    signal: (key, signal) => {
      const signals = waiting.get(key)?.signals
      if (dialer !== null) dialer.signal(key, signal)
      else if (signals !== undefined && signals.length < MAX_SIGNALS) signals.push(signal)
    },
    abandon: (key) => {
      if (dialer !== null) dialer.abandon(key)
      else waiting.delete(key)
    },
    reach: (how) => {
      reach = how
      if (dialer !== null) dialer.reach(how)
      else if (how !== null) warm()
    },
    woke: () => {
      dialer?.woke()
    },
    closeAll: () => {
      if (dialer !== null) dialer.closeAll()
      else failAll('closed', 'All connections are being closed.')
    },
    stop: () => {
      hasStopped = true
      waiting.clear()
      dialer?.stop()
    },
  }
}

import type { Remote } from 'comlink'
import type { Dialer } from '../ports/dialer.ts'
import type { RemoteDialer } from './processes.ts'

/** The page's dialer from another thread: nothing is waited for, its events come back by themselves. */
export const dialerOf = (remote: Remote<RemoteDialer>): Dialer => ({
  open: (dial) => void remote.open(dial),
  signal: (key, signal) => void remote.signal(key, signal),
  abandon: (key) => void remote.abandon(key),
  reach: (how) => void remote.reach(how),
  woke: () => void remote.woke(),
})

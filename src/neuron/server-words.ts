import type { ServerState } from '../pubsub/signaling-client.ts'
import type { Snapshot } from './snapshot.ts'

// The connection to the server, for the log and for the window.

export const serverLine = (state: ServerState): string => {
  if (state.is === 'checked-in') return 'checked in at the server'
  if (state.is === 'waiting') return `no server: ${state.error}`
  return 'another connection with this identity has taken over at the server'
}

export const viewServer = (url: string, state: ServerState, now: number): Snapshot['server'] => ({
  url,
  state: state.is,
  error: state.is === 'waiting' ? state.error : null,
  retryInSeconds: state.is === 'waiting' ? Math.max(0, Math.round((state.retryAt - now) / 1000)) : null,
  iceServers: state.is === 'checked-in' ? state.iceServers.map(({ urls }) => urls) : [],
})

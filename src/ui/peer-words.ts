import { msg, str } from '@lit/localize'
import type { PeerLinkView, PeerView } from '../neuron/peer-view.ts'
import type { Snapshot, StreamView } from '../neuron/snapshot.ts'
import { keptStreams } from './verdict.ts'

// Peers, in words. Pure.

export const viaWords = (via: PeerLinkView['via']): string => (via === 'peerjs' ? msg('a PeerServer') : msg('the server'))

/** The way that data take; empty where it is not known. */
export const wayWords = (relayed: PeerLinkView['relayed']): string => {
  if (relayed === null) return ''
  return relayed ? msg('relayed (TURN)') : msg('direct')
}

/** What the score comes to. A good page or two make it positive; a broken connection takes one, a bad page six. */
export const scoreWords = ({ score, verifiedPages, rejectedPages }: Pick<PeerLinkView, 'score' | 'verifiedPages' | 'rejectedPages'>): string => {
  if (rejectedPages > 0 || score < -4) return msg('bad')
  if (score < -1) return msg('poor')
  if (verifiedPages === 0 && score < 1) return msg('not known yet')
  if (score < 1) return msg('fair')
  return score < 6 ? msg('good') : msg('very good')
}

/** Names of buttons, for who hears them without the row they stand in. */
export const disconnectWords = (peer: string): string => msg(str`Disconnect from ${peer}`)
export const banWords = (peer: string): string => msg(str`Ban ${peer}…`)
export const liftWords = (peer: string): string => msg(str`Lift the ban of ${peer}`)

export const formatRtt = (rttMs: number | null): string => {
  if (rttMs === null) return '–'
  return rttMs < 1 ? msg('below 1 ms') : `${Math.round(rttMs)} ms`
}

/** Those who are there first, then by how long they have been; connections under way last. */
export const inOrder = (peers: readonly PeerView[]): readonly PeerView[] =>
  [...peers].sort((a, b) => Number(a.state === 'connecting') - Number(b.state === 'connecting') || a.since.localeCompare(b.since))

/** Names shown at once: strangers publish as many streams as they like under one key. */
const MAX_NAMED = 3

export interface Named {
  readonly streams: readonly StreamView[]
  readonly more: number
}

export const someOf = (streams: readonly StreamView[]): Named => ({
  streams: streams.slice(0, MAX_NAMED),
  more: Math.max(0, streams.length - MAX_NAMED),
})

/** What is known by name of streams and who publishes them; O(streams), once for all peers. */
export interface Names {
  readonly byId: ReadonlyMap<string, StreamView>
  readonly byPublisher: ReadonlyMap<string, readonly StreamView[]>
}

export const namesOf = (streams: readonly StreamView[]): Names => {
  const byPublisher = new Map<string, StreamView[]>()
  for (const stream of streams) {
    const known = byPublisher.get(stream.publisher)
    if (known === undefined) byPublisher.set(stream.publisher, [stream])
    else known.push(stream)
  }
  return { byId: new Map(streams.map((stream) => [stream.id, stream])), byPublisher }
}

/** Why there is nobody, and what makes somebody come. */
export const nobodyWords = (snapshot: Snapshot): string => {
  if (keptStreams(snapshot).length === 0)
    return msg('No peers yet. They come by themselves when you subscribe to a stream, or when somebody subscribes to one of yours.')
  if (snapshot.server.state === 'waiting' || snapshot.server.state === 'replaced')
    return msg('No peers now. The server, which introduces nodes to each other, is not reached; peers known from before are tried without it.')
  return msg('No peers now. Others who keep the same streams are looked for; as soon as one of them opens Zazen, it appears here.')
}

import type { Snapshot, StreamView } from '../neuron/snapshot.ts'
import { plural } from './format.ts'

/** The state of the whole node in one line, and how it feels. */
export interface Verdict {
  readonly tone: 'calm' | 'busy' | 'trouble'
  readonly text: string
  /** For the tab strip: short, most important first. */
  readonly title: string
  /** 0 … 1: how much of the histories wanted is here; closes the circle in the header. */
  readonly share: number
}

/** Streams whose history this node keeps. */
export const keptStreams = (snapshot: Snapshot): readonly StreamView[] =>
  snapshot.streams.filter((stream) => stream.own || stream.subscribed)

export const listedStreams = (snapshot: Snapshot): readonly StreamView[] =>
  snapshot.streams.filter((stream) => !stream.own && !stream.subscribed)

export const isStarting = (snapshot: Snapshot): boolean => snapshot.startup.some((step) => step.state !== 'done')

export const verdictOf = (snapshot: Snapshot): Verdict => {
  const kept = keptStreams(snapshot)
  const share = shareOf(kept)
  const failed = snapshot.startup.find((step) => step.state === 'failed')
  if (failed !== undefined) {
    const text = `Start-up stopped at “${failed.title}”`
    return { tone: 'trouble', text, title: '! start-up failed', share }
  }
  const running = snapshot.startup.find((step) => step.state !== 'done')
  if (running !== undefined && running.name !== 'server') {
    return { tone: 'busy', text: `Starting: ${running.title}`, title: '… starting', share }
  }
  return { ...settled(snapshot, kept), share }
}

const settled = (snapshot: Snapshot, kept: readonly StreamView[]): Omit<Verdict, 'share'> => {
  const predicting = kept.filter((stream) => stream.lastPrediction !== null && !stream.paused).length
  const fetching = kept.filter((stream) => stream.transfer?.phase === 'fetching').length
  const problems = kept.filter((stream) => stream.problem !== null).length
  const ready = snapshot.peers.filter((peer) => peer.state === 'ready').length
  const parts = [
    snapshot.paused ? 'Paused' : doing(kept.length, predicting),
    ...(fetching > 0 ? [`fetching ${plural(fetching, 'history').replace('historys', 'histories')}`] : []),
    plural(ready, 'peer'),
    ...trust(kept),
    ...(problems > 0 ? [`${problems} ${problems === 1 ? 'needs' : 'need'} attention`] : []),
    ...(snapshot.server.state === 'checked-in' ? [] : ['server not reached']),
  ]
  const tone = problems > 0 || snapshot.server.state === 'replaced' ? 'trouble' : fetching > 0 ? 'busy' : 'calm'
  return { tone, text: parts.join(' · '), title: titleOf(snapshot.paused, problems, fetching, predicting) }
}

const doing = (kept: number, predicting: number): string => {
  if (kept === 0) return 'Ready, no streams yet'
  return predicting === 0 ? `Keeping ${plural(kept, 'stream')}` : `Predicting ${plural(predicting, 'stream')}`
}

/** Nothing is said of verification while there is nothing to verify. */
const trust = (kept: readonly StreamView[]): readonly string[] => {
  const filled = kept.filter((stream) => stream.rows > 0)
  if (filled.length === 0) return []
  const open = filled.filter((stream) => !stream.verified).length
  return [open === 0 ? 'all verified' : `${open} not verified`]
}

const titleOf = (paused: boolean, problems: number, fetching: number, predicting: number): string => {
  if (problems > 0) return `! ${problems} ${problems === 1 ? 'needs' : 'need'} attention`
  if (paused) return '‖ paused'
  if (fetching > 0) return `↓ ${fetching} fetching`
  return predicting > 0 ? `▲ ${predicting} predicting` : ''
}

const shareOf = (kept: readonly StreamView[]): number => {
  const wanted = kept.reduce((sum, stream) => sum + Math.max(stream.knownRows, stream.rows), 0)
  const here = kept.reduce((sum, stream) => sum + Math.max(stream.rows, stream.transfer?.rowsDone ?? 0), 0)
  return wanted === 0 ? 1 : Math.min(1, here / wanted)
}

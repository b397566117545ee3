import { msg, str } from '@lit/localize'
import type { Snapshot, StreamView } from '../neuron/snapshot.ts'
import { formatCount, isOne, plural } from './format.ts'
import { hrefOf } from './router.ts'
import { OVER_BUDGET, isTroubled } from './standing.ts'
import { stepWords } from './words/steps.ts'

/** The state of the whole node in one line, and how far it has come. */
export interface Verdict {
  readonly parts: readonly VerdictPart[]
  /** For the tab strip: short, most important first. */
  readonly title: string
  /** 0 … 1: how much of the histories wanted is here; closes the circle in the header. */
  readonly share: number
}

export interface VerdictPart {
  readonly text: string
  /** Something to look after. */
  readonly trouble: boolean
  /** Where more is said of it. */
  readonly href?: string
}

export const verdictText = (verdict: Pick<Verdict, 'parts'>): string => verdict.parts.map((part) => part.text).join(' · ')

/** Streams whose history this node keeps. */
export const keptStreams = (snapshot: Snapshot): readonly StreamView[] =>
  snapshot.streams.filter((stream) => stream.own || stream.subscribed)

export const isStarting = (snapshot: Snapshot): boolean => snapshot.startup.some((step) => step.state !== 'done')

/** The node can work with its own streams; the server and what hangs on it may still be away. */
export const isUsable = (snapshot: Snapshot): boolean =>
  snapshot.startup.every((step) => step.state === 'done' || step.name === 'server' || step.name === 'streams')

export const verdictOf = (snapshot: Snapshot): Verdict => {
  const kept = keptStreams(snapshot)
  const share = shareOf(kept)
  const failed = snapshot.startup.find((step) => step.state === 'failed')
  if (failed !== undefined) {
    return { parts: [bad(msg(str`Start-up stopped at “${stepWords(failed)}”`))], title: msg('! start-up failed'), share }
  }
  const running = snapshot.startup.find((step) => step.state !== 'done')
  if (running !== undefined && !isUsable(snapshot)) {
    return { parts: [good(msg(str`Starting: ${stepWords(running)}`))], title: msg('… starting'), share }
  }
  return { ...settled(snapshot, kept), share }
}

const good = (text: string): VerdictPart => ({ text, trouble: false })
const bad = (text: string): VerdictPart => ({ text, trouble: true })

const settled = (snapshot: Snapshot, kept: readonly StreamView[]): Omit<Verdict, 'share'> => {
  const predicting = kept.filter((stream) => stream.lastPrediction !== null && !stream.paused && !stream.forked && stream.problem?.code !== OVER_BUDGET).length
  const fetching = kept.filter((stream) => stream.transfer?.phase === 'fetching').length
  const problems = kept.filter(isTroubled).length
  const ready = snapshot.peers.filter((peer) => peer.state === 'ready').length
  const parts = [
    good(snapshot.paused ? msg('Paused') : doing(kept.length, predicting)),
    ...(fetching > 0 ? [good(isOne(fetching) ? msg('fetching 1 history') : msg(str`fetching ${formatCount(fetching)} histories`))] : []),
    { ...good(plural(ready, 'peer')), href: hrefOf({ page: 'peers' }) },
    ...trust(kept),
    ...(problems > 0 ? [{ ...bad(attentionWords(problems)), href: hrefOf({ page: 'streams' }) }] : []),
    ...serverPart(snapshot.server.state),
  ]
  return { parts, title: titleOf(snapshot.paused, problems, fetching, predicting) }
}

const doing = (kept: number, predicting: number): string => {
  if (kept === 0) return msg('Ready, no streams yet')
  return predicting === 0 ? msg(str`Keeping ${plural(kept, 'stream')}`) : msg(str`Predicting ${plural(predicting, 'stream')}`)
}

const serverPart = (state: Snapshot['server']['state']): readonly VerdictPart[] => {
  switch (state) {
    case 'checked-in':
      return []
    case 'connecting':
      return [good(msg('connecting to the server'))]
    case 'waiting':
      return [bad(msg('server not reached'))]
    case 'replaced':
      return [bad(msg('replaced by another window'))]
  }
}

/** Nothing is said of verification while there is nothing to verify. */
const trust = (kept: readonly StreamView[]): readonly VerdictPart[] => {
  const filled = kept.filter((stream) => stream.rows > 0)
  if (filled.length === 0) return []
  const open = filled.filter((stream) => !stream.verified).length
  return [open === 0 ? good(msg('all verified')) : bad(msg(str`${formatCount(open)} not verified`))]
}

const attentionWords = (problems: number): string =>
  isOne(problems) ? msg('1 needs attention') : msg(str`${formatCount(problems)} need attention`)

const titleOf = (paused: boolean, problems: number, fetching: number, predicting: number): string => {
  if (problems > 0) return `! ${attentionWords(problems)}`
  if (paused) return msg('‖ paused')
  if (fetching > 0) return msg(str`↓ ${formatCount(fetching)} fetching`)
  return predicting > 0 ? msg(str`▲ ${formatCount(predicting)} predicting`) : ''
}

const shareOf = (kept: readonly StreamView[]): number => {
  const wanted = kept.reduce((sum, stream) => sum + Math.max(stream.knownRows, stream.rows), 0)
  const here = kept.reduce((sum, stream) => sum + Math.max(stream.rows, stream.transfer?.rowsDone ?? 0), 0)
  return wanted === 0 ? 1 : Math.min(1, here / wanted)
}

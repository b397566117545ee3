import { spreadOf } from '../statistics.ts'
import { bare, peerServer, tracker, zazen, zazenPair } from './contenders.ts'
import { measureCrowd, measurePairings, type Crowd, type Pairings } from './measures.ts'

/** What the signaling server does beside a bare WebSocket server, a PeerServer and a WebTorrent tracker, one after the other on the same machine. */
export interface SignalingReport {
  readonly pairings: Readonly<Record<string, readonly Pairings[]>>
  readonly crowds: Readonly<Record<string, Crowd>>
  readonly idle: number
  readonly subscribers: number
}

export interface SignalingPlan {
  readonly rounds: number
  readonly pairs: number
  readonly forMs: number
  readonly idle: number
  readonly subscribers: number
  readonly say: (line: string) => void
}

export const SIGNALING_DEFAULTS = { rounds: 3, pairs: 250, forMs: 4_000, idle: 15_000, subscribers: 10_000 }

export const benchSignaling = async (plan: SignalingPlan): Promise<SignalingReport> => {
  const pairings: Record<string, Pairings[]> = {}
  // In turns, so that a busy minute of the machine hits all alike.
  for (let round = 0; round < plan.rounds; round++)
    for (const contender of [bare, zazen, zazenPair, peerServer, tracker]) {
      const measured = await measurePairings(contender, plan)
      ;(pairings[contender.name] ??= []).push(measured)
      plan.say(`  pairings  ${contender.name.padEnd(20)}${Math.round(measured.perSecond)} a second, ${Math.round(measured.processorUs)} µs each`)
    }
  const crowds: Record<string, Crowd> = {}
  for (const contender of [bare, zazen]) {
    crowds[contender.name] = await measureCrowd(contender, plan)
    plan.say(`  crowd     ${contender.name}`)
  }
  return { pairings, crowds, idle: plan.idle, subscribers: plan.subscribers }
}

export const signalingTable = ({ pairings, crowds, idle, subscribers }: SignalingReport): string => {
  const lines = Object.entries(pairings).map(([name, runs]) => {
    const of = (figure: (run: Pairings) => number): number => spreadOf(runs.map(figure)).median
    return [name, of((run) => run.perSecond).toFixed(0), of((run) => run.p50Ms).toFixed(1), of((run) => run.p99Ms).toFixed(1), of((run) => run.processorUs).toFixed(0)]
  })
  const crowdLines = Object.entries(crowds).map(([name, { bytesEach, fanOutMs, stormMs }]) => {
    const { median, min, max } = spreadOf(fanOutMs)
    return [name, (bytesEach / 1024).toFixed(1), `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`, (stormMs / 1000).toFixed(1)]
  })
  return [
    table(['server', 'introductions/s', 'p50 ms', 'p99 ms', 'processor µs each'], lines),
    table(['server', `KiB each of ${idle} idle`, `fan-out to ${subscribers}, ms`, `${subscribers} come back, s`], crowdLines),
  ].join('\n\n')
}

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

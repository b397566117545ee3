import { failureOf } from '../../../src/base/result.ts'
import { spreadOf } from '../statistics.ts'
import { bare, peerServer, peerServerOnce, tracker, zazen, zazenPair, type Contender } from './contenders.ts'
import { measureAbuse, type Abuse } from './abuse.ts'
import { measureQuestions, type Questions } from './questions.ts'
import { measureCrowd, measurePairings, type Crowd, type Pairings } from './measures.ts'
import { trackerServer } from './tracker-package.ts'

/** What the signaling server does beside a bare WebSocket server, a PeerServer and a WebTorrent tracker, one after the other on the same machine. */
export interface SignalingReport {
  readonly pairings: Readonly<Record<string, readonly Pairings[]>>
  readonly crowds: Readonly<Record<string, Crowd>>
  readonly questions: Questions
  readonly abuse: readonly Abuse[]
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

/** So many pairs that no node meets its own bounds (SPEC [S15]) before the server meets its limits. */
export const SIGNALING_DEFAULTS = { rounds: 3, pairs: 500, forMs: 4_000, idle: 15_000, subscribers: 10_000 }

export const benchSignaling = async (plan: SignalingPlan): Promise<SignalingReport> => {
  const pairings: Record<string, Pairings[]> = {}
  const contenders = [bare, zazen, zazenPair, peerServer, peerServerOnce, ...trackerIfThere(plan.say)]
  // In turns, so that a busy minute of the machine hits all alike.
  for (let round = 0; round < plan.rounds; round++)
    for (const contender of contenders) {
      const measured = await measurePairings(contender, plan)
      ;(pairings[contender.name] ??= []).push(measured)
      plan.say(`  pairings  ${contender.name.padEnd(22)}${Math.round(measured.perSecond)} a second, ${Math.round(measured.processorUs)} µs each`)
    }
  const crowds: Record<string, Crowd> = {}
  for (const contender of [bare, zazen]) {
    crowds[contender.name] = await measureCrowd(contender, plan)
    plan.say(`  crowd     ${contender.name}`)
  }
  const questions = await measureQuestions(plan.subscribers)
  plan.say('  questions')
  const abuse = await measureAbuse()
  plan.say('  abuse')
  return { pairings, crowds, questions, abuse, idle: plan.idle, subscribers: plan.subscribers }
}

/** It comes from the network; where that fails, the others are measured all the same. */
const trackerIfThere = (say: SignalingPlan['say']): readonly Contender[] => {
  try {
    trackerServer()
    return [tracker]
  } catch (thrown) {
    say(`  ${tracker.name} is left out: ${failureOf(thrown).message}`)
    return []
  }
}

export const signalingTable = ({ pairings, crowds, questions, abuse, idle, subscribers }: SignalingReport): string => {
  const lines = Object.entries(pairings).map(([name, runs]) => {
    const of = (figure: (run: Pairings) => number): number => spreadOf(runs.map(figure)).median
    return [name, of((run) => run.perSecond).toFixed(0), of((run) => run.p50Ms).toFixed(1), of((run) => run.p99Ms).toFixed(1), of((run) => run.processorUs).toFixed(0), shareOf(runs, pairings[bare.name] ?? [])]
  })
  const crowdLines = Object.entries(crowds).map(([name, { bytesEach, fanOutMs, stormMs }]) => {
    const { median, min, max } = spreadOf(fanOutMs)
    return [name, (bytesEach / 1024).toFixed(1), `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`, (stormMs / 1000).toFixed(1)]
  })
  return [
    table(['server', 'introductions/s', 'p50 ms', 'p99 ms', 'processor µs each', `of ${bare.name}: rate, processor`], lines),
    table(['server', `KiB each of ${idle} idle`, `fan-out to ${subscribers}, ms`, `${subscribers} come back, s`], crowdLines),
    table(
      ['a publisher comes back and all ask it at once', 'answered, s', 'told to the publisher', 'told to others', 'publisher'],
      [[String(questions.askers), (questions.answeredMs / 1000).toFixed(1), String(questions.heard), String(questions.elsewhere), questions.isStillConnected ? 'stays' : 'is cut']],
    ),
    table(['attack', 'server, MiB more'], abuse.map(({ title, costMiB }) => [title, costMiB.toFixed(1)])),
  ].join('\n\n')
}

/** Round by round, since both ran in the same minute then. */
const shareOf = (runs: readonly Pairings[], ceilings: readonly Pairings[]): string => {
  const share = (of: (run: Pairings, ceiling: Pairings) => number): string => {
    const { median } = spreadOf(runs.flatMap((run, round) => ceilings.slice(round, round + 1).map((ceiling) => of(run, ceiling))))
    return `${(100 * median).toFixed(0)} %`
  }
  return `${share((run, ceiling) => run.perSecond / ceiling.perSecond)}, ${share((run, ceiling) => ceiling.processorUs / run.processorUs)}`
}

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

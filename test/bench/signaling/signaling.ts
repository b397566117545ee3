import { failureOf } from '../../../src/base/result.ts'
import { spreadOf } from '../statistics.ts'
import { bare, peerServer, peerServerOnce, tracker, zazen, zazenPair, type Contender } from './contenders.ts'
import { measureAbuse, type Abuse } from './abuse.ts'
import { measureQuestions, type Questions } from './questions.ts'
import { measureCrowd, measurePairings, type Crowd, type Pairings } from './measures.ts'
import { trackerServer } from './tracker-package.ts'

/** What the signaling server does beside a bare WebSocket server, a PeerServer and a WebTorrent tracker, in turns on the same machine. */
export interface SignalingReport {
  readonly pairings: Readonly<Record<string, readonly Pairings[]>>
  readonly crowds: Readonly<Record<string, readonly Crowd[]>>
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
  const contenders = [bare, zazen, zazenPair, peerServer, peerServerOnce, ...trackerIfThere(plan.say)]
  const pairings = await inTurns(plan, contenders, async (contender) => {
    const measured = await measurePairings(contender, plan)
    plan.say(`  pairings  ${contender.name.padEnd(22)}${Math.round(measured.perSecond)} a second, ${Math.round(measured.processorUs)} µs each`)
    return measured
  })
  const crowds = await inTurns(plan, [bare, zazen], async (contender) => {
    const measured = await measureCrowd(contender, plan)
    plan.say(`  crowd     ${contender.name.padEnd(22)}${(measured.bytesEach / 1024).toFixed(1)} KiB each`)
    return measured
  })
  const questions = await measureQuestions(plan.subscribers)
  plan.say('  questions')
  const abuse = await measureAbuse()
  plan.say('  abuse')
  return { pairings, crowds, questions, abuse, idle: plan.idle, subscribers: plan.subscribers }
}

/** So that a busy minute of the machine hits all alike. */
const inTurns = async <T>({ rounds }: SignalingPlan, contenders: readonly Contender[], measure: (contender: Contender) => Promise<T>): Promise<Record<string, T[]>> => {
  const measured: Record<string, T[]> = {}
  for (let round = 0; round < rounds; round++) for (const contender of contenders) (measured[contender.name] ??= []).push(await measure(contender))
  return measured
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
  const pairingLines = Object.entries(pairings).map(([name, runs]) => {
    const of = (figure: (run: Pairings) => number, digits: number): string => spread(runs.map(figure), digits)
    return [name, of((run) => run.perSecond, 0), of((run) => run.p50Ms, 0), of((run) => run.p99Ms, 0), of((run) => run.processorUs, 0), ...sharesOf(runs, pairings[bare.name] ?? [])]
  })
  const crowdLines = Object.entries(crowds).map(([name, runs]) => {
    const of = (figure: (run: Crowd) => readonly number[], digits: number): string => spread(runs.flatMap(figure), digits)
    return [name, of(({ bytesEach }) => [bytesEach / 1024], 1), of(({ fanOutMs }) => fanOutMs, 0), of(({ stormMs }) => [stormMs / 1000], 1)]
  })
  return [
    'Median (smallest–largest) of rounds in which all took their turns.',
    table(['server', 'introductions/s', 'p50 ms', 'p99 ms', 'processor µs each', `rate, % of ${bare.name}`, `processor, % of ${bare.name}`], pairingLines),
    table(['server', `KiB each of ${idle} idle`, `fan-out to ${subscribers}, ms`, `${subscribers} come back, s`], crowdLines),
    table(
      ['a publisher comes back and all ask it at once', 'answered, s', 'told to the publisher', 'told to others', 'publisher'],
      [[String(questions.askers), (questions.answeredMs / 1000).toFixed(1), String(questions.heard), String(questions.elsewhere), questions.isStillConnected ? 'stays' : 'is cut']],
    ),
    table(['attack', 'server, MiB more'], abuse.map(({ title, costMiB }) => [title, costMiB.toFixed(1)])),
  ].join('\n\n')
}

const spread = (values: readonly number[], digits: number): string => {
  const { median, min, max } = spreadOf(values)
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(digits))
  return values.length === 1 ? String(middle) : `${middle} (${low}–${high})`
}

/** Round by round, since both ran in the same minute then. */
const sharesOf = (runs: readonly Pairings[], ceilings: readonly Pairings[]): readonly [rate: string, processor: string] => {
  const share = (of: (run: Pairings, ceiling: Pairings) => number): string =>
    spread(runs.flatMap((run, round) => ceilings.slice(round, round + 1).map((ceiling) => 100 * of(run, ceiling))), 0)
  return [share((run, ceiling) => run.perSecond / ceiling.perSecond), share((run, ceiling) => ceiling.processorUs / run.processorUs)]
}

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

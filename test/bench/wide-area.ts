import { constants, getPriority, setPriority } from 'node:os'
import { createSeededRandom } from '../../src/base/random.ts'
import { openGround, type Ground } from './ground.ts'
import type { LineSettings } from './line.ts'
import { describeMachine, type Machine } from './machine.ts'
import { within } from './pair.ts'
import { createPayload, createTextPayload, type Payload } from './payload.ts'
import { withCost } from './processor.ts'
import { runRawChannel } from './raw-channel.ts'
import { openRelay, type Relay } from './relay.ts'
import type { Run } from './run.ts'
import { openSignalingProxy } from './signaling-proxy.ts'
import { onStage, type Stage } from './stage.ts'
import { spreadOf } from './statistics.ts'
import { openMember, openPublisher, publish, runZazen, type Published } from './zazen.ts'

const MIB = 2 ** 20
const line = (rttMs: number, mibPerSecond: number, loss: number): LineSettings => ({ rttMs, loss, bytesPerSecond: mibPerSecond * MIB })

const SEED = 20_260_101

/** Texts that cannot be packed fill a line with few rows; of numbers, two bytes a row, a line carries more than a receiver can verify. */
const PAYLOADS: Readonly<Record<number, () => Payload>> = {
  140_000: () => createTextPayload(140_000, SEED),
  300_000: () => createTextPayload(300_000, SEED),
  1_000_000: () => createPayload(1_000_000, SEED),
}

/** One kind of line and who sends over it. */
interface Case {
  readonly contender: 'raw channel' | 'zazen'
  /** The fixed window of the bare channel, bytes. */
  readonly windowBytes?: number
  readonly line: LineSettings
  readonly senders: number
  /** Which of the payloads. */
  readonly rows: keyof typeof PAYLOADS
}

/** The bare channel's window on the loopback, and one that no line here leaves empty: what the emulated line lets through at best. */
const RAW_WINDOWS = [MIB / 2, 2 * MIB]

/** Where little gets through, some 8 MiB: a run must end, and say more than how it began. */
const LOSSY_ROWS = 140_000

/** A round trip in milliseconds and how much the line carries, MiB a second. */
export interface CleanLine {
  readonly rttMs: number
  readonly mibPerSecond: number
}

const CLEAN_LINES: readonly CleanLine[] = [
  { rttMs: 20, mibPerSecond: 8 },
  { rttMs: 40, mibPerSecond: 5 },
  { rttMs: 80, mibPerSecond: 2.5 },
]

const cleanCases = (lines: readonly CleanLine[], windows: readonly number[]): readonly Case[] =>
  lines.map(({ rttMs, mibPerSecond }) => line(rttMs, mibPerSecond, 0)).flatMap((clean): readonly Case[] => [
    ...windows.map((windowBytes): Case => ({ contender: 'raw channel', windowBytes, line: clean, senders: 1, rows: 300_000 })),
    { contender: 'zazen', line: clean, senders: 1, rows: 300_000 },
    { contender: 'zazen', line: clean, senders: 1, rows: 1_000_000 },
  ])

const CASES: readonly Case[] = [
  ...cleanCases(CLEAN_LINES, RAW_WINDOWS),
  ...[1, 2, 4].map((senders): Case => ({ contender: 'zazen', line: line(40, 5, 0.01), senders, rows: LOSSY_ROWS })),
]

type Crossing = Case & { readonly round: number; readonly canonicalBytes: number } & (
  | { readonly run: Run; readonly passed: number; readonly lost: number; readonly dropped: number; readonly lateMs: number; readonly receiverMs: number | null; readonly senderMs: number | null; readonly relayMs: number }
  | { readonly failure: string }
)

export interface WideAreaReport {
  readonly machine: Machine
  readonly at: string
  readonly crossings: readonly Crossing[]
}

export interface WideAreaPlan {
  readonly rounds: number
  /** Clean lines instead of the usual ones: a machine may be slower than those. Null: the usual ones, clean and lossy. */
  readonly lines: readonly CleanLine[] | null
  readonly say: (line: string) => void
}

/** Lines as people have them, emulated: every datagram passes a relay that the rewritten candidates lead to. */
export const benchWideArea = async ({ rounds, lines, say }: WideAreaPlan): Promise<WideAreaReport> => {
  const payloads = Object.values(PAYLOADS).map((create) => create())
  const crossings: Crossing[] = []
  await onStage(async (stage) => {
    const ground = await openGround(payloads)
    try {
      const published = await publishAll(stage, payloads)
      const lossy = published.get(LOSSY_ROWS)
      let senders = 1
      const cases = lines === null ? CASES : cleanCases(lines, RAW_WINDOWS.slice(0, 1))
      const turns = Array.from({ length: rounds }, (_, round) => round).flatMap((round) => cases.map((one) => ({ ...one, round })))
      // The fewest senders first: a node that has joined stays.
      turns.sort((a, b) => a.senders - b.senders)
      const began = performance.now()
      for (const [index, turn] of turns.entries()) {
        for (; senders < turn.senders && lossy !== undefined; senders++)
          await openMember(await stage.another(), { url: stage.url, published: lossy, profile: `member-${senders}` })
        const crossing = await cross(turn, { stage, ground, payloads, published })
        crossings.push(crossing)
        const left = ((performance.now() - began) / (index + 1)) * (turns.length - index - 1)
        say(`${index + 1} of ${turns.length}: ${describe(crossing)}; about ${Math.ceil(left / 1000)} s left`)
      }
    } finally {
      await ground.close()
    }
  })
  return { machine: await describeMachine(), at: new Date().toISOString(), crossings }
}

const publishAll = async (stage: Stage, payloads: readonly Payload[]): Promise<ReadonlyMap<number, Published>> => {
  const publisher = await openPublisher(stage, stage.url)
  const published = new Map<number, Published>()
  for (const payload of payloads) published.set(payload.rows, await within(publish(publisher, payload)))
  return published
}

interface Scene {
  readonly stage: Stage
  readonly ground: Ground
  readonly payloads: readonly Payload[]
  readonly published: ReadonlyMap<number, Published>
}

const cross = async (turn: Case & { readonly round: number }, scene: Scene): Promise<Crossing> => {
  const relay = openRelay(turn.line, createSeededRandom(SEED + turn.round))
  const canonicalBytes = canonicalOf(turn, scene)
  try {
    const { receiver, sender } = scene.stage
    const work = () => within(turn.contender === 'zazen' ? crossZazen(turn, scene, relay) : crossRaw(turn, scene, relay))
    const before = process.cpuUsage()
    const { value: run, costsMs: [receiverMs = null, senderMs = null] } = await withCost([receiver.pid, sender.pid], () => punctually(work))
    const { user, system } = process.cpuUsage(before)
    return { ...turn, canonicalBytes, run, ...relay.toReceiver.tally, receiverMs, senderMs, relayMs: (user + system) / 1000 }
  } catch (thrown) {
    return { ...turn, canonicalBytes, failure: thrown instanceof Error ? thrown.message : String(thrown) }
  } finally {
    relay.close()
  }
}

/** A line waits for no processor. Where the system does not let us go before the browsers, it does: the table has what it took. */
const punctually = async <T>(work: () => Promise<T>): Promise<T> => {
  const usual = getPriority()
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST)
  } catch {
    return work()
  }
  try {
    return await work()
  } finally {
    setPriority(usual)
  }
}

const canonicalOf = ({ rows }: Case, { payloads }: Scene): number => payloads.find((one) => one.rows === rows)?.canonical.length ?? 0

const crossRaw = (turn: Case, scene: Scene, relay: Relay): Promise<Run> => {
  const { stage, ground } = scene
  const { rows, windowBytes = MIB / 2 } = turn
  return runRawChannel(stage, { url: ground.url, rows, windowBytes, total: canonicalOf(turn, scene), pass: (text, from) => relay.rewrite(text, 'raw', from) })
}

const crossZazen = async (turn: Case & { readonly round: number }, { stage, published }: Scene, relay: Relay): Promise<Run> => {
  const history = published.get(turn.rows)
  if (history === undefined) throw new Error('nothing was published')
  const proxy = await openSignalingProxy(stage.url, relay.rewrite)
  try {
    const profile = `wide-${turn.line.rttMs}-${turn.line.loss * 100}-${turn.senders}-${turn.round}`
    return await runZazen(stage, { url: proxy.url, published: history, profile, pass: relay.rewrite })
  } finally {
    await proxy.close()
  }
}

const rateOf = ({ transferMs, wireBytes = 0 }: Run): number => (wireBytes / transferMs) * 1000

const nameOf = ({ contender, windowBytes, line, senders, rows }: Case): string =>
  `${contender}${windowBytes === undefined ? '' : ` of ${windowBytes / 1024} KiB`}${rows === 1_000_000 ? '' : ', texts'}, ${line.rttMs} ms, ${line.bytesPerSecond / MIB} MiB/s${line.loss > 0 ? `, ${line.loss * 100} % loss` : ''}, ${senders} ${senders === 1 ? 'sender' : 'senders'}`

const describe = (crossing: Crossing): string => {
  if ('failure' in crossing) return `${nameOf(crossing)}: FAILED, ${crossing.failure}`
  const { run, rows, dropped, lost, lateMs } = crossing
  return `${nameOf(crossing)}: ${rows} rows in ${(run.transferMs / 1000).toFixed(1)} s, ${(rateOf(run) / MIB).toFixed(2)} MiB/s, ${dropped} dropped, ${lost} lost, at most ${lateMs.toFixed(0)} ms late${run.links === undefined ? '' : `, ${run.links} links`}`
}

/** One line a case: medians over the rounds. */
export const wideAreaTable = ({ crossings }: WideAreaReport): string => {
  const names = [...new Set(crossings.map(nameOf))]
  const head = '| line | rows | payload MiB | transfer s | payload MiB/s (min–max) | share of the line | canonical MiB/s* | processor s: receiver, sender, line** |\n|---|--:|--:|--:|--:|--:|--:|--:|'
  const body = names.flatMap((name) => {
    const good = crossings.flatMap((one) => (nameOf(one) === name && 'run' in one ? [one] : []))
    const [first] = good
    if (first === undefined) return [`| ${name} | failed |`]
    const rate = spreadOf(good.map(({ run }) => rateOf(run) / MIB))
    const seconds = spreadOf(good.map(({ run }) => run.transferMs / 1000)).median
    const payload = spreadOf(good.map(({ run }) => (run.wireBytes ?? 0) / MIB)).median
    const share = rate.median / (first.line.bytesPerSecond / MIB)
    const costs = [good.map(({ receiverMs }) => receiverMs), good.map(({ senderMs }) => senderMs), good.map(({ relayMs }) => relayMs)].map((ms) => (spreadOf(ms.map((one) => one ?? NaN)).median / 1000).toFixed(1))
    return [`| ${name} | ${first.rows} | ${payload.toFixed(2)} | ${seconds.toFixed(2)} | ${rate.median.toFixed(2)} (${rate.min.toFixed(2)}–${rate.max.toFixed(2)}) | ${share.toFixed(2)} | ${(first.canonicalBytes / seconds / MIB).toFixed(2)} | ${costs.join(' + ')} |`]
  })
  return `${[head, ...body].join('\n')}\n* rows a second in bytes of their canonical form: what a channel without compression would have to carry\n** of whole browsers and of the process that is the line, from opening the receiver's page on: where their sum nears the cores times the transfer, the machine is the limit, not the line`
}

import { describeMachine, type Machine } from './machine.ts'
import { within } from './pair.ts'
import { createPayload } from './payload.ts'
import { withCost } from './processor.ts'
import type { Run } from './run.ts'
import { onStage, type Stage } from './stage.ts'
import { spreadOf } from './statistics.ts'
import type { HeapPart } from './worker-heap.ts'
import { openMember, openPublisher, publish, runZazen, type Published } from './zazen.ts'

/** What a transfer costs as histories grow: time, processor, memory; and the longest from several senders at once. */
export interface GrowthPlan {
  readonly sizes: readonly number[]
  readonly rounds: number
  readonly say: (line: string) => void
}

export const GROWTH_DEFAULTS = { sizes: [10_000, 30_000, 100_000, 300_000, 1_000_000], rounds: 3 } as const

/** Two, then four browsers. */
const SENDERS = [1, 3]
const SEED = 20_260_101

type Step = { readonly rows: number; readonly senders: number; readonly round: number } & (
  | { readonly run: Run; readonly receiverMs: number | null; readonly senderMs: number | null; readonly liveBytes: number | null }
  | { readonly failure: string }
)

export interface GrowthReport {
  readonly machine: Machine
  readonly at: string
  readonly steps: readonly Step[]
}

export const benchGrowth = async ({ sizes, rounds, say }: GrowthPlan): Promise<GrowthReport> => {
  const steps: Step[] = []
  await onStage(async (stage) => {
    const publisher = await openPublisher(stage, stage.url)
    const published: Published[] = []
    for (const rows of sizes) published.push(await within(publish(publisher, createPayload(rows, SEED))))
    const longest = published.at(-1)
    let senders = 1
    for (const count of SENDERS) {
      for (; senders < count && longest !== undefined; senders++)
        await openMember(await stage.another(), { url: stage.url, published: longest, profile: `member-${senders}` })
      for (let round = 0; round < rounds; round++)
        for (const one of count === 1 ? published : published.slice(-1)) {
          const step = await measure(stage, one, { senders: count, round })
          steps.push(step)
          say(describe(step))
        }
    }
  })
  return { machine: await describeMachine(), at: new Date().toISOString(), steps }
}

const measure = async (stage: Stage, published: Published, turn: { readonly senders: number; readonly round: number }): Promise<Step> => {
  const { rows } = published
  const profile = `grown-${rows}-${turn.senders}-${turn.round}`
  try {
    const runAs = (name: string, watchHeap: HeapPart) => within(runZazen(stage, { url: stage.url, published, profile: name, watchHeap }))
    const { value, costsMs } = await withCost([stage.receiver.pid, stage.sender.pid], () => runAs(profile, 'all'))
    // In a run of its own that nobody times.
    const live = turn.round > 0 ? null : await runAs(`${profile}-live`, 'live')
    return { ...turn, rows, run: value, receiverMs: costsMs[0] ?? null, senderMs: costsMs[1] ?? null, liveBytes: live?.peakBytes ?? null }
  } catch (thrown) {
    return { ...turn, rows, failure: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

const describe = (step: Step): string => {
  const what = `round ${step.round + 1}, ${step.rows} rows, ${step.senders === 1 ? 'one sender' : `${step.senders} senders`}`
  if ('failure' in step) return `${what}: FAILED, ${step.failure}`
  const { transferMs, peakBytes = NaN } = step.run
  const live = step.liveBytes === null ? '' : `, of them live ${(step.liveBytes / 2 ** 20).toFixed(1)}`
  return `${what}: ${transferMs.toFixed(0)} ms, ${((transferMs * 1000) / step.rows).toFixed(2)} µs a row, the data worker's peak ${(peakBytes / 2 ** 20).toFixed(1)} MiB${live}`
}

/** Medians over the rounds. Processor time is of whole browsers, from opening the page on; that of a sender which packed a history before is less. */
export const growthTable = ({ steps }: GrowthReport): string => {
  const head = '| rows | senders | transfer ms (min–max) | µs/row | bytes/row | receiver processor s | first sender processor s | peak of the data worker MiB | of it live MiB |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|'
  const keys = [...new Set(steps.map(({ rows, senders }) => `${senders} ${rows}`))]
  const body = keys.map((key) => {
    const good = steps.flatMap((step) => (`${step.senders} ${step.rows}` === key && 'run' in step ? [step] : []))
    const [first] = good
    if (first === undefined) return `| ${key} | failed |`
    const ms = spreadOf(good.map(({ run }) => run.transferMs))
    const middle = (of: (step: (typeof good)[number]) => number | null | undefined): number => spreadOf(good.map((step) => of(step) ?? NaN)).median
    const { rows, senders } = first
    const cells = [
      rows, senders, `${ms.median.toFixed(0)} (${ms.min.toFixed(0)}–${ms.max.toFixed(0)})`, ((ms.median * 1000) / rows).toFixed(2),
      (middle(({ run }) => run.wireBytes) / rows).toFixed(2), (middle(({ receiverMs }) => receiverMs) / 1000).toFixed(2),
      (middle(({ senderMs }) => senderMs) / 1000).toFixed(2), (middle(({ run }) => run.peakBytes) / 2 ** 20).toFixed(1),
      (Math.max(...good.map(({ liveBytes }) => liveBytes ?? NaN).filter((bytes) => !Number.isNaN(bytes))) / 2 ** 20).toFixed(1),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [head, ...body].join('\n')
}

import { createHandle, streamWhen } from '../support/handle.ts'
import { describeMachine, type Machine } from './machine.ts'
import { measurePages, type PageStep } from './page-steps.ts'
import { openPage, RUN_LIMIT_MS, within } from './pair.ts'
import { createPayload, createTextPayload } from './payload.ts'
import { threadsMs } from './processor.ts'
import { onStage, type Stage } from './stage.ts'
import { spreadOf } from './statistics.ts'
import { nodeReady, openPublisher, publish, settled, type Published } from './zazen.ts'

/** Where the processor time of a transfer goes: step by step in the language, thread by thread in the two browsers. */
export interface StepsPlan {
  readonly rows: number
  readonly rounds: number
  readonly say: (line: string) => void
}

export const STEPS_DEFAULTS = { rows: 1_000_000, rounds: 3 } as const

/** Of one transfer: milliseconds of each kind of thread. */
interface Spent {
  readonly receiver: Readonly<Record<string, number>>
  readonly sender: Readonly<Record<string, number>>
}

export interface StepsReport {
  readonly machine: Machine
  readonly at: string
  readonly rows: number
  readonly pages: Readonly<Record<'numbers' | 'texts', readonly PageStep[]>>
  readonly spent: readonly Spent[]
}

const SEED = 20_260_101
const ROWS_OF_STEPS = 100_000
/** Less of all rounds together says nothing, milliseconds a round. */
const LEAST_MS = 10

export const benchSteps = async ({ rows, rounds, say }: StepsPlan): Promise<StepsReport> => {
  const pages = { numbers: await measurePages(createPayload(ROWS_OF_STEPS, SEED)), texts: await measurePages(createTextPayload(ROWS_OF_STEPS, SEED)) }
  const spent: Spent[] = []
  await onStage(async (stage) => {
    const publisher = await openPublisher(stage, stage.url)
    for (let round = 0; round < rounds; round++) {
      // Another history each time: what was served before lies in memory.
      const published = await within(publish(publisher, createPayload(rows, SEED + round), `round ${round + 1}`))
      const one = await within(transfer(stage, published, `steps-${round}`))
      spent.push(one)
      say(`round ${round + 1} of ${rounds}: the receiver had ${sumOf(one.receiver).toFixed(0)} ms of processor time, the sender ${sumOf(one.sender).toFixed(0)} ms`)
    }
  })
  return { machine: await describeMachine(), at: new Date().toISOString(), rows, pages, spent }
}

/** From the call to the last row, without what opening a page and checking in take. */
const transfer = async ({ sender, receiver, url }: Stage, { id, rows }: Published, profile: string): Promise<Spent> => {
  const page = await openPage(receiver, `${url}/?profile=${profile}`)
  try {
    await nodeReady(page)
    const node = { zazen: createHandle(page) }
    const patience = { timeoutMs: RUN_LIMIT_MS, everyMs: 100 }
    await streamWhen(node, id, 'listed', ({ listed }) => listed, patience)
    await page.evaluate(settled)
    const before = [receiver.pid, sender.pid].map(threadsMs)
    await node.zazen.subscribe(id)
    await streamWhen(node, id, `${rows} rows`, (stream) => stream.rows === rows && stream.verified && stream.transfer === null, patience)
    const [ofReceiver = {}, ofSender = {}] = [receiver.pid, sender.pid].map((pid, at) => since(before[at] ?? new Map(), threadsMs(pid)))
    return { receiver: ofReceiver, sender: ofSender }
  } finally {
    await page.close()
  }
}

const since = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]))

const sumOf = (spent: Readonly<Record<string, number>>): number => Object.values(spent).reduce((sum, ms) => sum + ms, 0)

export const stepsTable = ({ pages, spent, rows }: StepsReport): string => {
  const texts = new Map(pages.texts.map(({ side, step, usPerPage }) => [`${side} ${step}`, usPerPage]))
  const steps = pages.numbers.map(({ side, step, usPerPage }) => `| ${side} | ${step} | ${usPerPage.toFixed(1)} | ${(texts.get(`${side} ${step}`) ?? NaN).toFixed(1)} |`)
  const sides = (['receiver', 'sender'] as const).flatMap((side) => {
    const names = [...new Set(spent.flatMap((one) => Object.keys(one[side])))]
    const middles = names.map((name) => ({ name, ms: spreadOf(spent.map((one) => one[side][name] ?? 0)).median }))
    const whole = { name: 'all', ms: spreadOf(spent.map((one) => sumOf(one[side]))).median }
    const lines = [whole, ...middles.filter(({ ms }) => ms >= LEAST_MS).sort((a, b) => b.ms - a.ms)]
    return lines.map(({ name, ms }) => `| ${side} | ${name} | ${ms.toFixed(0)} | ${((ms * 1e6) / rows).toFixed(0)} |`)
  })
  return [
    '| side | step, in Node | numbers, µs a page | texts, µs a page |', '|---|---|--:|--:|', ...steps, '',
    `| side | thread, in Chromium, ${rows} rows | processor ms | ns a row |`, '|---|---|--:|--:|', ...sides,
  ].join('\n')
}

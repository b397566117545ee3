import type { Page } from 'playwright-core'
import { connect } from '../../support/signaling-client.ts'
import { headHex, headOf, identityOf, idOf } from '../../support/node-key.ts'
import { createHandle, streamWhen } from '../../support/handle.ts'
import { until } from '../../support/until.ts'
import { openPage, RUN_LIMIT_MS } from '../pair.ts'
import type { Stage } from '../stage.ts'
import { nodeReady, type Published } from '../zazen.ts'

/** How often the page could not answer its person for longer than 50 ms, while something went on. */
export interface Jank {
  readonly during: string
  readonly forMs: number
  readonly tasks: number
  readonly longestMs: number
  /**
   * The same by processor time of the page's own thread: on a machine that others use too a task also lasts while it does not run.
   * Null where the browser does not tell.
   */
  readonly busyTasks: number | null
  readonly longestBusyMs: number | null
  /** What ran in the frames that came late, the longest first: who called it, and for how long. */
  readonly scripts: readonly string[]
}

const LONG = { timeoutMs: RUN_LIMIT_MS, everyMs: 200 }
const ALIKE = 10_000
/** Each of these may say so much at once to the server. */
const PUBLISHERS = 25

interface Tasks {
  readonly durations: number[]
  readonly scripts: { readonly what: string; readonly ms: number }[]
}

interface LateFrame {
  readonly scripts: readonly { readonly invoker: string; readonly sourceFunctionName: string; readonly duration: number }[]
}

const watchTasks = (): void => {
  const tasks: Tasks = { durations: [], scripts: [] }
  Object.assign(globalThis, { tasks })
  // Node, which compiles this, knows neither kind of entry.
  const [longTask, lateFrame] = ['longtask', 'long-animation-frame'] as unknown as readonly ['measure', 'measure']
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.durations.push(duration)
  }).observe({ type: longTask })
  new PerformanceObserver((list) => {
    for (const { scripts } of list.getEntries() as unknown as readonly LateFrame[])
      for (const { invoker, sourceFunctionName, duration } of scripts) tasks.scripts.push({ what: `${invoker} ${sourceFunctionName}`, ms: duration })
  }).observe({ type: lateFrame })
}

const openWatched = async ({ receiver, url }: Stage, profile: string): Promise<Page> => {
  const page = await openPage(receiver, 'about:blank')
  await page.addInitScript(watchTasks)
  await page.goto(`${url}/?profile=${profile}`)
  await page.bringToFront()
  await nodeReady(page)
  return page
}

const during = async (page: Page, what: string, work: () => Promise<void>): Promise<Jank> => {
  const take = (): Promise<Tasks> =>
    page.evaluate(() => {
      const { tasks } = globalThis as unknown as { readonly tasks: Tasks }
      return { durations: tasks.durations.splice(0), scripts: tasks.scripts.splice(0) }
    })
  await page.waitForTimeout(500)
  await take()
  const trace = await startTrace(page)
  const began = performance.now()
  await work()
  const forMs = performance.now() - began
  // An entry comes after the task that it tells of.
  await page.waitForTimeout(500)
  const { durations, scripts } = await take()
  const busy = await trace()
  const longest = [...scripts].sort((a, b) => b.ms - a.ms).slice(0, 5)
  return { during: what, forMs, tasks: durations.length, longestMs: Math.max(0, ...durations), ...busy, scripts: longest.map((one) => `${one.what} ${one.ms.toFixed(0)} ms`) }
}

const LONG_TASK_MS = 50

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Microseconds of the thread. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** Every task of a page's main thread, as the browser itself writes them down. */
const startTrace = async (page: Page): Promise<() => Promise<Pick<Jank, 'busyTasks' | 'longestBusyMs'>>> => {
  const browser = page.context().browser()
  if (browser === null) return async () => ({ busyTasks: null, longestBusyMs: null })
  await browser.startTracing(page, { categories: ['toplevel'] })
  return async () => {
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly TraceEvent[] }
    const mains = new Set(traceEvents.flatMap(({ name, pid, tid, args }) => (name === 'thread_name' && args?.name === 'CrRendererMain' ? [`${pid} ${tid}`] : [])))
    const busy = traceEvents.flatMap(({ name, pid, tid, tdur }) => (/RunTask$/.test(name) && tdur !== undefined && mains.has(`${pid} ${tid}`) ? [tdur / 1000] : []))
    if (busy.length === 0) return { busyTasks: null, longestBusyMs: null }
    return { busyTasks: busy.filter((ms) => ms > LONG_TASK_MS).length, longestBusyMs: busy.reduce((most, ms) => Math.max(most, ms), 0) }
  }
}

/** Somebody opens the address: up to the node that runs, and what follows by itself. */
export const jankOfStart = async ({ receiver, url }: Stage): Promise<Jank> => {
  const page = await openPage(receiver, 'about:blank')
  await page.addInitScript(watchTasks)
  await page.goto('about:blank')
  const jank = await during(page, 'the start', async () => {
    await page.goto(`${url}/?profile=start`)
    await nodeReady(page)
    await page.waitForTimeout(5_000)
  })
  await page.close()
  return jank
}

/** A long history arrives while its own page is looked at; then it is zoomed and panned. */
export const jankOfLongHistory = async (stage: Stage, { id, rows }: Published): Promise<readonly Jank[]> => {
  const page = await openWatched(stage, 'long-history')
  const node = { zazen: createHandle(page) }
  await streamWhen(node, id, 'listed', ({ listed }) => listed, LONG)
  await page.evaluate(`location.hash = '#/stream/${id}'`)
  await page.getByRole('button', { name: 'Subscribe', exact: true }).waitFor()
  const transfer = await during(page, `transfer of ${rows} rows`, async () => {
    await node.zazen.subscribe(id)
    await streamWhen(node, id, 'all rows', (stream) => stream.rows === rows && stream.verified && stream.transfer === null, LONG)
    await page.locator('zazen-plot canvas').first().waitFor()
  })
  const zoom = await during(page, `zooming and panning over ${rows} points`, () => zoomAbout(page))
  await page.close()
  return [transfer, zoom]
}

const zoomAbout = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'All', exact: true }).click()
  await page.waitForTimeout(1_000)
  const box = await page.locator('zazen-plot canvas').first().boundingBox()
  if (box === null) throw new Error('there is no plot')
  const at = (share: number): readonly [number, number] => [box.x + box.width * share, box.y + box.height / 2]
  for (let turn = 0; turn < 3; turn++) {
    await page.mouse.move(...at(0.2))
    await page.mouse.down()
    await page.mouse.move(...at(0.6), { steps: 20 })
    await page.mouse.up()
    await page.waitForTimeout(500)
    await page.mouse.move(...at(0.9), { steps: 20 })
    await page.mouse.wheel(0, -240)
    await page.mouse.dblclick(...at(0.5))
    await page.waitForTimeout(500)
  }
  await page.getByRole('button', { name: 'Last 2,000', exact: true }).click()
  await page.waitForTimeout(1_000)
}

/** Somebody types and sorts in a directory of ten thousand streams. */
export const jankOfSearch = async (stage: Stage): Promise<Jank> => {
  const publishers = await listMany(Number(new URL(stage.url).port), ALIKE)
  const page = await openWatched(stage, 'searching')
  await until('the whole directory', () => page.getByText(/^(9,\d{3}|1\d,\d{3}) streams/).first().isVisible(), LONG)
  const jank = await during(page, `a search in a directory of ${ALIKE} streams`, async () => {
    const field = page.getByLabel('Search the directory')
    for (const text of ['sensor 12', 'nothing like it', 'sensor']) {
      await field.fill('')
      await field.pressSequentially(text, { delay: 80 })
      await page.waitForTimeout(700)
    }
    for (const order of ['name', 'longest', 'newest']) {
      await page.locator('zazen-directory select').selectOption(order)
      await page.waitForTimeout(500)
    }
    await page.getByRole('button', { name: /^Show more/ }).click()
    await page.waitForTimeout(700)
  })
  await page.close()
  for (const one of publishers) one.terminate()
  return jank
}

/** Streams of which the server knows a signed head, and nobody has rows. */
const listMany = (port: number, count: number) =>
  Promise.all(Array.from({ length: PUBLISHERS }, async (_, publisher) => {
    const client = await connect(port)
    for (let i = 0; i < count / PUBLISHERS; i++) {
      const identity = identityOf(client.key, `sensor ${publisher * (count / PUBLISHERS) + i}`, 'a large site')
      const answer = await client.ask({ type: 'register', identity, head: headHex(headOf(client.key, idOf(identity), 10)) })
      if (answer.type !== 'done') throw new Error(`not listed: ${JSON.stringify(answer)}`)
    }
    return client
  }))

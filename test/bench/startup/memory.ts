import type { CDPSession, Page } from 'playwright-core'
import { decimalCsv, timeOf } from '../../support/decimal-csv.ts'
import { createHandle, streamWhen } from '../../support/handle.ts'
import { openPage } from '../pair.ts'
import type { Stage } from '../stage.ts'
import { nodeReady, openPublisher } from '../zazen.ts'

export interface MemorySample {
  readonly atMs: number
  /** What lives in the page and in each worker after garbage was collected: objects and the buffers behind them. */
  readonly bytes: Readonly<Record<string, number>>
}

export interface MemoryReport {
  readonly streams: number
  /** Of each stream, one in so many milliseconds. */
  readonly rowEveryMs: number
  readonly samples: readonly MemorySample[]
  readonly firstBytes: number
  readonly lastBytes: number
  /** Of the line through the second half of the samples: what starts up has started up by then. */
  readonly bytesPerHour: number
}

const STREAMS = 50
const ROWS = 500
const ROW_EVERY_MS = 10_000
const SAMPLE_EVERY_MS = 10_000

/** A node that follows and predicts fifty streams, each of which gets a row every ten seconds. */
export const measureMemory = async (stage: Stage, { forMs, say }: { readonly forMs: number; readonly say: (line: string) => void }): Promise<MemoryReport> => {
  const publisher = await openPublisher(stage, stage.url, 'fifty')
  const ids: string[] = []
  for (let i = 0; i < STREAMS; i++) ids.push((await createHandle(publisher).publish({ name: `stream ${i}`, csv: decimalCsv({ rows: ROWS, seed: i + 1 }).csv })).id)
  const page = await openPage(stage.receiver, `${stage.url}/?profile=follows-fifty`)
  await page.bringToFront()
  await nodeReady(page)
  const node = { zazen: createHandle(page) }
  for (const id of ids) {
    await streamWhen(node, id, 'listed', ({ listed }) => listed)
    await node.zazen.subscribe(id)
  }
  for (const id of ids) await streamWhen(node, id, 'all rows', ({ rows, transfer }) => rows === ROWS && transfer === null)
  const stop = publishOn(publisher, ids)
  try {
    const samples = await takeSamples(page, forMs, say)
    return { streams: STREAMS, rowEveryMs: ROW_EVERY_MS, samples, ...slopeOf(samples) }
  } finally {
    stop()
    await page.close()
  }
}

/** Rows go on coming, spread over the time. */
const publishOn = (publisher: Page, ids: readonly string[]): (() => void) => {
  const zazen = createHandle(publisher)
  let turn = 0
  const timer = setInterval(() => {
    const id = ids[turn % ids.length]
    const row = ROWS + Math.floor(turn / ids.length)
    turn++
    // The browser may have been closed in between: then nothing is measured any more.
    if (id !== undefined) zazen.append(id, { time: timeOf(row), value: (20 + 8 * Math.sin(row / 20)).toFixed(2) }).catch(() => undefined)
  }, ROW_EVERY_MS / ids.length)
  return () => clearInterval(timer)
}

const takeSamples = async (page: Page, forMs: number, say: (line: string) => void): Promise<readonly MemorySample[]> => {
  const heaps = await watchHeaps(page)
  const samples: MemorySample[] = []
  const began = performance.now()
  while (performance.now() - began < forMs) {
    await page.waitForTimeout(SAMPLE_EVERY_MS)
    const sample = { atMs: performance.now() - began, bytes: await heaps() }
    samples.push(sample)
    say(`after ${(sample.atMs / 60_000).toFixed(1)} min: ${Object.entries(sample.bytes).map(([name, bytes]) => `${name} ${(bytes / 2 ** 20).toFixed(1)}`).join(', ')} MiB`)
  }
  return samples
}

const totalOf = ({ bytes }: MemorySample): number => Object.values(bytes).reduce((sum, one) => sum + one, 0)

const slopeOf = (samples: readonly MemorySample[]): Pick<MemoryReport, 'firstBytes' | 'lastBytes' | 'bytesPerHour'> => {
  const later = samples.slice(Math.floor(samples.length / 2))
  const [first, last] = [later[0], later.at(-1)]
  if (first === undefined || last === undefined) throw new Error('nothing was measured')
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length
  const [middle, level] = [mean(later.map(({ atMs }) => atMs)), mean(later.map(totalOf))]
  const along = later.reduce((sum, one) => sum + (one.atMs - middle) ** 2, 0)
  const up = later.reduce((sum, one) => sum + (one.atMs - middle) * (totalOf(one) - level), 0)
  return { firstBytes: totalOf(first), lastBytes: totalOf(last), bytesPerHour: (up / along) * 3_600_000 }
}

interface Usage {
  readonly usedSize?: number
  readonly backingStorageSize?: number
}

/** Asks page and workers, each after a collection. Workers are asked through the page: Playwright has no session of their own for them. */
const watchHeaps = async (page: Page): Promise<() => Promise<Readonly<Record<string, number>>>> => {
  const session = await page.context().newCDPSession(page)
  const workers = new Map<string, string>()
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    const name = /(\w+)\.worker/.exec(targetInfo.url)?.[1]
    if (name !== undefined) workers.set(name, sessionId)
  })
  const ask = createAsk(session)
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  return async () => {
    await session.send('HeapProfiler.collectGarbage')
    const found: Record<string, number> = { page: sizeOf(await session.send('Runtime.getHeapUsage')) }
    for (const [name, sessionId] of workers) {
      await ask(sessionId, 'HeapProfiler.collectGarbage')
      found[name] = sizeOf(await ask(sessionId, 'Runtime.getHeapUsage'))
    }
    return found
  }
}

const sizeOf = ({ usedSize = 0, backingStorageSize = 0 }: Usage): number => usedSize + backingStorageSize

const createAsk = (session: CDPSession): ((sessionId: string, method: string) => Promise<Usage>) => {
  const waiting = new Map<number, (usage: Usage) => void>()
  let number = 0
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { readonly id?: number; readonly result?: Usage }
    if (id !== undefined) waiting.get(id)?.(result ?? {})
  })
  return (sessionId, method) =>
    new Promise((resolve, reject) => {
      const id = ++number
      waiting.set(id, resolve)
      session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params: {} }) }).catch(reject)
    })
}

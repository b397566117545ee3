import type { Page } from 'playwright-core'
import { createHandle, streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'
import { openPage, RUN_LIMIT_MS, type Pair } from './pair.ts'
import type { Payload } from './payload.ts'
import type { Run } from './run.ts'

/** A history that a node of ours publishes and goes on publishing. */
export interface Published {
  readonly id: string
  readonly rows: number
  readonly publishMs: number
}

const LONG = { timeoutMs: RUN_LIMIT_MS, everyMs: 100 }

/** Opens the publisher. Its engine stands still: a publisher has long learnt what it publishes. */
export const openPublisher = async ({ sender }: Pair, url: string): Promise<Page> => {
  const page = await openPage(sender, `${url}/?profile=publisher`)
  await nodeReady(page)
  await createHandle(page).pause()
  return page
}

export const publish = async (page: Page, { rows, csv }: Payload): Promise<Published> => {
  const began = performance.now()
  const { id } = await createHandle(page).publish({ name: `${rows} rows`, csv })
  return { id, rows, publishMs: performance.now() - began }
}

/** A new node subscribes: from the call to the line of its log that says verified and kept. */
export const runZazen = async ({ receiver }: Pair, { url, published, profile }: { url: string; published: Published; profile: string }): Promise<Run> => {
  const { id, rows, publishMs } = published
  const page = await openPage(receiver, `${url}/?profile=${profile}`)
  try {
    await nodeReady(page)
    const node = { zazen: createHandle(page) }
    await streamWhen(node, id, 'listed', ({ listed }) => listed, LONG)
    const began = await page.evaluate(subscribeOnPage, id)
    await streamWhen(node, id, `${rows} rows`, (stream) => stream.rows === rows && stream.verified && stream.transfer === null, LONG)
    const log = await readLog(page)
    const completeAt = lastTime(log, /history complete/)
    const readyAt = lastTime(log, /link proved and ready/)
    return { setupMs: readyAt - began, transferMs: completeAt - readyAt, publishMs }
  } finally {
    await page.close()
  }
}

export const nodeReady = (page: Page): Promise<unknown> =>
  until('the node to be checked in', async () => {
    const { server } = (await createHandle(page).status()) as { readonly server: { readonly state: string } }
    return server.state === 'checked-in'
  })

const subscribeOnPage = async (id: string): Promise<number> => {
  const { zazen } = globalThis as unknown as { readonly zazen: { subscribe(id: string): Promise<void> } }
  const began = Date.now()
  await zazen.subscribe(id)
  return began
}

interface LogLine {
  readonly time: number
  readonly message: string
}

const readLog = async (page: Page): Promise<readonly LogLine[]> => {
  await page.evaluate('location.hash = "#/log"')
  await page.getByText(/history complete/).first().waitFor()
  return page.locator('li:has(time)').evaluateAll((items) =>
    items.map((item) => ({
      time: Date.parse(item.querySelector('time')?.dateTime ?? ''),
      message: item.querySelector('.message')?.textContent ?? '',
    })))
}

const lastTime = (log: readonly LogLine[], pattern: RegExp): number => {
  const line = log.findLast(({ message }) => pattern.test(message))
  if (line === undefined) throw new Error(`the log has no line like ${pattern.source}:\n${log.map(({ message }) => message).join('\n')}`)
  return line.time
}

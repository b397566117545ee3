import type { Page } from 'playwright-core'
import type { NodeBrowser } from '../support/browser.ts'
import { createHandle, streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'
import { openPage, RUN_LIMIT_MS, type Pair } from './pair.ts'
import type { Payload } from './payload.ts'
import type { Run } from './run.ts'
import { watchDataWorker, type HeapPart } from './worker-heap.ts'
import { leadWordsThrough, type Pass } from './words-line.ts'

/** A history that a node of ours publishes and goes on publishing. */
export interface Published {
  readonly id: string
  readonly rows: number
  readonly publishMs: number
}

const LONG = { timeoutMs: RUN_LIMIT_MS, everyMs: 100 }

/** Opens the publisher. Its engine stands still: a publisher has long learnt what it publishes. */
export const openPublisher = async ({ sender }: Pick<Pair, 'sender'>, url: string, profile = 'publisher'): Promise<Page> => {
  const page = await openPage(sender, `${url}/?profile=${profile}`)
  await nodeReady(page)
  await createHandle(page).pause()
  return page
}

/**
 * Timed on the page: what the debugging protocol needs for the text is not publishing. Then the window leaves the stream: it would
 * read the whole history for its plot while others are served.
 */
export const publish = async (page: Page, { rows, csv }: Payload, name = `${rows} rows`): Promise<Published> => {
  const { id, publishMs } = await page.evaluate(publishOnPage, { name, csv })
  await page.evaluate('location.hash = "#/log"')
  return { id, rows, publishMs }
}

const publishOnPage = async (stream: { readonly name: string; readonly csv: string }): Promise<{ readonly id: string; readonly publishMs: number }> => {
  const { zazen } = globalThis as unknown as { readonly zazen: { publish(given: object): Promise<{ readonly id: string }> } }
  const began = performance.now()
  const { id } = await zazen.publish(stream).catch((error: unknown) => {
    // A failure in words is plain data; out of a page only "Object" comes of it.
    throw error instanceof Error ? error : new Error(JSON.stringify(error))
  })
  return { id, publishMs: performance.now() - began }
}

/** Another node that has the history, and goes on offering it. */
export const openMember = async (browser: NodeBrowser, { url, published, profile }: Subscribing): Promise<Page> => {
  const page = await openPage(browser, `${url}/?profile=${profile}`)
  await nodeReady(page)
  await createHandle(page).pause()
  const node = { zazen: createHandle(page) }
  await streamWhen(node, published.id, 'listed', ({ listed }) => listed, LONG)
  await node.zazen.subscribe(published.id)
  await streamWhen(node, published.id, 'all rows', ({ rows, verified, transfer }) => rows === published.rows && verified && transfer === null, LONG)
  return page
}

interface Subscribing {
  readonly url: string
  readonly published: Published
  /** Never used before: a profile that has the rows would not fetch them. */
  readonly profile: string
  /** Leads further connections through the line that the first one takes. */
  readonly pass?: Pass
  /** Whether the memory of the data worker is watched: that takes time of its own. */
  readonly watchHeap?: HeapPart
}

/** A new node subscribes: from the call to the line of its log that says verified and kept. */
export const runZazen = async ({ receiver }: Pair, { url, published, profile, pass, watchHeap }: Subscribing): Promise<Run> => {
  const { id, rows, publishMs } = published
  const page = await receiver.page.context().newPage()
  try {
    await page.addInitScript(rememberConnections)
    if (pass !== undefined) await leadWordsThrough(page, pass)
    await page.goto(`${url}/?profile=${profile}`)
    await nodeReady(page)
    const node = { zazen: createHandle(page) }
    await streamWhen(node, id, 'listed', ({ listed }) => listed, LONG)
    await page.evaluate(settled)
    const heap = watchHeap === undefined ? null : await watchDataWorker(page, watchHeap)
    const began = await page.evaluate(subscribeOnPage, id)
    await streamWhen(node, id, `${rows} rows`, (stream) => stream.rows === rows && stream.verified && stream.transfer === null, LONG)
    heap?.stop()
    const wireBytes = await page.evaluate<number>(receivedBytes)
    const log = await readLog(page)
    const completeAt = timeOf(log, /history complete/)
    const readyAt = timeOf(log, /link proved and ready/)
    const links = log.filter(({ time, message }) => time <= completeAt && /link proved and ready|one more connection carries pages/.test(message)).length
    return { setupMs: readyAt - began, transferMs: completeAt - readyAt, publishMs, wireBytes, links, ...(heap && { peakBytes: heap.peakBytes }) }
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

/** What a first visit does beside: the app is laid aside for offline use, which takes half a second of the processor, once for each address. */
export const settled = `(async () => {
  const { active } = await navigator.serviceWorker.ready
  if (active.state !== 'activated') await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }))
})()`

interface LogLine {
  readonly time: number
  readonly message: string
}

const readLog = async (page: Page): Promise<readonly LogLine[]> => {
  await page.evaluate('location.hash = "#/log"')
  await page.getByText(/history complete/).first().waitFor()
  const lines = await page.locator('li:has(time)').all()
  return Promise.all(
    lines.map(async (line) => ({
      time: Date.parse((await line.locator('time').getAttribute('datetime')) ?? ''),
      message: (await line.locator('.message').textContent()) ?? '',
    })),
  )
}

const timeOf = (log: readonly LogLine[], pattern: RegExp): number => {
  const line = log.find(({ message }) => pattern.test(message))
  if (line === undefined) throw new Error(`the log has no line like ${pattern.source}:\n${log.map(({ message }) => message).join('\n')}`)
  return line.time
}

// These run on the page, before and after everything else there; as text, for Node knows none of the names.

export const rememberConnections = `
  globalThis.connections = []
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given)
      connections.push(this)
    }
  }
`

/** Bytes of messages that its data channels have received. */
export const receivedBytes = `(async () => {
  let bytes = 0
  for (const connection of connections)
    for (const stat of (await connection.getStats()).values()) if (stat.type === 'data-channel') bytes += stat.bytesReceived
  return bytes
})()`

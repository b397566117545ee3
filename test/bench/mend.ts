import type { Page } from 'playwright-core'
import { createHandle, streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'
import { describeMachine, type Machine } from './machine.ts'
import { openPage, RUN_LIMIT_MS, within } from './pair.ts'
import { createPayload } from './payload.ts'
import { onStage } from './stage.ts'
import { spreadOf } from './statistics.ts'
import { nodeReady, openMember, openPublisher, publish, receivedBytes, rememberConnections } from './zazen.ts'

/** One row of a long history is altered on disk: how soon it is noticed and mended, and how much travels for it. */
export interface MendPlan {
  readonly rows: number
  readonly rounds: number
  readonly say: (line: string) => void
}

export const MEND_DEFAULTS = { rows: 1_000_000, rounds: 3 } as const

interface Mending {
  /** From the first question about the row to its true answer. */
  readonly mendMs: number
  /** Bytes of messages that came over data channels, the introduction of the link included. */
  readonly bytes: number
}

export interface MendReport {
  readonly machine: Machine
  readonly at: string
  readonly rows: number
  readonly mendings: readonly Mending[]
}

const SEED = 20_260_101
const PROFILE = 'mended'

export const benchMending = async ({ rows, rounds, say }: MendPlan): Promise<MendReport> => {
  const mendings: Mending[] = []
  await onStage(async (stage) => {
    const publisher = await openPublisher(stage, stage.url)
    const published = await within(publish(publisher, createPayload(rows, SEED)))
    const first = await openMember(stage.receiver, { url: stage.url, published, profile: PROFILE })
    await first.close()
    for (let round = 0; round < rounds; round++) {
      await within(alter(await openPage(stage.receiver, `${stage.url}/robots.txt`), published.id, Math.floor(rows / 1024) - 2 - round))
      const mending = await within(mend(await blankPage(stage.receiver.page), stage.url, published.id))
      mendings.push(mending)
      say(`round ${round + 1}: mended in ${mending.mendMs.toFixed(0)} ms, ${mending.bytes} bytes received`)
    }
  })
  return { machine: await describeMachine(), at: new Date().toISOString(), rows, mendings }
}

const blankPage = async (page: Page): Promise<Page> => {
  const blank = await page.context().newPage()
  await blank.addInitScript(rememberConnections)
  return blank
}

/** While no node runs: one bit of a page becomes another. */
const alter = async (page: Page, stream: string, number: number): Promise<void> => {
  const altered = await page.evaluate<boolean>(alterOnPage(stream, number))
  await page.close()
  if (!altered) throw new Error(`page ${number} is not in the store`)
}

const mend = async (page: Page, url: string, id: string): Promise<Mending> => {
  await page.goto(`${url}/?profile=${PROFILE}`)
  await nodeReady(page)
  const node = { zazen: createHandle(page) }
  await node.zazen.pause()
  await streamWhen(node, id, 'the history', (stream) => stream.rows > 0, { timeoutMs: RUN_LIMIT_MS })
  const began = performance.now()
  // Reading the rows is what notices the damage; the row is there again when they can be read.
  await until('the mended row', () => node.zazen.history(id, { last: 8 * 1024 }), { timeoutMs: RUN_LIMIT_MS, everyMs: 100 })
  const mendMs = performance.now() - began
  const bytes = await page.evaluate<number>(receivedBytes)
  await page.close()
  return { mendMs, bytes }
}

// On the page, as text. The record names the pages by their hashes, in their order; one bit in the middle of what rests under the hash
// becomes another, whatever the form in which it rests.
const alterOnPage = (stream: string, number: number): string => `(async () => {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const database = await done(indexedDB.open('zazen:${PROFILE}'))
  const transaction = database.transaction(['records', 'pages'], 'readwrite')
  const pages = transaction.objectStore('pages')
  const record = hex(await done(transaction.objectStore('records').get('${stream}')))
  const places = (await done(pages.getAllKeys())).map((key) => ({ key, at: record.indexOf(hex(new Uint8Array(key))) }))
  const page = places.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)[${number}]
  if (page !== undefined) {
    const bytes = await done(pages.get(page.key))
    bytes[bytes.length >> 1] ^= 1
    pages.put(bytes, page.key)
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onerror = () => reject(transaction.error)
  })
  database.close()
  return page !== undefined
})()`

export const mendingTable = ({ rows, mendings }: MendReport): string => {
  const ms = spreadOf(mendings.map(({ mendMs }) => mendMs))
  const bytes = spreadOf(mendings.map((mending) => mending.bytes))
  return [
    '| rows | altered | mended ms (min–max) | bytes received (min–max) |\n|--:|--:|--:|--:|',
    `| ${rows} | 1 | ${ms.median.toFixed(0)} (${ms.min.toFixed(0)}–${ms.max.toFixed(0)}) | ${bytes.median.toFixed(0)} (${bytes.min.toFixed(0)}–${bytes.max.toFixed(0)}) |`,
  ].join('\n')
}

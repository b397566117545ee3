import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { onStage } from '../../test/bench/stage.ts'
import { nodeReady } from '../../test/bench/zazen.ts'
import { createHandle } from '../../test/support/handle.ts'
import { until } from '../../test/support/until.ts'
import { buildAll } from './build.mjs'
import { root } from './project.mjs'
import { main, stage } from './stage.mjs'

/** What installers show of the app, as the manifest names it: a desk and a phone, of a real node with bundled samples. README shows another. */
const SAMPLES = ['Carbon dioxide on Mauna Loa', 'Seattle, warmest of the day', 'Seattle, wind']
/** Of the first of them: it has a shape of its own. */
const LARGE_ROWS = 741
const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 390, height: 844 }

/** README's: rows that have come since it was learnt, and what was predicted of them. */
const LIVE_SAMPLE = 'Seattle, hour by hour through an average year'
const LIVE_WINDOW = { width: 1280, height: 860 }
const LIVE_SAMPLE_ROWS = 8_759
const LIVE_ROWS = 42
/** They are those of a day before, as hours are. */
const DAY_ROWS = 24
const HOUR_MS = 3_600_000

/** Whoever looks at an installer's page waits for it. */
const MAX_BYTES = 150_000

/** What a slow machine may need to learn a sample. */
const LEARN_MS = 300_000

await main(async () => {
  await buildAll()
  await stage('take the screenshots', () => onStage(({ sender, url }) => takeAll(sender.page, url)))
})

async function takeAll(page: Page, url: string): Promise<void> {
  page.setDefaultTimeout(LEARN_MS)
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.goto(url)
  await nodeReady(page)
  await page.evaluate(`document.documentElement.style.setProperty('scrollbar-width', 'none')`)
  const id = await publishSamples(page)
  await page.setViewportSize(WIDE)
  await page.evaluate(`location.hash = '#/stream/${id}'`)
  await page.getByRole('button', { name: 'All', exact: true }).click()
  await page.locator('zazen-plot canvas').waitFor()
  await take(page, 'wide')
  await page.setViewportSize(NARROW)
  await page.evaluate(`location.hash = '#/'`)
  await page.locator('zazen-sparkline path:not([d=""])').first().waitFor()
  // Advice to a new owner is not what the picture is about.
  await page.locator('zazen-stream-card').first().scrollIntoViewIfNeeded()
  await page.evaluate(`document.querySelector('zazen-app').renderRoot.querySelector('zazen-streams-page').renderRoot.querySelector('#kept').scrollIntoView()`)
  await take(page, 'narrow')
  await page.setViewportSize(LIVE_WINDOW)
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await page.evaluate(`location.hash = '#/stream/${await publishAndGoOn(page)}'`)
  await page.getByRole('button', { name: 'Last 200', exact: true }).click()
  await page.locator('zazen-plot canvas').waitFor()
  await take(page, 'stream')
}

/** Answers its id when each of the new rows was predicted before it came. */
async function publishAndGoOn(page: Page): Promise<string> {
  await page.evaluate(`location.hash = '#/publish'`)
  await page.getByRole('button', { name: `Publish this sample: ${LIVE_SAMPLE}` }).click()
  const node = createHandle(page)
  const { id } = await until('the live sample', async () => (await node.streams()).find(({ rows }) => rows === LIVE_SAMPLE_ROWS), { timeoutMs: LEARN_MS })
  const known = await node.history(id, { last: DAY_ROWS + 1 })
  const values = known.slice(0, DAY_ROWS).map(({ value }) => value)
  const lastTime = Date.parse(known.at(-1)?.time ?? '')
  for (let row = 0; row <= LIVE_ROWS; row++) {
    await until('the next prediction', async () => (await node.predictions(id)).at(-1)?.follows.row === LIVE_SAMPLE_ROWS + row - 1, { timeoutMs: LEARN_MS })
    if (row < LIVE_ROWS) await node.append(id, { time: new Date(lastTime + (row + 1) * HOUR_MS).toISOString(), value: values[row % DAY_ROWS] ?? '' })
  }
  return id
}

/** Answers the id of the one that is shown large. */
async function publishSamples(page: Page): Promise<string> {
  await page.evaluate(`location.hash = '#/publish'`)
  for (const title of SAMPLES) await page.getByRole('button', { name: `Publish this sample: ${title}` }).click()
  const node = createHandle(page)
  const streams = await until('the samples to be learnt', async () => {
    const streams = await node.streams()
    const areLearnt = streams.length === SAMPLES.length && streams.every(({ rows, behind, lastPrediction }) => rows > 0 && behind === 0 && lastPrediction !== null)
    return areLearnt ? streams : null
  }, { timeoutMs: LEARN_MS, everyMs: 500 })
  return streams.find(({ rows }) => rows === LARGE_ROWS)?.id ?? ''
}

async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0)
  // The plot is drawn in the frame after the one in which its data came.
  await page.waitForTimeout(1_500)
  const png = await page.screenshot()
  if (png.length > MAX_BYTES) throw new Error(`${name}.png has ${png.length} bytes, at most ${MAX_BYTES} are wanted.`)
  writeFileSync(join(root, 'public/screenshots', `${name}.png`), png)
}

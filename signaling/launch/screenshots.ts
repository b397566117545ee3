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

/** What installers show of the app, as the manifest names it: a desk and a phone, of a real node with bundled samples. */
const SAMPLES = ['Carbon dioxide on Mauna Loa', 'Seattle, warmest of the day', 'Seattle, wind']
/** Of the first of them: it has a shape of its own. */
const LARGE_ROWS = 741
const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 390, height: 844 }

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

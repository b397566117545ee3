import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { brotliDecompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { root } from '../../signaling/launch/project.mjs'
import { isWorthCompressing } from '../../signaling/launch/worth-compressing.mjs'
import { openBench } from '../support/bench.ts'
import { until } from '../support/until.ts'

/** What brings more comes later, by `import()` (src/runtime/late.ts, src/ui/pages.ts). */
const MOST_BEFORE_ENGINE_BYTES = 120_000

/** Of this the first paint of the window needs all but a few kilobytes. */
const MOST_OF_PAGE_BYTES = 70_000

/** A file of the app costs a request on its way to the first paint. */
const MOST_FILES = 8

const APP = join(root, 'dist/app')
const ASSETS = join(APP, 'assets')

/** What may come while the engine does, and be seen before it: what makes connections, and words for what is said by then. */
const WITH_ENGINE = ['dialer', 'peerjs-client', 'told']

/** Everything that a script brings with it before it runs, itself included. */
const withImports = (file: string, all = new Set<string>()): ReadonlySet<string> => {
  if (all.has(file)) return all
  all.add(file)
  const text = readFileSync(join(ASSETS, file), 'utf8')
  for (const [, other] of text.matchAll(/(?:^|[;}\s])(?:import|export)(?:[\w$\s{},*]*?from)?\s*["']\.\/([^"']+)["']/g)) if (other !== undefined) withImports(other, all)
  return all
}

const entry = (name: string): string => {
  const found = readdirSync(ASSETS).find((file) => file.startsWith(`${name}-`) && file.endsWith('.js'))
  if (found === undefined) throw new Error(`the build has no ${name}`)
  return found
}

const gzipBytes = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(ASSETS, file)), { level: 9 }).length, 0)

describe('what is fetched before the engine', () => {
  const html = readFileSync(join(APP, 'index.html'), 'utf8')
  const main = /src="\/assets\/([^"]+)"/.exec(html)?.[1] ?? ''
  const ofMain = withImports(main)
  const ofWindow = withImports(entry('open-window'))
  const ofPage = new Set([...ofMain, ...ofWindow])
  const [data, neuron] = [withImports(entry('data.worker')), withImports(entry('neuron.worker'))]
  const all = new Set([...ofPage, ...data, ...neuron])

  it('is at most 120 kB of JavaScript, gzipped, in few files', () => {
    expect(all.size).toBeLessThanOrEqual(MOST_FILES)
    expect(gzipBytes(all)).toBeLessThanOrEqual(MOST_BEFORE_ENGINE_BYTES)
    expect(gzipBytes(ofPage)).toBeLessThanOrEqual(MOST_OF_PAGE_BYTES)
  })

  it('runs in two turns: first what starts the node, then the window, which is fetched at the same time', () => {
    const alone = [...ofWindow].filter((file) => !ofMain.has(file))
    expect(gzipBytes(alone)).toBeGreaterThan(15_000)
    for (const file of ofPage) expect(html.split(`/assets/${file}"`).length - 1, file).toBe(1)
  })

  it('is not waited for to show who is there, and to what end: that stands in the page, with all that its look needs', () => {
    const words = /<div id="app">(.*?)<noscript>/s.exec(html)?.[1]?.replace(/<[^>]*>/g, ' ').trim() ?? ''
    expect(words).toMatch(/^Zazen\s+A prediction node that is a browser tab/)
    expect(words.length).toBeGreaterThan(200)
    const styles = [...html.matchAll(/<link rel="stylesheet"[^>]*href="([^"]+)"/g)].map(([, href = '']) => statSync(join(APP, href)).size)
    expect(styles.length).toBe(1)
    expect(Math.max(...styles)).toBeLessThan(2_000)
  })

  it('is fetched once, however many of page and workers need it', () => {
    const shared = [...ofPage].filter((file) => data.has(file) && neuron.has(file))
    expect(gzipBytes(shared)).toBeGreaterThan(15_000)
  })

  it('asks for no document in a worker', () => {
    for (const file of new Set([...data, ...neuron])) expect(readFileSync(join(ASSETS, file), 'utf8'), file).not.toMatch(/\bdocument\.|customElements/)
  })

  it('is all that a page fetches on a first visit until it starts the engine', async () => {
    const bench = await openBench()
    try {
      const { page } = await bench.node('first')
      const fetched = await until('the engine', async () => {
        // In the order in which they were asked for; what its workers fetch by themselves is not among them.
        const files = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname))
        const engine = files.findIndex((file) => file.includes('/engine.worker-'))
        return engine >= 0 && files.slice(0, engine).filter((file) => file.endsWith('.js'))
      })
      const expected = new Set([...all, ...WITH_ENGINE.flatMap((name) => [...withImports(entry(name))])])
      expect(fetched.filter((file) => !expected.has(basename(file)))).toEqual([])
      expect(fetched.length).toBeGreaterThan(ofPage.size)
    } finally {
      await bench.close()
    }
  })

  it('is there compressed, byte by byte what it is', () => {
    for (const file of all) {
      const path = join(ASSETS, file)
      if (!isWorthCompressing(path, statSync(path).size)) continue
      expect(brotliDecompressSync(readFileSync(`${path}.br`)).equals(readFileSync(path)), file).toBe(true)
      expect(statSync(`${path}.br`).size).toBeLessThan(gzipBytes([file]))
    }
  })
})

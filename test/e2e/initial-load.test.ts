import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { root } from '../../signaling/launch/project.mjs'

/** The aim is 120 kB, and this is a little above it: what brings more comes later, by `import()` (src/runtime/late.ts, src/ui/pages.ts). */
const MOST_BEFORE_ENGINE_BYTES = 122_000

/** Of this the first paint of the window needs all but a few kilobytes. */
const MOST_OF_PAGE_BYTES = 70_000

/** A file of the app costs a request on its way to the first paint. */
const MOST_FILES = 8

const APP = join(root, 'dist/app')
const ASSETS = join(APP, 'assets')

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
  const main = /src="\/assets\/([^"]+)"/.exec(readFileSync(join(APP, 'index.html'), 'utf8'))?.[1] ?? ''
  const page = withImports(main)
  const [data, neuron] = [withImports(entry('data.worker')), withImports(entry('neuron.worker'))]
  const all = new Set([...page, ...data, ...neuron])

  it('is at most 122 kB of JavaScript, gzipped, in few files', () => {
    expect(all.size).toBeLessThanOrEqual(MOST_FILES)
    expect(gzipBytes(all)).toBeLessThanOrEqual(MOST_BEFORE_ENGINE_BYTES)
    expect(gzipBytes(page)).toBeLessThanOrEqual(MOST_OF_PAGE_BYTES)
  })

  it('is fetched once, however many of page and workers need it', () => {
    const shared = [...page].filter((file) => data.has(file) && neuron.has(file))
    expect(gzipBytes(shared)).toBeGreaterThan(15_000)
  })

  it('asks for no document in a worker', () => {
    for (const file of new Set([...data, ...neuron])) expect(readFileSync(join(ASSETS, file), 'utf8'), file).not.toMatch(/\bdocument\.|customElements/)
  })

  it('is there compressed, byte by byte what it is', () => {
    for (const file of all) {
      const path = join(ASSETS, file)
      expect(brotliDecompressSync(readFileSync(`${path}.br`)).equals(readFileSync(path)), file).toBe(true)
      expect(statSync(`${path}.br`).size).toBeLessThan(gzipBytes([file]))
    }
  })
})

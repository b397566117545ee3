import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../../../signaling/launch/project.mjs'
import type { NodeBrowser } from '../../support/browser.ts'

const LIGHTHOUSE = 'lighthouse@12.8.2'
const FOLDER = join(root, '.cache/lighthouse')
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const

export interface Audit {
  readonly form: 'desktop' | 'mobile'
  /** Of 100. */
  readonly performance: number
  readonly accessibility: number
  readonly bestPractices: number
  /** What cost points, a line each. */
  readonly findings: readonly string[]
}

interface LighthouseResult {
  readonly lhr: {
    readonly categories: Readonly<Record<string, { readonly score: number | null; readonly auditRefs: readonly { readonly id: string; readonly weight: number }[] }>>
    readonly audits: Readonly<Record<string, { readonly score: number | null; readonly title: string; readonly displayValue?: string }>>
  }
}

type Lighthouse = (url: string, flags: object, config?: object) => Promise<LighthouseResult | undefined>

/** The address as Lighthouse judges it, in a browser of ours: on a desk, and on a phone of the middle class on a slow line. */
export const auditPage = async ({ devToolsPort }: NodeBrowser, url: string, form: Audit['form']): Promise<Audit> => {
  const { lighthouse, desktop } = await load()
  const flags = { port: devToolsPort, onlyCategories: CATEGORIES, logLevel: 'error' }
  const result = await lighthouse(url, flags, form === 'desktop' ? desktop : undefined)
  if (result === undefined) throw new Error('Lighthouse gave no result')
  const { categories, audits } = result.lhr
  const score = (name: (typeof CATEGORIES)[number]): number => Math.round((categories[name]?.score ?? 0) * 100)
  const weighed = new Set(CATEGORIES.flatMap((name) => (categories[name]?.auditRefs ?? []).filter(({ weight }) => weight > 0).map(({ id }) => id)))
  const findings = Object.entries(audits).flatMap(([id, { score: of, title, displayValue = '' }]) =>
    weighed.has(id) && of !== null && of < 0.9 ? [`${title} ${displayValue}`.trim()] : [])
  return { form, performance: score('performance'), accessibility: score('accessibility'), bestPractices: score('best-practices'), findings }
}

/** It is no dependency: two hundred packages for one figure. Installed on demand, without any script of theirs. */
const load = async (): Promise<{ readonly lighthouse: Lighthouse; readonly desktop: object }> => {
  const folder = join(FOLDER, 'node_modules/lighthouse/core')
  if (!existsSync(folder))
    execFileSync('npm', ['install', '--no-save', '--ignore-scripts', '--silent', '--prefix', FOLDER, LIGHTHOUSE], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })
  const read = async (file: string): Promise<unknown> => ((await import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)) as { readonly default: unknown }).default
  return { lighthouse: (await read('index.js')) as Lighthouse, desktop: (await read('config/desktop-config.js')) as object }
}

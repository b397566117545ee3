import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchNode, type NodeBrowser } from '../../support/browser.ts'
import { describeMachine, type Machine } from '../machine.ts'
import { within } from '../pair.ts'
import { createPayload } from '../payload.ts'
import { onStage, type Stage } from '../stage.ts'
import { openPublisher, publish } from '../zazen.ts'
import { openCold, type ColdOpen } from './cold-open.ts'
import { measureInitialLoad, type ScriptFile } from './initial-load.ts'
import { auditPage, type Audit } from './lighthouse.ts'
import { jankOfLongHistory, jankOfSearch, jankOfStart, type Jank } from './long-tasks.ts'
import { measureMemory, type MemoryReport } from './memory.ts'

export const STARTUP_PARTS = ['cold', 'bytes', 'lighthouse', 'tasks', 'memory'] as const

export type StartupPart = (typeof STARTUP_PARTS)[number]

export interface StartupPlan {
  readonly rounds: number
  readonly parts: readonly StartupPart[]
  /** Memory for a whole hour instead of some minutes. */
  readonly hour: boolean
  readonly say: (line: string) => void
}

export const STARTUP_DEFAULTS = { rounds: 7 } as const

const ROWS = 10_000
const LONG_ROWS = 1_000_000
const SEED = 20_260_101
const FEW_MINUTES_MS = 4 * 60_000
const HOUR_MS = 3_600_000

export interface StartupReport {
  readonly machine: Machine
  readonly at: string
  readonly rows: number
  readonly opens: readonly ColdOpen[]
  readonly scripts: readonly ScriptFile[]
  readonly audits: readonly Audit[]
  readonly jank: readonly Jank[]
  readonly memory: MemoryReport | null
}

/** What somebody meets who opens the address: how soon it works, how much it fetches, whether it ever hangs, what it holds. */
export const benchStartup = async ({ rounds, parts, hour, say }: StartupPlan): Promise<StartupReport> => {
  const has = (part: StartupPart): boolean => parts.includes(part)
  return onStage(async (stage) => ({
    machine: await describeMachine(),
    at: new Date().toISOString(),
    rows: ROWS,
    opens: has('cold') ? await openAgainAndAgain(stage, rounds, say) : [],
    scripts: has('bytes') ? await inFreshBrowser((browser) => measureInitialLoad(browser, stage.url)) : [],
    audits: has('lighthouse') ? await audit(stage, say) : [],
    memory: has('memory') ? await measureMemory(stage, { forMs: hour ? HOUR_MS : FEW_MINUTES_MS, say }) : null,
    // Last: a directory of ten thousand is as much as a node reads of one.
    jank: has('tasks') ? await listen(stage, say) : [],
  }))
}

const openAgainAndAgain = async (stage: Stage, rounds: number, say: (line: string) => void): Promise<readonly ColdOpen[]> => {
  const publisher = await openPublisher(stage, stage.url)
  const published = await publish(publisher, createPayload(ROWS, SEED))
  const opens: ColdOpen[] = []
  for (let round = 0; round < rounds; round++) {
    const open = await inFreshBrowser((browser) => openCold(browser, stage.url, published))
    opens.push(open)
    say(`open ${round + 1} of ${rounds}: interactive ${open.interactiveMs.toFixed(0)}, checked in ${open.checkedInMs.toFixed(0)}, verified ${open.verifiedMs.toFixed(0)}, predicted ${open.predictedMs.toFixed(0)} ms`)
  }
  await publisher.close()
  return opens
}

const audit = async (stage: Stage, say: (line: string) => void): Promise<readonly Audit[]> => {
  const audits: Audit[] = []
  for (const form of ['desktop', 'mobile'] as const) {
    const one = await inFreshBrowser((browser) => within(auditPage(browser, stage.url, form)))
    audits.push(one)
    say(`Lighthouse, ${form}: performance ${one.performance}, accessibility ${one.accessibility}, best practices ${one.bestPractices}${one.findings.map((finding) => `\n  ${finding}`).join('')}`)
  }
  return audits
}

const listen = async (stage: Stage, say: (line: string) => void): Promise<readonly Jank[]> => {
  const publisher = await openPublisher(stage, stage.url, 'long')
  const jank = [await jankOfStart(stage), ...(await jankOfLongHistory(stage, await publish(publisher, createPayload(LONG_ROWS, SEED))))]
  await publisher.close()
  jank.push(await jankOfSearch(stage))
  for (const one of jank) say(`${one.during}: ${one.tasks} long tasks, the longest ${one.longestMs.toFixed(0)} ms; by processor time ${one.busyTasks ?? '?'}, ${one.longestBusyMs?.toFixed(0) ?? '?'} ms${one.scripts.map((script) => `\n  ${script}`).join('')}`)
  return jank
}

/** A process and a profile of its own, gone afterwards: nothing is in any cache. */
const inFreshBrowser = async <T>(work: (browser: NodeBrowser) => Promise<T>): Promise<T> => {
  const userDataDir = await mkdtemp(join(tmpdir(), 'zazen-fresh-'))
  const browser = await launchNode({ userDataDir, url: 'about:blank' })
  try {
    return await work(browser)
  } finally {
    await browser.close()
    await rm(userDataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

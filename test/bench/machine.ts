import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { ensureChromium } from '../../signaling/launch/chromium.mjs'

/** Where the figures were measured: without it they say nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly node: string
  readonly chromium: string
  readonly platform: string
}

export const describeMachine = async (): Promise<Machine> => {
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore']
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    chromium: execFileSync(await ensureChromium(), ['--version'], { encoding: 'utf8', stdio }).trim(),
    platform: `${process.platform} ${process.arch}`,
  }
}

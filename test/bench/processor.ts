import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** The kernel counts in hundredths of a second. */
const TICK_MS = 10

interface Process {
  readonly parent: number
  readonly ms: number
}

/**
 * Processor time that a process and all that come from it have had, milliseconds: on a machine that others use too it says
 * more than the clock. Null where the system does not tell in /proc.
 */
export const processorMs = (pid: number): number | null => {
  if (!existsSync('/proc/self/stat')) return null
  const all = new Map(readdirSync('/proc').flatMap((name): [number, Process][] => {
    const read = /^\d+$/.test(name) ? readProcess(Number(name)) : null
    return read === null ? [] : [[Number(name), read]]
  }))
  const isOf = (one: number | undefined): boolean => one !== undefined && (one === pid || isOf(all.get(one)?.parent))
  return [...all].reduce((sum, [one, { ms }]) => (isOf(one) ? sum + ms : sum), 0)
}

/** Null when it has ended meanwhile. */
const readProcess = (pid: number): Process | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it is in brackets and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number)
    return { parent: fields[1] ?? 0, ms: ((fields[11] ?? 0) + (fields[12] ?? 0)) * TICK_MS }
  } catch {
    return null
  }
}

/** Runs work and answers what it cost each browser. */
export const withCost = async <T>(pids: readonly number[], work: () => Promise<T>): Promise<{ readonly value: T; readonly costsMs: readonly (number | null)[] }> => {
  const before = pids.map(processorMs)
  const value = await work()
  const costsMs = pids.map((pid, index) => {
    const [from, to] = [before[index] ?? null, processorMs(pid)]
    return from === null || to === null ? null : to - from
  })
  return { value, costsMs }
}

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
  const family = familyOf(pid)
  return family === null ? null : [...family.values()].reduce((sum, { ms }) => sum + ms, 0)
}

/** A process and all that come from it. */
const familyOf = (pid: number): ReadonlyMap<number, Process> | null => {
  if (!existsSync('/proc/self/stat')) return null
  const all = new Map(readdirSync('/proc').flatMap((name): [number, Process][] => {
    const read = /^\d+$/.test(name) ? readProcess(Number(name)) : null
    return read === null ? [] : [[Number(name), read]]
  }))
  const isOf = (one: number | undefined): boolean => one !== undefined && (one === pid || isOf(all.get(one)?.parent))
  return new Map([...all].filter(([one]) => isOf(one)))
}

/** Processor time of each kind of thread in a browser, milliseconds, by `process: thread`; empty where the system does not tell. */
export const threadsMs = (pid: number): ReadonlyMap<string, number> => {
  const threads = new Map<string, number>()
  for (const one of familyOf(pid)?.keys() ?? [])
    for (const { name, ms } of readThreads(one)) threads.set(name, (threads.get(name) ?? 0) + ms)
  return threads
}

const readThreads = (pid: number): readonly { readonly name: string; readonly ms: number }[] => {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    const kind = /--utility-sub-type=([\w.]+)/.exec(command)?.[1]?.split('.').at(-1) ?? /--type=([\w-]+)/.exec(command)?.[1] ?? 'browser'
    return readdirSync(`/proc/${pid}/task`).map((task) => {
      const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')
      const thread = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')).replace(/[\d/]+$/, '')
      // In nanoseconds, where `stat` counts in hundredths of a second.
      const ns = Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
      return { name: `${kind}: ${task === String(pid) ? 'main' : thread}`, ms: ns / 1e6 }
    })
  } catch {
    // It has ended meanwhile.
    return []
  }
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

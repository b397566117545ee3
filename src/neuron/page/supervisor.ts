/** How often each worker is asked whether it is alive, and how long it may take to say so, milliseconds. */
const BEAT_MS = 5_000
const SILENT_MS = 20_000

/** A worker that dies more often than this within a minute is not started again: something is wrong for good. */
const MAX_RESTARTS_A_MINUTE = 5

type Name = 'data' | 'engine' | 'neuron'

interface Watched {
  readonly worker: Worker
  readonly stopBeat: () => void
}

export interface Supervisor {
  /**
   * Starts a worker under this name and watches it: its error event, and its heartbeat where `ping` asks for one. When it
   * dies it is ended, and `restart` (null: the node stops) starts the next.
   */
  start(name: Name, create: () => Worker, ping: ((worker: Worker) => Promise<void>) | null, restart?: () => void): Worker
  worker(name: Name): Worker | undefined
  stop(): void
}

/** Keeps workers alive; `onGiveUp` is told which could not be kept, and why. */
export const createSupervisor = (onGiveUp: (what: string, message: string) => void): Supervisor => {
  const watched = new Map<Name, Watched>()
  const deaths = new Map<Name, number[]>()
  let stopped = false
  const end = (name: Name): void => {
    const held = watched.get(name)
    watched.delete(name)
    held?.stopBeat()
    held?.worker.terminate()
  }
  const diesOften = (name: Name): boolean => {
    const recent = [...(deaths.get(name) ?? []), performance.now()].filter((at) => performance.now() - at < 60_000)
    deaths.set(name, recent)
    return recent.length > MAX_RESTARTS_A_MINUTE
  }
  const onDeath = (name: Name, worker: Worker, message: string, restart: (() => void) | undefined): void => {
    if (stopped || watched.get(name)?.worker !== worker) return
    end(name)
    if (restart === undefined || diesOften(name)) onGiveUp(`The ${name} worker`, message)
    else restart()
  }
  return {
    start: (name, create, ping, restart) => {
      const worker = create()
      const die = (message: string): void => {
        onDeath(name, worker, message, restart)
      }
      worker.onerror = (event: ErrorEvent) => {
        die(event.message)
      }
      const stopBeat = ping === null ? () => undefined : beat(() => ping(worker), () => { die('It no longer answers.') })
      watched.set(name, { worker, stopBeat })
      return worker
    },
    worker: (name) => watched.get(name)?.worker,
    stop: () => {
      stopped = true
      for (const name of [...watched.keys()]) end(name)
    },
  }
}

/** Pings again and again; calls `onSilence` once when an answer does not come. */
const beat = (ping: () => Promise<void>, onSilence: () => void): (() => void) => {
  let alive = true
  let timer: ReturnType<typeof setTimeout>
  const again = (): void => {
    if (!alive) return
    const late = setTimeout(() => {
      if (alive) onSilence()
    }, SILENT_MS)
    void ping().then(() => {
      clearTimeout(late)
      timer = setTimeout(again, BEAT_MS)
    })
  }
  timer = setTimeout(again, BEAT_MS)
  return () => {
    alive = false
    clearTimeout(timer)
  }
}

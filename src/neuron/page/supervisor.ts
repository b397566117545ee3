import type { Clock } from '../../ports/clock.ts'

/** How often each worker is asked whether it is alive, milliseconds. */
const BEAT_MS = 5_000
/** Beats in a row without an answer after which it is not. Counted, not timed: a machine that slept in between has one beat when it wakes. */
const SILENT_BEATS = 4

/** A worker that dies more often than this within a minute is not started again: something is wrong for good. */
const MAX_RESTARTS_A_MINUTE = 5

type Name = 'data' | 'engine' | 'neuron'

interface Watched {
  readonly worker: Worker
  readonly stopBeat: () => void
}

export interface Supervisor {
  /**
   * Starts a worker under this name and watches it: its error event, and whether it answers `ping`. When it dies, or hangs,
   * it is ended, and `restart` (without it: the node stops) starts the next.
   */
  start(name: Name, create: () => Worker, ping: () => Promise<void>, restart?: () => void): Worker
  stop(): void
}

/** Keeps workers alive; `onGiveUp` is told which could not be kept, and why. */
export const createSupervisor = (clock: Clock, onGiveUp: (what: string, message: string) => void): Supervisor => {
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
    const recent = [...(deaths.get(name) ?? []), clock.now()].filter((at) => clock.now() - at < 60_000)
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
      const stopBeat = beat(clock, ping, () => { die('It no longer answers.') })
      watched.set(name, { worker, stopBeat })
      return worker
    },
    stop: () => {
      stopped = true
      for (const name of [...watched.keys()]) end(name)
    },
  }
}

/** Pings again and again; calls `onSilence` once when no answer comes any more. */
const beat = (clock: Clock, ping: () => Promise<void>, onSilence: () => void): (() => void) => {
  let unanswered = 0
  const tick = (): void => {
    if (unanswered === SILENT_BEATS) {
      onSilence()
      return
    }
    unanswered++
    stop = clock.after(BEAT_MS, tick)
    void ping().then(() => {
      unanswered = 0
    })
  }
  let stop = clock.after(BEAT_MS, tick)
  return () => {
    stop()
  }
}

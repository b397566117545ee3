import { failureOf, type Failure } from '../base/result.ts'
import type { StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { LogDep } from '../ports/log.ts'
import type { EngineReport } from '../runtime/engine-host.ts'
import type { CommandDeps } from './commands.ts'
import { changeEngineSettings, readEngineSettings, shareOf } from './engine-settings.ts'
import type { EngineView } from './snapshot.ts'
import type { Startup } from './startup.ts'

/** What the engine said of its use of the processor is of that long, milliseconds: having said nothing since, it rests. */
const USED_MS = 10_000

/** The engine worker from afar: every call is a message. */
export interface EngineControl {
  /** Share of one core that it may take, 0 … 1; 0: it rests. */
  setShare(share: number): Promise<void>
  listen(report: (report: EngineReport) => void, complain: (stream: StreamId, failure: Failure) => void): Promise<void>
}

/** What the neuron says to the engine, one number, and what it hears of it. */
export interface EngineSide extends Pick<CommandDeps, 'setNodePaused' | 'setEngine'> {
  readonly isPaused: boolean
  readonly view: EngineView
  reportOf(stream: StreamId): EngineReport | undefined
  forget(stream: StreamId): void
  /** How much it may take has changed, or may have. */
  tellShare(): void
  battery(onBattery: boolean): void
  /** The engine was started, or started anew. `share` makes a callback that can cross to it. */
  attach(engine: EngineControl, share: <F extends object>(callback: F) => F): void
}

export interface EngineSideDeps extends ClockDep, LogDep {
  readonly paused: boolean
  /** As the page has kept it. */
  readonly engineSettings: string | null
  readonly startup: Pick<Startup, 'end'>
  /** Predictions are signed: without that the engine rests. */
  readonly maySign: () => boolean
  readonly changed: () => void
}

export const createEngineSide = ({ clock, log, paused, engineSettings, startup, maySign, changed }: EngineSideDeps): EngineSide => {
  const reports = new Map<StreamId, EngineReport>()
  let isPaused = paused
  let settings = readEngineSettings(engineSettings)
  let onBattery: boolean | null = null
  let used: { readonly share: number; readonly at: number } = { share: 0, at: 0 }
  let engine: EngineControl | null = null

  /** Paused is a share of nothing: one number says all that the engine has to keep to. */
  const tellShare = (): void => {
    void engine?.setShare(isPaused || !maySign() ? 0 : shareOf(settings, onBattery))
    changed()
  }
  const onReport = (report: EngineReport): void => {
    reports.set(report.stream, report)
    used = { share: report.used, at: clock.now() }
    changed()
  }
  const onFailure = (stream: StreamId, failure: Failure): void => {
    const isMinor = failure.code.startsWith('learnt-')
    log({ level: isMinor ? 'warn' : 'error', stream, message: isMinor ? failure.message : `the engine could not go on with this stream: ${failure.message}` })
  }
  return {
    get isPaused() {
      return isPaused
    },
    get view() {
      return { ...settings, onBattery, used: clock.now() - used.at < USED_MS ? Math.round(used.share * 100) : 0 }
    },
    reportOf: (stream) => reports.get(stream),
    forget: (stream) => {
      reports.delete(stream)
    },
    tellShare,
    battery: (now) => {
      onBattery = now
      tellShare()
    },
    setNodePaused: (now) => {
      isPaused = now
      tellShare()
      log({ message: now ? 'paused' : 'resumed' })
    },
    setEngine: (change) => {
      const judged = changeEngineSettings(settings, change)
      if (judged.ok) settings = judged.value
      tellShare()
      return judged
    },
    attach: (fresh, share) => {
      if (engine !== null) log({ level: 'warn', message: 'the engine was started anew' })
      engine = fresh
      tellShare()
      fresh.listen(share(onReport), share(onFailure)).then(
        () => {
          startup.end('engine')
        },
        (thrown: unknown) => {
          startup.end('engine', failureOf(thrown).message)
        },
      )
    },
  }
}

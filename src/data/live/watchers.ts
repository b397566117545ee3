import type { StreamId } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { DataNotice } from '../../ports/data-client.ts'
import type { LogEntry } from '../../ports/log.ts'
import type { FrameOf } from '../../protocol/frame.ts'
import { MAX_REASON_BYTES } from '../../protocol/limits.ts'
import type { StreamState } from '../../protocol/local.ts'
import { clipUtf8 } from '../../domain/text.ts'

type Unnumbered = { [T in DataNotice['type']]: Omit<FrameOf<T>, 'request'> }[DataNotice['type']]

/** Told at most this often of one stream's progress, milliseconds: a download changes a thousand times a second. */
const PROGRESS_EVERY_MS = 200

/** Log entries kept for the first who keeps a log. */
const MAX_EARLY_ENTRIES = 200

export interface Watchers {
  /** Adds a watcher; the answer takes it away. `keepsLog`: it is given what was logged before anyone watched. */
  add(send: (notice: Unnumbered) => void, keepsLog: boolean): () => void
  notify(notice: Unnumbered): void
  log(entry: LogEntry): void
  /** The stream's rows or standing changed: told at once. */
  changed(stream: StreamId): void
  /** Only its transfer moved on: told now and then. */
  progressed(stream: StreamId): void
  /** The stream is no longer kept: nothing more is told of it. */
  forgotten(stream: StreamId): void
}

export const createWatchers = ({
  clock,
  stateOf,
}: ClockDep & { readonly stateOf: (stream: StreamId) => StreamState | null }): Watchers => {
  const watchers = new Set<(notice: Unnumbered) => void>()
  const early: LogEntry[] = []
  let isKept = false
  const pending = new Map<StreamId, () => void>()
  const notify = (notice: Unnumbered): void => {
    for (const send of watchers) send(notice)
  }
  const tell = (stream: StreamId): void => {
    pending.get(stream)?.()
    pending.delete(stream)
    const state = stateOf(stream)
    if (state !== null) notify({ type: 'state', state })
  }
  return {
    add: (send, keepsLog) => {
      watchers.add(send)
      isKept ||= keepsLog
      if (keepsLog) for (const entry of early.splice(0)) send({ type: 'log-entry', ...entry })
      return () => {
        watchers.delete(send)
      }
    },
    notify,
    log: (said) => {
      const entry = { ...said, message: clipUtf8(said.message, MAX_REASON_BYTES) }
      if (isKept) notify({ type: 'log-entry', ...entry })
      else if (early.length < MAX_EARLY_ENTRIES) early.push(entry)
    },
    changed: tell,
    forgotten: (stream) => {
      pending.get(stream)?.()
      pending.delete(stream)
      notify({ type: 'forgotten', stream })
    },
    progressed: (stream) => {
      if (pending.has(stream)) return
      pending.set(
        stream,
        clock.after(PROGRESS_EVERY_MS, () => {
          tell(stream)
        }),
      )
    },
  }
}

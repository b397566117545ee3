import type { PublicKey, StreamId } from '../domain/stream.ts'

/** One coming or going, or a trouble, in words for a person. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  readonly direction: 'in' | 'out' | 'none'
  readonly message: string
  readonly stream: StreamId | null
  readonly peer: PublicKey | null
}

export type Log = (entry: Pick<LogEntry, 'message'> & Partial<LogEntry>) => void

export interface LogDep {
  readonly log: Log
}

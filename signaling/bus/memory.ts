import type { Bus } from './bus.ts'

/** Servers of one process, or one server alone: `join` gives each its end. */
export interface MemoryHub {
  join(): Bus
}

export const createMemoryHub = (): MemoryHub => {
  const listeners = new Map<string, Set<Listener>>()
  return {
    join: () => {
      const own = new Set<() => void>()
      const member = Symbol('member')
      let closed = false
      return {
        publish(subject, text) {
          if (closed) return
          for (const { of, heard } of [...(listeners.get(subject) ?? [])]) if (of !== member) heard(text)
        },
        listen(subject, heard) {
          if (closed) return () => undefined
          const listener = { of: member, heard }
          listeners.set(subject, (listeners.get(subject) ?? new Set()).add(listener))
          const stop = (): void => {
            own.delete(stop)
            const left = listeners.get(subject)
            left?.delete(listener)
            if (left?.size === 0) listeners.delete(subject)
          }
          own.add(stop)
          return stop
        },
        close() {
          closed = true
          for (const stop of [...own]) stop()
          return Promise.resolve()
        },
      }
    },
  }
}

interface Listener {
  readonly of: symbol
  readonly heard: (text: string) => void
}

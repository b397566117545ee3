import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What the server counts. Labels are words of ours only: a stranger cannot make a new series. */
export interface Metrics {
  message(direction: 'in' | 'out', type: string, count: number): void
  refused(code: string): void
  /** A connection that was open has ended. */
  ended(reason: string): void
  /** A rendezvous caller waited this long. */
  held(outcome: 'matched' | 'timeout' | 'left', forMs: number): void
  /** Writes of listings took this long until they were on disk. */
  kept(forMs: number): void
  /** How many there are of each; asked when someone looks. */
  watch(counts: () => Counts): void
  /** In the text format of Prometheus. */
  text(): Promise<string>
}

export type Counts = Readonly<Record<string, number>>

/** `ofProcess` adds memory, processor and event-loop delay. */
export const createMetrics = (options: { readonly ofProcess: boolean }): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name: `zazen_${name}_total`, help, labelNames, registers })
  // Counted here and handed over when someone looks: the library's own counting costs six times as much (5 µs an introduction, measured).
  const messages = new Map<string, { readonly labels: Record<'direction' | 'type', string>; count: number }>()
  new Counter({
    name: 'zazen_messages_total',
    help: 'Messages, by direction and type.',
    labelNames: ['direction', 'type'],
    registers,
    collect() {
      this.reset()
      for (const { labels, count } of messages.values()) this.inc(labels, count)
    },
  })
  const refusals = counter('refusals', 'Requests, messages and connections refused, by code.', ['code'])
  const ends = counter('connections_ended', 'WebSockets that ended, by reason.', ['reason'])
  const held = new Histogram({
    name: 'zazen_rendezvous_held_seconds',
    help: 'How long a first caller waited, by outcome; the count of "matched" is the number of introductions.',
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
    registers,
  })
  const kept = new Histogram({
    name: 'zazen_kept_seconds',
    help: 'From a change of a listing until it is on disk.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers,
  })
  if (options.ofProcess) collectDefaultMetrics({ register: registry })
  return {
    message(direction, type, count) {
      const name = direction + type
      const known = messages.get(name)
      if (known === undefined) messages.set(name, { labels: { direction, type }, count })
      else known.count += count
    },
    refused: (code) => refusals.inc({ code }),
    ended: (reason) => ends.inc({ reason }),
    held: (outcome, forMs) => held.observe({ outcome }, forMs / 1_000),
    kept: (forMs) => kept.observe(forMs / 1_000),
    watch(counts) {
      for (const name of Object.keys(counts()))
        new Gauge({
          name: `zazen_${name}`,
          help: `How many ${name} there are now.`,
          registers,
          collect() {
            this.set(counts()[name] ?? 0)
          },
        })
    },
    text: () => registry.metrics(),
  }
}

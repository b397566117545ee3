import { randomOf, type Random } from '../base/random.ts'
import type { Clock } from '../ports/clock.ts'

/** The platform's clock. In a worker its timers are not slowed down when the page is hidden. */
export const createSystemClock = (): Clock => ({
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
})

/** The platform's cryptographic random numbers: nonces and one-time keys are made of them. */
export const createSystemRandom = (): Random => ({
  ...randomOf(() => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0),
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
})

/** SHA-256 of something large, by the platform: 0.7 to 1.5 GB/s. */
export const digestSha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

/** A rejected promise that nobody handles ends a worker as an exception does: its supervisor hears of it and acts. */
export const dieOfUnhandledRejections = (): void => {
  globalThis.addEventListener('unhandledrejection', (event) => {
    reportError(event.reason)
  })
}

/** Forecasters for each gigabyte of the machine's memory: a full one takes 1.1 MB (measured), all of them a seventh of it at most. */
const FORECASTERS_PER_GB = 128

/** How many forecasters this machine may hold in memory. Browsers round its size, tell at most 8, or do not tell: then it is 4. */
export const forecastersFor = (machine: object): number => {
  const gigabytes = 'deviceMemory' in machine && typeof machine.deviceMemory === 'number' ? machine.deviceMemory : 4
  return Math.max(64, Math.round(gigabytes * FORECASTERS_PER_GB))
}

/** Of one bucket, milliseconds; ten make the time that is told of. */
const BUCKET_MS = 1_000
const BUCKETS = 10

/** How busy the core was kept over the last ten seconds. */
export interface Usage {
  add(now: number, busyMs: number): void
  /** 0 … 1. */
  share(now: number): number
}

export const createUsage = (): Usage => {
  const busy = new Float64Array(BUCKETS)
  let newest = -Infinity
  const pass = (now: number): void => {
    const bucket = Math.floor(now / BUCKET_MS)
    for (let passed = Math.max(newest + 1, bucket - BUCKETS + 1); passed <= bucket; passed++) busy[passed % BUCKETS] = 0
    newest = Math.max(newest, bucket)
  }
  return {
    add: (now, busyMs) => {
      pass(now)
      busy[newest % BUCKETS] = (busy[newest % BUCKETS] ?? 0) + busyMs
    },
    share: (now) => {
      pass(now)
      return Math.min(1, busy.reduce((sum, one) => sum + one, 0) / (BUCKETS * BUCKET_MS))
    },
  }
}

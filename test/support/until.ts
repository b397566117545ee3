/** How often a condition is looked at, milliseconds: well under what a person notices, cheap for the page. */
const LOOK_EVERY_MS = 50

/** Waits until `probe` answers something; what it threw or answered last is told when the deadline passes. */
export const until = async <T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  { timeoutMs = 60_000, everyMs = LOOK_EVERY_MS }: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<T> => {
  const deadline = performance.now() + timeoutMs
  let last: unknown = 'never asked'
  while (performance.now() < deadline) {
    try {
      const found = await probe()
      if (found !== null && found !== undefined && found !== false) return found
      last = 'not yet'
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  throw new Error(`waited ${timeoutMs / 1000} s for ${what}: ${last instanceof Error ? last.message : String(last)}`)
}

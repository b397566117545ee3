/** Hidden for longer than this, what the browser did meanwhile is anybody's guess, milliseconds. */
const HIDDEN_MS = 60_000

/** Several of these events come at once when a lid is opened: told once, milliseconds. */
const SETTLE_MS = 500

/** Where it exists; browsers differ. */
interface NetworkInformation extends EventTarget {
  readonly type?: string
}

/**
 * Calls `woke` when connections may have died without a word: the network came back or is another one, the page was frozen or
 * comes out of the browser's cache, or was hidden for long. The answer stops it.
 */
export const watchWaking = (woke: () => void): (() => void) => {
  const ended = new AbortController()
  const { signal } = ended
  let hiddenAt: number | null = document.hidden ? Date.now() : null
  let timer: ReturnType<typeof setTimeout> | null = null
  const tell = (): void => {
    timer ??= setTimeout(() => {
      timer = null
      woke()
    }, SETTLE_MS)
  }
  const onVisibility = (): void => {
    if (document.hidden) hiddenAt ??= Date.now()
    else {
      if (hiddenAt !== null && Date.now() - hiddenAt > HIDDEN_MS) tell()
      hiddenAt = null
    }
  }
  addEventListener('online', tell, { signal })
  addEventListener('pageshow', ({ persisted }) => { if (persisted) tell() }, { signal })
  document.addEventListener('resume', tell, { signal })
  document.addEventListener('visibilitychange', onVisibility, { signal })
  const { connection } = navigator as Navigator & { readonly connection?: NetworkInformation }
  connection?.addEventListener('change', tell, { signal })
  return () => {
    ended.abort()
    if (timer !== null) clearTimeout(timer)
  }
}

/** Where it exists: Chromium tells it to pages, others to nobody. */
interface Battery extends EventTarget {
  readonly charging: boolean
}

/** Tells whether the machine runs on its battery, now and whenever that changes; nothing where the browser does not say. The answer stops it. */
export const watchBattery = (tell: (onBattery: boolean) => void): (() => void) => {
  const ended = new AbortController()
  const { signal } = ended
  const { getBattery } = navigator as { readonly getBattery?: () => Promise<Battery> }
  const watch = (battery: Battery): void => {
    if (signal.aborted) return
    const say = (): void => {
      tell(!battery.charging)
    }
    battery.addEventListener('chargingchange', say, { signal })
    say()
  }
  // A browser may refuse it, as it refuses a page in a frame: then nothing is known, as where it does not exist.
  void getBattery?.call(navigator).then(watch, () => undefined)
  return () => {
    ended.abort()
  }
}

/** Keeps the screen on while it is wanted and the page is seen: the browser takes the lock away whenever it is hidden. */
export class WakeLock {
  static readonly isPossible = 'wakeLock' in navigator
  #wanted = false
  #held: WakeLockSentinel | null = null

  constructor() {
    document.addEventListener('visibilitychange', () => void this.#decide())
  }

  /** Answers whether the screen stays on now. */
  async want(wanted: boolean): Promise<boolean> {
    this.#wanted = wanted
    await this.#decide()
    return this.#held !== null
  }

  async #decide(): Promise<void> {
    if (!this.#wanted || document.hidden || !WakeLock.isPossible) {
      const held = this.#held
      this.#held = null
      await held?.release()
      return
    }
    if (this.#held !== null && !this.#held.released) return
    // Refused on a low battery: it is asked for again when the page is seen again.
    this.#held = await navigator.wakeLock.request('screen').catch(() => null)
  }
}

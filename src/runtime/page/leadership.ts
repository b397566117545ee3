export interface Leadership {
  /** Waits for its turn: at once when nobody leads, else when the tab that leads ends. */
  wait(): void
  /** Takes it from the tab that has it. */
  steal(): void
  /** Waits no longer. What is held is held until the page ends. */
  leave(): void
}

/**
 * One tab of a profile is the node: the one that holds its Web Lock. A held lock also keeps the browser from freezing the tab.
 * `onGained`: this tab is it from now on. `onLost`: another tab has taken it.
 */
export const createLeadership = (profile: string, { onGained, onLost }: { readonly onGained: () => void; readonly onLost: () => void }): Leadership => {
  const name = `zazen:${profile}`
  let waiting: AbortController | null = null
  const leave = (): void => {
    waiting?.abort()
    waiting = null
  }
  const request = (options: LockOptions): void => {
    let isHeld = false
    const hold = (): Promise<never> => {
      isHeld = true
      waiting = null
      onGained()
      return new Promise(() => undefined)
    }
    navigator.locks.request(name, options, hold).catch(() => {
      // Rejected while waiting: nobody waits any more. Rejected while held: it was stolen.
      if (isHeld) onLost()
    })
  }
  return {
    wait: () => {
      leave()
      waiting = new AbortController()
      request({ signal: waiting.signal })
    },
    steal: () => {
      leave()
      request({ steal: true })
    },
    leave,
  }
}

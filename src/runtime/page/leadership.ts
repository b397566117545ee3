export interface Leadership {
  /** Waits for its turn: at once when nobody leads, else when the tab that leads ends. */
  wait(): void
  /** Takes it from the tab that has it, once: asked again on the way there it would be taken from this one. */
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
  let isTaking = false
  /** How often this tab has had the lock. One hold can be taken from it by its own next: that is no loss. */
  let holds = 0
  const leave = (): void => {
    waiting?.abort()
    waiting = null
  }
  const request = (options: LockOptions, own: AbortController | null): void => {
    let mine = 0
    const hold = (): Promise<never> => {
      mine = ++holds
      if (own === null) isTaking = false
      else if (waiting === own) waiting = null
      onGained()
      return new Promise(() => undefined)
    }
    navigator.locks.request(name, options, hold).catch(() => {
      // Rejected while waiting: nobody waits any more. Rejected while held: it was stolen.
      if (own === null) isTaking = false
      if (mine > 0 && mine === holds) onLost()
    })
  }
  return {
    wait: () => {
      leave()
      const own = new AbortController()
      waiting = own
      request({ signal: own.signal }, own)
    },
    steal: () => {
      if (isTaking) return
      isTaking = true
      leave()
      request({ steal: true }, null)
    },
    leave,
  }
}

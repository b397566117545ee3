/** How long a leader that is going (a reload) may take to let go, milliseconds; handing over takes 25 to 115. */
const HANDOVER_MS = 1_000

/**
 * One tab of a profile is the node: the one that holds its Web Lock. Answers whether this tab is it now. A held lock
 * also keeps the browser from freezing the tab.
 */
export const takeLeadership = (
  profile: string,
  options: { readonly steal: boolean; readonly onLost: () => void },
): Promise<boolean> => {
  const name = `zazen:${profile}`
  return new Promise((resolve) => {
    let held = false
    const hold = (): Promise<never> => {
      held = true
      resolve(true)
      return new Promise(() => undefined)
    }
    const request = options.steal
      ? navigator.locks.request(name, { steal: true }, hold)
      : navigator.locks.request(name, { signal: AbortSignal.timeout(HANDOVER_MS) }, hold)
    request.catch(() => {
      // Rejected while waiting: someone else holds it. Rejected while held: it was stolen.
      if (held) options.onLost()
      else resolve(false)
    })
  })
}

/** Not every browser has it. */
const { scheduler } = globalThis as { readonly scheduler?: { readonly yield?: () => Promise<void> } }

/** As long as a start takes on a slow machine, milliseconds. */
const START_MS = 3_000

/** An idle moment is waited for no longer, milliseconds: a page that is always busy gets on all the same. */
const MOST_BUSY_MS = 1_000

/**
 * Goes on in a turn of its own: between two the page is painted and its person answered. What waits in no timer is not slowed down in a
 * hidden page.
 */
export const nextTurn = (): Promise<void> => scheduler?.yield?.() ?? turnOfMessage()

const turnOfMessage = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

/** Goes on when the page has nothing better to do. */
export const idleTurn = (): Promise<void> =>
  new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: MOST_BUSY_MS })
    else setTimeout(resolve)
  })

/** What nobody waits for yet goes on after the start, whose processor and line it would share. */
export const afterStart = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, START_MS))
  await idleTurn()
}

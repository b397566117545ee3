import type { CDPSession, Page } from 'playwright-core'

/** Watches what a page's data worker holds: objects of the language and the buffers behind them. */
export interface HeapWatch {
  /** The most that was seen so far, bytes. */
  readonly peakBytes: number
  stop(): void
}

const EVERY_MS = 50

interface Usage {
  readonly usedSize: number
  readonly backingStorageSize?: number
}

/** `all`: with what is dead and not yet collected, as the browser holds it; `live`: what is left when that is collected, which slows the worker down. */
export type HeapPart = 'all' | 'live'

/** A page's workers are asked through the page: Playwright has no session of their own for them. */
export const watchDataWorker = async (page: Page, part: HeapPart): Promise<HeapWatch> => {
  const session = await page.context().newCDPSession(page)
  let worker: string | null = null
  let peakBytes = 0
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (/data\.worker/.test(targetInfo.url)) worker = sessionId
  })
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { result } = JSON.parse(message) as { readonly result?: Usage }
    peakBytes = Math.max(peakBytes, (result?.usedSize ?? 0) + (result?.backingStorageSize ?? 0))
  })
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  let asked = 0
  const timer = setInterval(() => {
    if (worker === null) return
    if (part === 'live') ask(session, worker, ++asked, 'HeapProfiler.collectGarbage')
    ask(session, worker, ++asked, 'Runtime.getHeapUsage')
  }, EVERY_MS)
  return {
    get peakBytes() {
      return peakBytes
    },
    stop: () => clearInterval(timer),
  }
}

const ask = (session: CDPSession, sessionId: string, id: number, method: string): void => {
  const message = JSON.stringify({ id, method, params: {} })
  // The page may have gone: then there is nothing more to see.
  session.send('Target.sendMessageToTarget', { sessionId, message }).catch(() => undefined)
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchNode, type NodeBrowser } from '../support/browser.ts'
import { startServer } from '../support/server.ts'
import type { Pair } from './pair.ts'

/** A server, a sender and a receiver; `another` starts one more browser. */
export interface Stage extends Pair {
  readonly url: string
  another(): Promise<NodeBrowser>
}

/** Whatever happens on it, nothing of it is left behind. */
export const onStage = async <T>(work: (stage: Stage) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'zazen-bench-'))
  const server = await startServer()
  const browsers: NodeBrowser[] = []
  const another = async (): Promise<NodeBrowser> => {
    const browser = await launchNode({ userDataDir: join(folder, String(browsers.length)), url: 'about:blank' })
    browsers.push(browser)
    return browser
  }
  // Also when the process ends in the middle: a browser that nobody watches would run for ever.
  const abandon = (): void => {
    for (const browser of browsers) void browser.kill()
    void server.stop()
  }
  const interrupt = (): void => process.exit(130)
  process.once('exit', abandon).once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    return await work({ sender: await another(), receiver: await another(), url: server.url, another })
  } finally {
    process.off('exit', abandon).off('SIGINT', interrupt).off('SIGTERM', interrupt)
    await Promise.all(browsers.map((browser) => browser.close()))
    await server.stop()
    // A browser's last helper processes may still be writing.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

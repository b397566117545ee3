import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchNode, type NodeBrowser } from './browser.ts'
import { startServer, type TestServer } from './server.ts'

/** A real server and as many real browsers as a story needs; `close` ends them all and leaves nothing behind. */
export interface Bench {
  readonly server: TestServer
  /** A browser whose profile has this name: the same name again is the same person coming back. */
  node(name: string): Promise<NodeBrowser>
  close(): Promise<void>
}

export const openBench = async (): Promise<Bench> => {
  const folder = await mkdtemp(join(tmpdir(), 'zazen-'))
  const server = await startServer()
  const nodes: NodeBrowser[] = []
  return {
    server,
    node: async (name) => {
      const node = await launchNode({ userDataDir: join(folder, name), url: server.url })
      nodes.push(node)
      return node
    },
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()))
      await server.stop()
      // A browser's last helper processes may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchNode, type NodeBrowser } from './browser.ts'
import { startServer, type TestServer } from './server.ts'
import { until } from './until.ts'

/** A real server and as many real browsers as a story needs; `close` ends them all and leaves nothing behind. */
export interface Bench {
  readonly server: TestServer
  /** Where its profiles are; files of a test may lie there too. */
  readonly folder: string
  /** A browser whose profile has this name: the same name again is the same person coming back. */
  node(name: string): Promise<NodeBrowser>
  /** The profile as it is now becomes that of another name: a backup, or a twin. Its browser must be closed. */
  copyProfile(from: string, to: string): Promise<void>
  /** Another server at the same address: it knows nothing of what the one before knew. `more`: what else stands in its environment. */
  forgetfulServer(more?: NodeJS.ProcessEnv): Promise<void>
  close(): Promise<void>
}

export const openBench = async (): Promise<Bench> => {
  const folder = await mkdtemp(join(tmpdir(), 'zazen-'))
  let server = await startServer()
  const nodes: NodeBrowser[] = []
  return {
    folder,
    get server() {
      return server
    },
    node: async (name) => {
      const node = await launchNode({ userDataDir: join(folder, name), url: server.url })
      nodes.push(node)
      return node
    },
    copyProfile: (from, to) => cp(join(folder, from), join(folder, to), { recursive: true, verbatimSymlinks: true }),
    forgetfulServer: async (more = {}) => {
      const { port } = server
      await server.kill()
      server = await until('the port to be free', () => startServer({ port, more }), { everyMs: 200 })
    },
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()))
      await server.stop()
      // A browser's last helper processes may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

// npm run dev: the app from its sources, reloading as they change, in front of a signaling server that restarts when its own do.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { createServer as createSocket } from 'node:net'
import { join } from 'node:path'
import { buildAll, buildServer, SERVER, SERVER_SOURCES } from './build.mjs'
import { ensureInstalled } from './installation.mjs'
import { requireNode, root } from './project.mjs'
import { main, printFailure } from './stage.mjs'

/** Editors save in bursts; one restart for each. */
const SETTLE_MS = 200

requireNode()
await main(async () => {
  await ensureInstalled()
  await buildAll() // the app too: the server wants one to serve
  const port = await freePort()
  const { createServer } = await import('vite')
  const target = `http://127.0.0.1:${port}`
  const vite = await createServer({
    root,
    server: {
      port: Number(process.env['PORT'] ?? 8080),
      host: process.env['HOST'] ?? 'localhost',
      proxy: { '/signaling': { target, ws: true }, '/peerjs': { target, ws: true } },
    },
  })
  keepServerRunning(port)
  await vite.listen()
  vite.printUrls()
})

/** @param {number} port */
function keepServerRunning(port) {
  const env = { ...process.env, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: process.env['DATA_DIR'] ?? '.zazen/dev' }
  const start = () => fork(join(root, SERVER), { cwd: root, env, execArgv: ['--enable-source-maps'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  let child = start()
  const restart = async () => {
    await buildServer()
    const gone = child.exitCode !== null || child.signalCode !== null ? null : once(child, 'exit')
    child.kill()
    await gone
    child = start()
  }
  /** @type {NodeJS.Timeout | undefined} */
  let settling
  for (const folder of SERVER_SOURCES) {
    watch(join(root, folder), { recursive: true }, () => {
      clearTimeout(settling)
      settling = setTimeout(() => void restart().catch(printFailure), SETTLE_MS)
    })
  }
  process.once('exit', () => child.kill())
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0))
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const socket = createSocket()
    socket.on('error', reject)
    socket.listen(0, '127.0.0.1', () => {
      const address = socket.address()
      socket.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no free port'))))
    })
  })
}

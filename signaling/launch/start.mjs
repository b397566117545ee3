// npm start: installs what is missing, builds what has changed, serves the app and the signaling server.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildAll, SERVER } from './build.mjs'
import { ensureInstalled } from './installation.mjs'
import { requireNode, root } from './project.mjs'
import { main } from './stage.mjs'

requireNode()
await main(async () => {
  await ensureInstalled()
  await buildAll()
  const open = process.argv.includes('--open')
  const server = join(root, SERVER)
  process.chdir(root) // the server finds the app from there
  process.argv = [process.execPath, server]
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(server).href) // in this process: signals and the exit code are the server's own
  if (open) await openBrowser()
})

async function openBrowser() {
  const address = `http://localhost:${process.env['PORT'] ?? '8080'}`
  if (!(await answers(address))) return
  const [command, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open']
  const child = spawn(/** @type {string} */ (command), [...args, address], { stdio: 'ignore', detached: true })
  child.on('error', () => process.stdout.write(`No browser could be opened here; the address is ${address}\n`))
  child.unref()
}

/** @param {string} address */
async function answers(address) {
  for (let tries = 0; tries < 50; tries++) {
    const answer = await fetch(address).catch(() => null)
    if (answer !== null) return true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return false
}

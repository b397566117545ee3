import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../signaling/launch/project.mjs'

const VERSION = '3.0.21'
const SHA_512 = 'PFgLphma0dsUWmbWrZ016Cja+j+3D3DXuhk09A5u9qVAzH1T4Vj1VZd8j+zb8sDwPv7NA7+qgPtDEN4iFd6wdw=='

/**
 * WebTorrent as a page gets it: the browser bundle that its npm package holds. Only the package file is fetched, its hash
 * checked: an installation would bring a hundred and seventy packages, five of them with install scripts.
 */
export const webTorrentBundle = (): string => {
  const folder = join(root, '.cache/bench')
  const file = join(folder, `webtorrent-${VERSION}.tgz`)
  mkdirSync(folder, { recursive: true })
  const shell = process.platform === 'win32' // npm.cmd runs in a shell only
  if (!existsSync(file))
    execFileSync('npm', ['pack', `webtorrent@${VERSION}`, '--silent', '--pack-destination', folder], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell })
  const hash = createHash('sha512').update(readFileSync(file)).digest('base64')
  if (hash !== SHA_512) throw new Error(`${file} is not the package that was measured: its SHA-512 is ${hash}. Delete it and try again.`)
  const bundle = 'package/dist/webtorrent.min.js'
  execFileSync('tar', ['-xzf', file, '-C', folder, bundle], { stdio: 'ignore' })
  return join(folder, bundle)
}

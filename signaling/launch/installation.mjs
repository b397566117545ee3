import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './project.mjs'
import { runNodeQuietly, runQuietly, stage } from './stage.mjs'

/** Installs what package-lock.json names, unless exactly that is there. */
export async function ensureInstalled() {
  if (!isInstalled()) await stage('install the packages of package-lock.json', install)
}

/** @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }>} Packages */

/** npm writes its own lock file into node_modules at the end of an installation: content tells, where times would mislead. */
export function isInstalled() {
  const wanted = readPackages('package-lock.json')
  const present = readPackages('node_modules/.package-lock.json')
  if (wanted === null || present === null) return false
  return Object.entries(wanted).every(([path, entry]) => {
    const there = present[path]
    if (path === '') return true
    if (there === undefined) return entry.optional === true || entry.devOptional === true
    return there.version === entry.version && there.integrity === entry.integrity
  })
}

/** @param {string} file @returns {Packages | null} */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages ?? null
  } catch {
    return null // missing or cut short: then it is installed anew, and npm judges
  }
}

/** Development packages are wanted even where NODE_ENV says production: they build the app. */
function install() {
  const args = ['ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error']
  const npm = process.env['npm_execpath']
  if (npm?.endsWith('.js')) return runNodeQuietly(npm, ...args)
  return runQuietly('npm', args, { shell: process.platform === 'win32' }) // npm.cmd runs in a shell only
}

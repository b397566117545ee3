import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runQuietly, stage } from './stage.mjs'

// Programs that the tests need and npm does not bring.

/** The first of these that is on the PATH, or null. @param {readonly string[]} names @returns {string | null} */
export function onPath(names) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram) ?? null
}

/** @param {string} path */
export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Installs a Debian package where that is allowed; elsewhere nothing happens. @param {string} name */
export async function installPackage(name) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get') || !isDebian()) return
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await stage(`install the package ${name}`, async () => {
    await runQuietly('apt-get', ['update', '-q'], { env })
    await runQuietly('apt-get', ['install', '-q', '-y', '--no-install-recommends', name], { env })
  })
}

function isDebian() {
  return existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
}

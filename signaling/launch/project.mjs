import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The oldest Node that vite runs on. */
const OLDEST = /** @type {const} */ ([20, 19])

/** Ends the process with one clear line when this Node is too old for the tools. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
  process.stderr.write(`Zazen needs Node ${OLDEST.join('.')} or newer; this is ${process.versions.node}. See https://nodejs.org\n`)
  process.exit(1)
}

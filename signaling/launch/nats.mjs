import { installPackage, isProgram, onPath } from './programs.mjs'

/** Path of nats-server, or null. NATS_SERVER decides alone when it is set. @returns {string | null} */
export function findNatsServer() {
  const told = process.env['NATS_SERVER']
  if (told) return isProgram(told) ? told : null
  return onPath(['nats-server']) ?? (isProgram('/usr/sbin/nats-server') ? '/usr/sbin/nats-server' : null)
}

/** Finds nats-server, on Debian and Ubuntu installs it where that is allowed, else says what to do. @returns {Promise<string>} */
export async function ensureNatsServer() {
  const found = findNatsServer()
  if (found !== null) return found
  if (process.env['NATS_SERVER']) throw new Error(`NATS_SERVER names ${process.env['NATS_SERVER']}, which is no program.`)
  await installPackage('nats-server')
  const installed = findNatsServer()
  if (installed === null)
    throw new Error('The tests of several servers need nats-server 2.9 or later: install it (Debian: `apt-get install nats-server`), or set NATS_SERVER.')
  return installed
}

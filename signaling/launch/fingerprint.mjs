import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './project.mjs'

/**
 * Hash of the names and contents of files and folders of the project; what does not exist counts as empty.
 * @param {readonly string[]} inputs
 * @param {string} extra anything else that the result depends on
 */
export function fingerprint(inputs, extra = '') {
  const hash = createHash('sha256').update(extra)
  for (const file of inputs.flatMap(listFiles).sort()) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** @param {string} path @returns {string[]} */
function listFiles(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (!stat.isDirectory()) return [path]
  return readdirSync(join(root, path)).flatMap((name) => listFiles(`${path}/${name}`))
}

/**
 * Runs `make` unless `output` was made from the same inputs. The stamp goes first and comes last, so that a stage cut
 * short is done again.
 * @param {string} output file that is there when the stage has been done
 * @param {string} print fingerprint of the inputs
 * @param {() => Promise<void>} make
 */
export async function makeOnce(output, print, make) {
  const stamp = join(root, 'dist', '.made', output.replaceAll('/', '-'))
  const isThere = statSync(join(root, output), { throwIfNoEntry: false }) !== undefined
  if (isThere && readStamp(stamp) === print) return
  rmSync(stamp, { force: true })
  await make()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, print)
}

/** @param {string} stamp */
function readStamp(stamp) {
  return statSync(stamp, { throwIfNoEntry: false }) === undefined ? null : readFileSync(stamp, 'utf8')
}

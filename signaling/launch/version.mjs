import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './project.mjs'

/** Version of package.json and, in a git checkout, the commit: 0.1.0+1a2b3c4. */
export function appVersion() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const commit = readCommit()
  return commit === null ? String(version) : `${String(version)}+${commit}`
}

function readCommit() {
  try {
    const stdio = /** @type {const} */ (['ignore', 'pipe', 'ignore'])
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: [...stdio] }).trim()
  } catch {
    return null // no git, no repository or no commit: an unpacked archive builds too
  }
}

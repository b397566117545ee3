import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../signaling/launch/project.mjs'

export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** Of the package file, in base64, as the registry states it. */
  readonly sha512: string
}

/**
 * The folder of a package that is measured beside ours and is no dependency: fetched once from the registry as a file, its hash checked each
 * time, unpacked and not installed: no script of it is run, and nothing that it depends on comes along.
 */
export const unpackedPackage = ({ name, version, sha512 }: NpmPackage): string => {
  const folder = join(root, '.cache/bench')
  const label = `${name.replace(/^@/, '').replace('/', '-')}-${version}`
  const file = join(folder, `${label}.tgz`) // as npm names it
  mkdirSync(join(folder, label), { recursive: true })
  const shell = process.platform === 'win32' // npm.cmd runs in a shell only
  if (!existsSync(file))
    execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', folder], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell })
  const hash = createHash('sha512').update(readFileSync(file)).digest('base64')
  if (hash !== sha512) throw new Error(`${file} is not the package that was measured: its SHA-512 is ${hash}. Delete it and try again.`)
  execFileSync('tar', ['-xzf', file, '-C', join(folder, label)], { stdio: 'ignore' })
  return join(folder, label, 'package')
}

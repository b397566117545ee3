import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../signaling/launch/project.mjs'

const NAME = 'bittorrent-tracker'
const VERSION = '11.2.3'
const INTEGRITY = 'sha512-i9pWOf1YAQWyTjDnpWwcTfEYDi5XwqD6f48pKmIHByb7x2XU86CqK+IsyMy1buKkDZ3rDKht2jIeKCZf1Dmd8g=='

/**
 * The WebTorrent tracker, installed beside the project when it is first measured: it is no dependency of ours, and no script of its
 * eighty packages is run. Answers the file of its server.
 */
export const trackerServer = (): string => {
  const folder = join(root, '.cache/bench', `${NAME}-${VERSION}`)
  if (integrityIn(folder) === null) install(folder)
  const integrity = integrityIn(folder)
  if (integrity !== INTEGRITY) throw new Error(`${folder} is not the package that was measured: its integrity is ${integrity}. Delete it and try again.`)
  return join(folder, 'node_modules', NAME, 'server.js')
}

const install = (folder: string): void => {
  mkdirSync(folder, { recursive: true })
  // Without a package of its own, npm would install into the project.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const shell = process.platform === 'win32' // npm.cmd runs in a shell only
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--silent']
  execFileSync('npm', ['install', ...options, `${NAME}@${VERSION}`], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell })
}

/** What npm has checked of the package it unpacked there; null: there is none. */
const integrityIn = (folder: string): string | null => {
  try {
    const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as Lock
    return lock.packages[`node_modules/${NAME}`]?.integrity ?? null
  } catch {
    return null // not installed, or not to its end
  }
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>
}

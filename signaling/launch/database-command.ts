import { resolve } from 'node:path'
import type { Result } from '../../src/base/result.ts'
import { readDataDir } from '../config.ts'
import { root } from './project.mjs'

/** Runs a command on the folder that a server started by `npm start` uses, and says in one line how it went. */
export const runOnDatabase = (name: string, run: (folder: string, file: string) => Result<null>, done: string): void => {
  const outcome = judge(name, run)
  if (outcome.ok) process.stdout.write(`${done} ${outcome.value}\n`)
  else {
    process.stderr.write(`${outcome.error.message}\n`)
    process.exitCode = 1
  }
}

const judge = (name: string, run: (folder: string, file: string) => Result<null>): Result<string> => {
  const [file, ...more] = process.argv.slice(2)
  if (file === undefined || more.length > 0)
    return { ok: false, error: { code: 'usage', message: `npm run ${name} -- FILE` } }
  const folder = readDataDir(process.env)
  if (folder === null)
    return { ok: false, error: { code: 'usage', message: 'DATA_DIR=none: such a server keeps no database.' } }
  const ran = run(resolve(root, folder), file)
  return ran.ok ? { ok: true, value: file } : ran
}

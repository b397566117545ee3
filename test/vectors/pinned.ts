import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

/**
 * What the file `test/vectors/NAME.json` holds. A file that is not there is written from `actual`, once, when WRITE_VECTORS is
 * set; after that it is the truth, and code that says something else is wrong. To pin anew, delete the file first.
 */
export const pinned = <T>(name: string, actual: T): T => {
  const path = join(import.meta.dirname, `${name}.json`)
  if (!existsSync(path) && process.env['WRITE_VECTORS'] !== undefined) writeFileSync(path, `${JSON.stringify(actual, null, 2)}\n`)
  if (!existsSync(path)) expect.fail(`${path} is missing: WRITE_VECTORS=1 npx vitest run --project unit -t '${expect.getState().currentTestName ?? ''}'`)
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

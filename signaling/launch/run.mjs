// npm run NAME -- ARGUMENTS: bundles signaling/launch/NAME.ts and runs it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildCommand, commandFile } from './build.mjs'
import { ensureInstalled } from './installation.mjs'
import { requireNode, root } from './project.mjs'
import { main, tellStagesTo } from './stage.mjs'

requireNode()
tellStagesTo(process.stderr)
await main(async () => {
  const [name = '', ...args] = process.argv.slice(2)
  if (!/^[a-z][a-z-]*$/.test(name) || !existsSync(join(root, `signaling/launch/${name}.ts`))) throw new Error(`no command "${name}"`)
  await ensureInstalled()
  await buildCommand(name)
  const file = join(root, commandFile(name))
  // npm moves to the project's folder; file names in the arguments are meant from where the person stands.
  if (process.env['npm_lifecycle_event'] === name && process.env['INIT_CWD']) process.chdir(process.env['INIT_CWD'])
  process.argv = [process.execPath, file, ...args]
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(file).href)
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { buildServer } from '../../signaling/launch/build.mjs'
import { root } from '../../signaling/launch/project.mjs'
import { headHex, headOf, identityOf, idOf } from '../support/node-key.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { connect } from '../support/signaling-client.ts'

// The commands as a person types them, in a folder of their own, beside a server that runs.

beforeAll(() => buildServer(), 120_000)
let folder: string
let server: TestServer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zazen-backup-'))
  server = await start()
})
afterEach(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

const start = (): Promise<TestServer> => startServer({ more: { DATA_DIR: join(folder, 'data') } })

const npmRun = async (name: string, ...args: readonly string[]) => {
  // What vitest itself was started by is not what the command was started by.
  const env = { ...process.env, DATA_DIR: join(folder, 'data'), INIT_CWD: folder, npm_lifecycle_event: name }
  const child = spawn(process.execPath, [join(root, 'signaling/launch/run.mjs'), name, ...args], { cwd: root, env })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, out, err }
}

const register = async (name: string): Promise<void> => {
  const node = await connect(server.port)
  const identity = identityOf(node.key, name)
  expect(await node.ask({ type: 'register', identity, head: headHex(headOf(node.key, idOf(identity), 1)) })).toMatchObject({ type: 'done' })
  node.terminate()
}
const listed = async (): Promise<readonly string[]> => {
  const node = await connect(server.port)
  const answer = await node.ask({ type: 'directory', after: null, search: '', follows: null })
  node.terminate()
  return answer.type === 'entries' ? answer.entries.map(({ identity }) => identity.stream) : []
}

it('[S95] a backup made while the server runs brings back what was listed then, and only while it is stopped', async () => {
  await register('before')
  expect(await npmRun('backup', 'copy.sqlite')).toMatchObject({ code: 0, out: 'The database is copied to copy.sqlite\n' })
  await register('after')
  const early = await npmRun('restore', 'copy.sqlite')
  expect(early).toMatchObject({ code: 1, out: '' })
  expect(early.err).toContain('in use by another server')
  expect([...(await listed())].sort()).toEqual(['after', 'before'])
  await server.stop()
  expect(await npmRun('restore', 'copy.sqlite')).toMatchObject({ code: 0, out: 'The database is now that of copy.sqlite\n' })
  server = await start()
  expect(await listed()).toEqual(['before'])
})

it('[S95] a backup replaces nothing, what is no backup is not restored, and a command without a file says how it is used', async () => {
  await register('kept')
  await writeFile(join(folder, 'notes.txt'), 'these are notes and no database '.repeat(100))
  expect(await npmRun('backup', 'notes.txt')).toMatchObject({ code: 1, out: '' })
  const fileless = await npmRun('backup')
  expect(fileless).toMatchObject({ code: 1, out: '' })
  expect(fileless.err).toContain('npm run backup -- FILE')
  await server.stop()
  const spoiled = await npmRun('restore', 'notes.txt')
  expect(spoiled).toMatchObject({ code: 1, out: '' })
  expect(spoiled.err).toContain('notes.txt')
  expect(await npmRun('restore', 'nothing.sqlite')).toMatchObject({ code: 1, out: '' })
  server = await start()
  expect(await listed()).toEqual(['kept'])
})

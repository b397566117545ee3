import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readAppFiles } from '../../../../signaling/app-files.ts'
import { compressFolder } from '../../../../signaling/launch/compress.mjs'

it('[S67] build and server compress the same files: none that is short, or dense by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zazen-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const lengths = { 'long.js': 1_024, 'short.js': 1_023, 'long.PNG': 5_000, 'long.woff2': 5_000 }
  for (const [name, length] of Object.entries(lengths)) await writeFile(join(folder, name), 'x'.repeat(length))
  await compressFolder(folder)
  expect((await readdir(folder)).filter((name) => name.endsWith('.br'))).toEqual(['long.js.br'])
  const files = [...(await readAppFiles(folder))]
  expect(files.filter(([, { gzip }]) => gzip !== null).map(([url]) => url)).toEqual(['/long.js'])
  expect(files.filter(([, { br }]) => br !== null).map(([url]) => url)).toEqual(['/long.js'])
})

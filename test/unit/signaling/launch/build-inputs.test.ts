import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { APP_INPUTS } from '../../../../signaling/launch/build.mjs'
import { root } from '../../../../signaling/launch/project.mjs'

it('the app is made anew when anything changes that helps to make it', () => {
  const used = readFileSync(join(root, 'vite.config.ts'), 'utf8').matchAll(/from '\.\/(signaling\/launch\/[^']+)'/g)
  const files = [...used].flatMap(([, file]) => file ?? [])
  expect(files.length).toBeGreaterThan(3)
  expect(files.filter((file) => !APP_INPUTS.includes(file))).toEqual([])
})

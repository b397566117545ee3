import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import type { runWholeCampaign } from './campaign.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The product with one line changed: a check taken away, a guarantee broken. */
export interface Mutant {
  readonly name: string
  /** Below src. */
  readonly file: string
  readonly from: string
  readonly to: string
}

const pathOf = (file: string): string => join(root, 'src', file)

/** The line is there, once: else the product was changed, and the mutant has to be changed with it. */
export const hasLine = ({ file, from }: Mutant): boolean => readFileSync(pathOf(file), 'utf8').split(from).length === 2

/** The simulator, built around the changed product. Fails when the line is not there. */
export const buildMutant = async (mutant: Mutant): Promise<{ readonly runWholeCampaign: typeof runWholeCampaign }> => {
  const { name, file, from, to } = mutant
  const path = pathOf(file)
  if (!hasLine(mutant)) throw new Error(`src/${file} does not have exactly one "${from}"`)
  const folder = join(root, '.cache/mutants', name.replaceAll(/[^a-z0-9]+/gi, '-'))
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: [{ name: 'mutant', enforce: 'pre', transform: (code, id) => (id === path ? { code: code.replace(from, () => to), map: null } : null) }],
    build: { ssr: 'test/sim/whole/campaign.ts', target: 'node20', outDir: folder, minify: false, rolldownOptions: { output: { entryFileNames: 'campaign.js' } } },
  })
  // Built anew each time: a module that was read before would be the mutant before.
  return (await import(/* @vite-ignore */ `${pathToFileURL(join(folder, 'campaign.js')).href}?${Date.now()}`)) as { readonly runWholeCampaign: typeof runWholeCampaign }
}

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import type { runWholeCampaign } from './campaign.ts'
import { changing, hasLine, PROJECT, type Mutant } from './change.ts'

/** The simulator, built around the changed product. Fails when the line is not there. */
export const buildMutant = async (mutant: Mutant): Promise<{ readonly runWholeCampaign: typeof runWholeCampaign }> => {
  const { name, file, from } = mutant
  if (!hasLine(mutant)) throw new Error(`src/${file} does not have exactly one "${from}"`)
  const folder = join(PROJECT, '.cache/mutants', name.replaceAll(/[^a-z0-9]+/gi, '-'))
  await build({
    root: PROJECT,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: [changing(mutant)],
    build: { ssr: 'test/sim/whole/campaign.ts', target: 'node20', outDir: folder, minify: false, rolldownOptions: { output: { entryFileNames: 'campaign.js' } } },
  })
  // Built anew each time: a module that was read before would be the mutant before.
  return (await import(/* @vite-ignore */ `${pathToFileURL(join(folder, 'campaign.js')).href}?${Date.now()}`)) as { readonly runWholeCampaign: typeof runWholeCampaign }
}

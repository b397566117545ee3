import { cp, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../../signaling/launch/project.mjs'
import { appVersion } from '../../signaling/launch/version.mjs'

/** What the pages of the next build call themselves. */
export const NEXT_VERSION = '99.0.0'

/** The bundler names scripts NAME-HASH.js, by their content. */
const HASHED = /-(?<hash>[\w-]{8})\.js$/

/**
 * The built app once more, in `folder`, as its next version: every script that names the version names the next one, has therefore another
 * name itself, and so has whatever names it. What is kept of the one before is of no use to it.
 */
export const makeNextBuild = async (folder: string): Promise<void> => {
  await cp(join(root, 'dist/app'), folder, { recursive: true })
  const assets = join(folder, 'assets')
  const scripts = (await readdir(assets)).filter((name) => HASHED.test(name))
  // In a new build all have other names; that they are all of its version is what matters here.
  const renamed = new Map(scripts.map((name) => [name, name.replace(HASHED, (_, hash: string) => `-next${hash.slice(4)}.js`)] as const))
  const texts = [...scripts.map((name) => join(assets, name)), join(folder, 'index.html'), join(folder, 'service-worker.js')]
  for (const path of texts) {
    const before = await readFile(path, 'utf8')
    const named = [...renamed].reduce((text, [from, to]) => text.replaceAll(from, to), before)
    await writeFile(path, named.replaceAll(`\`${appVersion()}\``, `\`${NEXT_VERSION}\``).replace(/\{"revision":"\w+","url":"index.html"\}/, '{"revision":"next","url":"index.html"}'))
  }
  for (const [from, to] of renamed) await rename(join(assets, from), join(assets, to))
}

// bundle.mjs app            the app as vite.config.ts says
// bundle.mjs ENTRY OUTPUT   one TypeScript entry for Node; packages stay in node_modules
import { basename, dirname, join } from 'node:path'
import { build } from 'vite'
import { compressFolder } from './compress.mjs'
import { root } from './project.mjs'

const [entry = 'app', output = ''] = process.argv.slice(2)

await (entry === 'app' ? bundleApp() : bundleForNode(entry, output))

async function bundleApp() {
  // Whoever asks for it, a test too: else it would get lit with its warnings, 4 kB of gzip more.
  process.env.NODE_ENV = 'production'
  await build({ root, logLevel: 'warn' })
  await compressFolder(join(root, 'dist/app'))
}

/** @param {string} entry @param {string} output */
function bundleForNode(entry, output) {
  return build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      ssr: entry,
      target: 'node20',
      outDir: join(root, dirname(output)),
      emptyOutDir: false, // other commands live there too
      sourcemap: true,
      rolldownOptions: { output: { entryFileNames: basename(output), chunkFileNames: `${basename(output, '.js')}-[hash].js` } },
    },
  })
}

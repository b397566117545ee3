import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { manifestWords } from './signaling/launch/manifest-words.ts'
import { samplesPlugin } from './signaling/launch/samples.ts'
import { appVersion } from './signaling/launch/version.mjs'
import { tightStylesPlugin } from './signaling/launch/tight-styles.ts'
import { windowEntryPlugin } from './signaling/launch/window-entry.ts'
import { workerEntriesPlugin } from './signaling/launch/worker-entries.ts'
import { SHARE_FIELD, SHARE_PATH } from './src/runtime/share-target.ts'

/** What is read once on demand stays out of the service worker's first download above this. */
const MAX_PRECACHED_SAMPLE_BYTES = 200_000

const SHORTCUT_ICONS = [{ src: '/icon-192.png', sizes: '192x192', type: 'image/png' }]

/** What the system may share with the app; some name a CSV by its type, some by how its name ends. */
const CSV_TYPES = ['text/csv', 'text/tab-separated-values', 'text/plain', '.csv', '.tsv']

/** A picture for the install dialog, by its name in public/screenshots; its size is read from the picture itself. */
const screenshot = (form: 'wide' | 'narrow', label: string) => {
  const path = join(import.meta.dirname, 'public', 'screenshots', `${form}.png`)
  if (!existsSync(path)) return []
  const head = readFileSync(path).subarray(0, 24)
  return [{ src: `/screenshots/${form}.png`, sizes: `${head.readUInt32BE(16)}x${head.readUInt32BE(20)}`, type: 'image/png', form_factor: form, label }]
}

/** Runs in workers too: nothing that needs a document. */
const SHARED = /[\\/]src[\\/](?:base|domain|protocol|ports|link|identity|runtime|neuron|data[\\/](?:data-client|read-all|pace[\\/]serial))(?![\\/]page[\\/])|node_modules[\\/](?:valibot|comlink|@noble)[\\/]/
/** Runs in the data worker alone, now or later. */
const DATA = /[\\/]src[\\/](?:data|consensus|transfer|store)[\\/]|node_modules[\\/]idb[\\/]/
const WINDOW = /[\\/]src[\\/]ui[\\/](?!open-window\.).*\.ts$|node_modules[\\/](?:lit|@lit|lit-[a-z]+)[\\/]/

export default defineConfig({
  define: { __APP_VERSION__: JSON.stringify(appVersion()) },
  build: {
    outDir: 'dist/app',
    target: 'es2023',
    // Half a kilobyte before the first paint, for browsers that nearly nobody has: there the window comes a moment later without it.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // One file of what page and workers share, one of what answers for data, one of what the page draws with: many small ones would be a fifth larger, and a request each (measured).
          groups: [
            { name: 'shared', tags: ['$initial'], minShareCount: 2, test: SHARED },
            { name: 'data', tags: ['$initial'], test: DATA },
            { name: 'window', tags: ['$initial'], test: WINDOW },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  plugins: [
    samplesPlugin(),
    windowEntryPlugin(),
    workerEntriesPlugin(),
    tightStylesPlugin(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'workers',
      filename: 'service-worker.ts',
      registerType: 'prompt',
      injectRegister: null, // the page registers it itself, where it can show that a new version waits
      injectManifest: {
        globPatterns: ['**/*.{js,css,html,svg,png,woff2}', 'samples/*'],
        globIgnores: ['screenshots/*'],
        manifestTransforms: [
          (entries) => ({ manifest: entries.filter(({ url, size }) => !url.startsWith('samples/') || size <= MAX_PRECACHED_SAMPLE_BYTES) }),
        ],
      },
      manifest: {
        id: '/',
        name: 'Zazen',
        short_name: 'Zazen',
        ...manifestWords(SHORTCUT_ICONS),
        start_url: '/',
        scope: '/',
        display: 'standalone',
        // A second window would be a second tab of the one node: what is opened with the app comes to the window that is there.
        launch_handler: { client_mode: 'focus-existing' },
        categories: ['utilities', 'productivity'],
        share_target: {
          action: SHARE_PATH,
          method: 'POST',
          enctype: 'multipart/form-data',
          params: { files: [{ name: SHARE_FIELD, accept: CSV_TYPES }] },
        },
        file_handlers: [{ action: '/#/publish', accept: { 'text/csv': ['.csv'], 'text/tab-separated-values': ['.tsv'] } }],
        screenshots: [
          ...screenshot('wide', 'A stream with its history, its predictions and what they are worth'),
          ...screenshot('narrow', 'The same on a phone'),
        ],
        background_color: '#151411',
        theme_color: '#151411',
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
    }),
  ],
})

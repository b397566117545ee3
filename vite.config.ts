import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { samplesPlugin } from './signaling/launch/samples.ts'
import { appVersion } from './signaling/launch/version.mjs'

/** What is read once on demand stays out of the service worker's first download above this. */
const MAX_PRECACHED_SAMPLE_BYTES = 200_000

export default defineConfig({
  define: { __APP_VERSION__: JSON.stringify(appVersion()) },
  build: { outDir: 'dist/app', target: 'es2023' },
  worker: { format: 'es' },
  plugins: [
    samplesPlugin(),
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
        description: 'A prediction node that is a browser tab.',
        start_url: '/',
        scope: '/',
        display: 'standalone',
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

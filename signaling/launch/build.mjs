import { fingerprint, makeOnce } from './fingerprint.mjs'
import { runNodeQuietly, stage } from './stage.mjs'
import { appVersion } from './version.mjs'

const TOOLS = ['package.json', 'package-lock.json', 'tsconfig.json', 'signaling/launch/bundle.mjs']
const SHARED = ['src/base', 'src/domain', 'src/protocol']

export const APP = 'dist/app/index.html'
export const SERVER = 'dist/server/main.js'

/** @param {string} name */
export const commandFile = (name) => `dist/commands/${name}.js`

/** Folders whose change makes another server. */
export const SERVER_SOURCES = ['signaling', ...SHARED]

/** What helps to make the app: all that vite.config.ts and the bundling import from signaling/launch. */
const APP_TOOLS = ['compress.mjs', 'manifest-words.ts', 'samples.ts', 'tight-styles.ts', 'version.mjs', 'window-entry.ts', 'worker-entries.ts', 'worth-compressing.mjs']

/** Whatever changes the app when it changes. */
export const APP_INPUTS = [...TOOLS, 'index.html', 'src', 'workers', 'public', 'vite.config.ts', ...APP_TOOLS.map((name) => `signaling/launch/${name}`)]

/** The page, its workers, icons and samples, into dist/app. */
export function buildApp() {
  return makeOnce(APP, fingerprint(APP_INPUTS, appVersion()), () => stage('build the app', () => runNodeQuietly('signaling/launch/bundle.mjs', 'app')))
}

export function buildServer() {
  return buildNode(SERVER, 'signaling/main.ts', SERVER_SOURCES, 'build the server')
}

/** A command of package.json: signaling/launch/NAME.ts. @param {string} name */
export function buildCommand(name) {
  return buildNode(commandFile(name), `signaling/launch/${name}.ts`, ['src', 'signaling', 'test'], `build ${name}`)
}

/** @param {string} output @param {string} entry @param {readonly string[]} sources @param {string} title */
function buildNode(output, entry, sources, title) {
  const print = fingerprint([...TOOLS, ...sources], entry)
  return makeOnce(output, print, () => stage(title, () => runNodeQuietly('signaling/launch/bundle.mjs', entry, output)))
}

export async function buildAll() {
  await buildApp()
  await buildServer()
}

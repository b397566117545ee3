import { installPackage, isProgram, onPath } from './programs.mjs'

/** Flags for tests: no window, no sandbox (root in containers), no traffic of its own, local addresses in the open. */
export const CHROMIUM_FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
]

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** Where the installers put it when it is not on the PATH. */
const USUAL_PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ...['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) =>
    ['Google\\Chrome', 'Chromium'].map((app) => `${process.env[name] ?? ''}\\${app}\\Application\\chrome.exe`)),
]

/** Path of a Chromium or Chrome, or null. CHROMIUM_PATH decides alone when it is set. @returns {string | null} */
export function findChromium() {
  const told = process.env['CHROMIUM_PATH']
  if (told) return isProgram(told) ? told : null
  return onPath(NAMES) ?? USUAL_PLACES.find(isProgram) ?? null
}

/** Finds Chromium, on Debian and Ubuntu installs it where that is allowed, else says what to do. @returns {Promise<string>} */
export async function ensureChromium() {
  const found = findChromium()
  if (found !== null) return found
  if (process.env['CHROMIUM_PATH']) throw new Error(`CHROMIUM_PATH names ${process.env['CHROMIUM_PATH']}, which is no program.`)
  await installPackage('chromium')
  const installed = findChromium()
  if (installed === null)
    throw new Error('The browser tests need Chromium or Google Chrome: install one of them (Debian: `apt-get install chromium`), or set CHROMIUM_PATH.')
  return installed
}

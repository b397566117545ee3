// npm test [-- ARGUMENTS OF VITEST]: types, lint, build and every test. --static: types and lint only.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { buildAll } from './build.mjs'
import { ensureChromium } from './chromium.mjs'
import { ensureInstalled } from './installation.mjs'
import { ensureNatsServer } from './nats.mjs'
import { requireNode, root } from './project.mjs'
import { main, printFailure, runNodeQuietly, stage } from './stage.mjs'
import { timings } from './timings.mjs'

/** One for each kind of process: what does not exist in one of them does not compile there. */
const ENVIRONMENTS = ['src/tsconfig.pure.json', 'src/tsconfig.page.json', 'workers/tsconfig.json', 'signaling/tsconfig.json', 'test/tsconfig.json']

const RESULTS = '.cache/tests.json'
const REPORTERS = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`]

const args = process.argv.slice(2).filter((arg) => arg !== '--static')
const isStatic = process.argv.includes('--static')

/** @type {string[]} */
const failed = []
/** @type {import('./timings.mjs').Took[]} */
const took = []

requireNode()
if (process.env['CI']) process.env['NO_COLOR'] = '1'
const began = performance.now()
await main(async () => {
  await rm(RESULTS, { force: true })
  await ensureInstalled()
  if (!isStatic) {
    process.env['CHROMIUM_PATH'] = await ensureChromium()
    process.env['NATS_SERVER'] = await ensureNatsServer()
  }
  const checks = [() => step('lint', lint), ...ENVIRONMENTS.map((project) => () => step(`types ${project}`, () => checkTypes(project)))]
  if (isStatic) await inTurns(checks)
  else {
    let isBuilt = false
    // Last, because it is short: it fills what the checks leave of a core.
    await inTurns([...checks, async () => { isBuilt = await step('build', buildAll) }])
    if (isBuilt) await step('tests', runTests)
  }
  const minutes = ((performance.now() - began) / 60_000).toFixed(1)
  const { passed, broken, skipped, files } = await readResults()
  if (!isStatic) process.stdout.write(`\n${timings(took, files).join('\n')}\n`)
  const green = skipped === 0 ? 'All green' : `Green, but ${skipped} skipped`
  process.stdout.write(failed.length === 0 ? `\n${green} in ${minutes} minutes.\n` : `\nFAILED: ${failed.join(', ')} (${minutes} minutes)\n`)
  if (!isStatic) process.stdout.write(`${passed} passed, ${broken} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`)
  if (failed.length > 0) process.exitCode = 1
})

/** What ran, in numbers: a run in which nothing was tested must not look like one in which all is well. */
async function readResults() {
  if (!existsSync(RESULTS)) return { passed: 0, broken: 0, skipped: 0, files: [] }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(await readFile(RESULTS, 'utf8'))
  return { passed: numPassedTests, broken: numFailedTests, skipped: numPendingTests, files: testResults }
}

/** Runs on after a failure, so that one run tells all there is to mend. @param {string} name @param {() => Promise<void>} work */
async function step(name, work) {
  const start = performance.now()
  try {
    await work()
    return true
  } catch (error) {
    printFailure(error)
    failed.push(name)
    return false
  } finally {
    took.push({ title: name, seconds: (performance.now() - start) / 1000 })
  }
}

/** As many at a time as there are cores, in their order: the longest goes first. @param {readonly (() => Promise<unknown>)[]} works */
async function inTurns(works) {
  const waiting = [...works]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next()
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, work))
}

function lint() {
  return stage('lint', () => runNodeQuietly('node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.'))
}

/** What has not changed since the last time is not checked again. @param {string} project */
function checkTypes(project) {
  const memory = `.cache/types/${project.replaceAll('/', '-')}.tsbuildinfo`
  const check = () => runNodeQuietly('node_modules/typescript/bin/tsc', '-p', project, '--incremental', '--tsBuildInfoFile', memory)
  return stage(`types ${project}`, check)
}

/** The tests tell their own progress. @returns {Promise<void>} */
function runTests() {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...REPORTERS, ...args], { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`vitest ended with ${signal ?? `code ${code}`}`))))
  })
}

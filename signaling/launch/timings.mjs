// Where the time of `npm test` went: what is long here is what the next person would make shorter.
import { join, relative, sep } from 'node:path'
import { root } from './project.mjs'

/** How many of the slowest files are named. */
const SLOWEST = 5

/** @typedef {{ readonly title: string, readonly seconds: number }} Took */
/** One file of the runner's report; times in milliseconds, from its first test to its last: what it prepares before them is not in it. */
/** @typedef {{ readonly name: string, readonly startTime: number, readonly endTime: number }} TestFile */

/** The table, line by line: the steps, the kinds of tests, the slowest files. @param {readonly Took[]} steps @param {readonly TestFile[]} files */
export function timings(steps, files) {
  const rows = [...steps, ...kindsOf(files), ...slowestOf(files)]
  return rows.map(({ title, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${title}`)
}

/** Each from its first file that began to its last that ended. @param {readonly TestFile[]} files @returns {readonly Took[]} */
function kindsOf(files) {
  const kinds = [...new Set(files.map(kindOf))]
  return kinds.map((kind) => {
    const those = files.filter((file) => kindOf(file) === kind)
    const began = Math.min(...those.map(({ startTime }) => startTime))
    const ended = Math.max(...those.map(({ endTime }) => endTime))
    return { title: `  ${kind}, ${those.length} ${those.length === 1 ? 'file' : 'files'}`, seconds: (ended - began) / 1000 }
  }).sort(longestFirst)
}

/** @param {readonly TestFile[]} files @returns {readonly Took[]} */
function slowestOf(files) {
  const took = files.map((file) => ({ title: `    ${pathOf(file).join('/')}`, seconds: (file.endTime - file.startTime) / 1000 }))
  return took.sort(longestFirst).slice(0, SLOWEST)
}

/** Its folder in test/; what lies in none is a unit test. @param {TestFile} file */
function kindOf(file) {
  const [folder = '', ...more] = pathOf(file)
  return more.length === 0 ? 'unit' : folder
}

/** @param {TestFile} file */
const pathOf = ({ name }) => relative(join(root, 'test'), name).split(sep)

/** @param {Took} a @param {Took} b */
const longestFirst = (a, b) => b.seconds - a.seconds

import { spawn } from 'node:child_process'
import { root } from './project.mjs'

/** A tool that ended with an error; its output tells why. */
export class ToolFailure extends Error {
  /** @param {string} message @param {string} output */
  constructor(message, output) {
    super(message)
    this.output = output
  }
}

/** @type {NodeJS.WritableStream} */
let listener = process.stdout

/** Where stages are told of from now on: the output of a command belongs to its result. @param {NodeJS.WritableStream} stream */
export const tellStagesTo = (stream) => {
  listener = stream
}

/**
 * Runs one stage and says in one line what it was and how long it took.
 * @template T
 * @param {string} title
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function stage(title, work) {
  const began = performance.now()
  const took = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`
  try {
    const result = await work()
    listener.write(`  ${title.padEnd(46)}${took()}\n`)
    return result
  } catch (error) {
    listener.write(`  ${title.padEnd(46)}${took()}  FAILED\n`)
    throw error
  }
}

/**
 * Runs a tool without a word; its output is kept for the case that it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, shell?: boolean }} [options]
 * @returns {Promise<void>}
 */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: process.env, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    /** @type {string[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text) => output.push(text))
    }
    const title = [command, ...args].join(' ')
    child.on('error', (error) => reject(new ToolFailure(`${title}: ${error.message}`, '')))
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new ToolFailure(`${title} ended with ${signal ?? `code ${code}`}`, output.join('')))
    })
  })
}

/** A JavaScript tool, run by this same Node. @param {string} script @param {readonly string[]} args */
export const runNodeQuietly = (script, ...args) => runQuietly(process.execPath, [script, ...args])

/** Prints a failure as a person wants it: the tool's own words, no stack of ours. @param {unknown} error */
export function printFailure(error) {
  if (error instanceof ToolFailure) process.stderr.write(`\n${error.output.trimEnd()}\n\n${error.message}\n`)
  else process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}

/** Runs a command of package.json to its end: a failure is printed and becomes the exit code. @param {() => Promise<void>} work */
export async function main(work) {
  try {
    await work()
  } catch (error) {
    printFailure(error)
    process.exitCode = 1
  }
}

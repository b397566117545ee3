import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { unpackedPackage } from '../npm-package.ts'

const ML_XGBOOST = {
  name: 'ml-xgboost',
  version: '1.1.2',
  sha512: '/ltgIp0OJ8/RBoSGDhK5caFkKMkEv9dwcTKXFi+lEG4BlL3iXtwMFzgn8gI+R8BybRUh/PA0ISSAyDCluAqMUQ==',
}

/** A row of features; NaN where one is missing. */
export type Features = Float32Array

export interface TreeModel {
  predict(features: Features): number
  free(): void
}

export type Params = Readonly<Record<string, string | number>> & { readonly iterations: number }

export type TrainTrees = (features: readonly Features[], targets: readonly number[], params: Params) => TreeModel

/** What the package's WebAssembly offers; its own wrapper needs a matrix library and loses memory. */
interface Emscripten {
  cwrap(name: string, returns: 'number' | null, takes: readonly string[]): (...args: readonly unknown[]) => number
  _malloc(bytes: number): number
  getValue(at: number, type: 'float'): number
}

/** Node's types know it only together with a page's. */
const platform = globalThis as unknown as { readonly WebAssembly: object }

interface Loaded {
  isReady?: Promise<Emscripten>
}

/** XGBoost itself, compiled to WebAssembly in 2018; it runs in Node only. */
export const loadXgboost = async (): Promise<TrainTrees> => {
  const folder = join(unpackedPackage(ML_XGBOOST), 'dist/wasm')
  const module: { exports: Loaded } = { exports: {} }
  const run = compileFunction(readFileSync(join(folder, 'xgboost.js'), 'utf8'), ['module', 'exports', 'require', '__dirname', 'WebAssembly']) as (...given: readonly unknown[]) => void
  // Where it can stream, it tries to fetch a file name first, and complains.
  const withoutStreams: unknown = Object.create(platform.WebAssembly, { instantiateStreaming: { value: undefined } })
  run(module, module.exports, createRequire(join(folder, 'xgboost.js')), folder, withoutStreams)
  const wasm = await module.exports.isReady
  if (wasm === undefined) throw new Error('ml-xgboost did not load')
  const create = wasm.cwrap('create_model', 'number', ['array', 'array', 'number', 'number'])
  const set = wasm.cwrap('set_param', null, ['number', 'string', 'string'])
  const train = wasm.cwrap('train_full_model', null, ['number', 'number'])
  const predictOne = wasm.cwrap('predict_one', 'number', ['number', 'array', 'number', 'number'])
  const free = wasm.cwrap('free_memory_model', null, ['number'])
  const answer = wasm._malloc(4)
  return (features, targets, { iterations, ...params }) => {
    const columns = features[0]?.length ?? 0
    const model = create(bytesOf(features.flatMap((row) => [...encode(row)])), bytesOf(targets), features.length, columns)
    for (const [name, value] of Object.entries({ booster: 'gbtree', objective: 'reg:linear', silent: 1, ...params })) set(model, name, String(value))
    train(model, iterations)
    return {
      predict: (row) => {
        predictOne(model, bytesOf(encode(row)), columns, answer)
        return wasm.getValue(answer, 'float')
      },
      free: () => void free(model),
    }
  }
}

const bytesOf = (numbers: ArrayLike<number>): Uint8Array => new Uint8Array(Float32Array.from(numbers).buffer)

const MISSING = -1

/** This build takes −1 for "missing" and nothing else. Trees see the order of values alone, so that all from −1 on may move up by one and leave it free. */
const encode = (row: Features): Features => row.map((value) => (Number.isNaN(value) ? MISSING : value >= MISSING ? value + 1 : value))

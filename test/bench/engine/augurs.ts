import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { unpackedPackage } from '../npm-package.ts'
import { refitted, type Entrant } from './entrant.ts'

const AUGURS = {
  name: '@bsull/augurs',
  version: '0.10.2',
  sha512: 'kcla1tqrMNeE6+1hoInfxgFyLOyzMT2zTy6fwsh6Rji7OJdxVlP2mPzZPZgmd92vOcG46VVBcyptU/y2YYcKpw==',
}

interface Model {
  fit(values: Float64Array): void
  predict(horizon: number): { readonly point: ArrayLike<number> }
  free(): void
}

interface Module {
  initSync(given: { readonly module: Uint8Array }): unknown
}

interface Ets extends Module {
  readonly AutoETS: new (seasonLength: number, spec: string) => Model
}

interface Mstl extends Module {
  readonly MSTL: { ets(periods: readonly number[]): Model }
}

/**
 * AutoETS and MSTL (with AutoETS for the trend) of @bsull/augurs, Rust compiled to WebAssembly, fitted anew before each forecast to the newest
 * `rows` values: neither learns a row at a time. Its AutoETS knows no seasons; MSTL gets all whose cycle is in those values twice.
 */
export const augursEntrants = async (rows: number): Promise<readonly Entrant[]> => {
  const folder = unpackedPackage(AUGURS)
  const load = async <M extends Module>(name: string): Promise<M> => {
    const module = (await import(/* @vite-ignore */ pathToFileURL(join(folder, `${name}.js`)).href)) as M
    module.initSync({ module: readFileSync(join(folder, `${name}_bg.wasm`)) })
    return module
  }
  const { AutoETS } = await load<Ets>('ets')
  const { MSTL } = await load<Mstl>('mstl')
  const ets = (values: Float64Array): number | null => nextOf(() => new AutoETS(1, 'ZZN'), values)
  return [
    { name: 'AutoETS', create: () => refitted(rows, ets) },
    {
      name: 'MSTL',
      create: (seasons) => refitted(rows, (values) => {
        const whole = seasons.filter((season) => 2 * season <= values.length)
        return whole.length === 0 ? ets(values) : nextOf(() => MSTL.ets(whole), values)
      }),
    },
  ]
}

/** Null where no model fits: too few values, or all the same. */
const nextOf = (create: () => Model, values: Float64Array): number | null => {
  const model = create()
  try {
    model.fit(values)
    const next = model.predict(1).point[0]
    return next !== undefined && Number.isFinite(next) ? next : null
  } catch {
    return null
  } finally {
    model.free()
  }
}

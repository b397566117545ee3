import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** The product with one line changed: a check taken away, a guarantee broken. */
export interface Mutant {
  readonly name: string
  /** Below src. */
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Where this file lies is the project; a bundle lies elsewhere and has to say it. */
export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

const pathOf = (file: string, root: string): string => join(root, 'src', file)

/** The line is there, once: else the product was changed, and the mutant has to be changed with it. */
export const hasLine = ({ file, from }: Mutant, root = PROJECT): boolean => readFileSync(pathOf(file, root), 'utf8').split(from).length === 2

/** Changes the line while the product is built. */
export const changing = ({ name, file, from, to }: Mutant, root = PROJECT): Plugin => {
  const path = pathOf(file, root)
  return { name: `mutant: ${name}`, enforce: 'pre', transform: (code, id) => (id === path ? { code: code.replace(from, () => to), map: null } : null) }
}

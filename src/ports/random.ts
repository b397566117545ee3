import type { Random } from '../base/random.ts'

export interface RandomDep {
  readonly random: Random
}

import { createBoa, createEwa, createMlPoly, createTopThree } from './aggregate.ts'
import { createDrift } from './drift.ts'
import { clamp, warmRate, type Stateful } from './state.ts'

/**
 * The committee over all experts. Expert 0 is naive. Five ways of weighing the experts by their past are merged by a sixth, which
 * also knows naive: exponential weights, because on spiky streams ML-Poly follows the best member too slowly (0.697 against 0.690).
 */
export interface Ensemble extends Stateful {
  /** Takes the experts' forecasts of the next row (finite numbers) and gives the combined one. */
  combine(forecasts: Float64Array): number
  /** Tells the value that the last `combine` was about; `last` is the value before it. True when the losses have risen for longer than chance explains. */
  learn(value: number, last: number): boolean
  /** Weight of each expert in the combined forecast. */
  weights(): Float64Array
  /** Share of the combined forecast that is published, 0: naive is published. */
  trust(): number
  /** How often the losses have risen for longer than chance explains. */
  drifts(): number
  /** From now on expert `expert` is another one: it begins with the record of `rival` and a small share of its weight. */
  admit(expert: number, rival: number): void
}

/** Share of the prior, and of the weight of the one it is like, that a newcomer begins with. */
const NEWCOMER = 0.2

const UNIT = 0
const COUNT = 1
const GAIN = 2
const GAIN_SQUARED = 3
const MIXTURE = 4

/** One row is at most this many usual steps of evidence. */
const MAX_GAIN = 5

/** The evidence against naive fades over about this many rows. */
const GUARD_FADE = 0.998

export function createEnsemble(firstPrior: Float64Array): Ensemble {
  const prior = firstPrior.slice()
  const size = prior.length
  const committee = [
    createMlPoly(prior, 1), createMlPoly(prior, 0.99), createBoa(prior, 0.998), createEwa(prior, 0.995, 0.5), createTopThree(prior, 0.995),
  ]
  const judgePrior = Float64Array.from({ length: committee.length + 1 }, (_, i) => (i === 0 ? 0.02 : 0.98 / committee.length))
  const judge = createEwa(judgePrior, 0.998, 0.3)
  const drift = createDrift()
  const scalars = new Float64Array(5)
  const forecasts = new Float64Array(size)
  const mixtures = new Float64Array(committee.length + 1) // naive, then the committee

  /** Full trust until the gains over naive, in standard errors, turn negative; none at one below zero. */
  function trust(): number {
    const spread = Math.sqrt((scalars[GAIN_SQUARED] ?? 0))
    const evidence = spread > 0 ? (scalars[GAIN] ?? 0) / spread : 0
    return clamp(1 + evidence, 0, 1)
  }

  return {
    state: [prior, scalars, forecasts, mixtures, drift.state, judge.state, committee.map((member) => member.state)].flat(3),
    combine(next) {
      forecasts.set(next)
      mixtures[0] = forecasts[0] ?? 0
      committee.forEach((member, i) => { mixtures[i + 1] = blend(member.weights, forecasts) })
      const mixture = blend(judge.weights, mixtures)
      scalars[MIXTURE] = mixture
      return (forecasts[0] ?? 0) + trust() * (mixture - (forecasts[0] ?? 0))
    },
    learn(value, last) {
      const step = Math.abs(value - last)
      const unit = followUnit(scalars, step)
      if (unit <= 0) return false
      weighEvidence(scalars, (step - Math.abs((scalars[MIXTURE] ?? 0) - value)) / unit)
      judge.learn(mixtures, value, unit)
      for (const member of committee) member.learn(forecasts, value, unit)
      // Not acted on here: softening the weights at an alarm gained nothing (0.690 either way), their own discounts forget fast enough.
      return drift.hear(Math.abs((scalars[MIXTURE] ?? 0) - value) / unit)
    },
    weights() {
      const total = new Float64Array(size)
      total[0] = judge.weights[0] ?? 0
      committee.forEach((member, m) => {
        for (let i = 0; i < size; i++) total[i] = (total[i] ?? 0) + (judge.weights[m + 1] ?? 0) * (member.weights[i] ?? 0)
      })
      return total
    },
    trust,
    drifts: drift.events,
    admit(expert, rival) {
      const shared = (prior[expert] ?? 0) + (prior[rival] ?? 0)
      prior[expert] = NEWCOMER * shared
      prior[rival] = shared - (prior[expert] ?? 0)
      for (const member of committee) member.admit(expert, rival, NEWCOMER)
    },
  }
}

/** The unit of losses: a slow running mean |step|, in which one jump counts as at most twenty usual steps. */
function followUnit(scalars: Float64Array, step: number): number {
  const old = scalars[UNIT] ?? 0
  const count = (scalars[COUNT] ?? 0) + 1
  const unit = old + warmRate(0.005, count) * ((old > 0 ? Math.min(step, 20 * old) : step) - old)
  scalars[COUNT] = count
  scalars[UNIT] = unit
  return unit
}

function weighEvidence(scalars: Float64Array, gain: number): void {
  const counted = clamp(gain, -MAX_GAIN, MAX_GAIN)
  scalars[GAIN] = GUARD_FADE * (scalars[GAIN] ?? 0) + counted
  scalars[GAIN_SQUARED] = GUARD_FADE * (scalars[GAIN_SQUARED] ?? 0) + counted * counted
}

/** Weighted mean of forecasts, measured from the first: equal forecasts give exactly themselves. */
function blend(weights: Float64Array, forecasts: Float64Array): number {
  const base = forecasts[0] ?? 0
  let sum = 0
  for (let i = 1; i < weights.length; i++) sum += (weights[i] ?? 0) * ((forecasts[i] ?? 0) - base)
  return base + sum
}

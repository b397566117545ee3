import type { Stateful } from './state.ts'

/** Weighs several forecasts by their past. Losses are absolute errors divided by a scale the caller keeps. */
export interface Aggregator extends Stateful {
  /** Non-negative, sums to 1. */
  readonly weights: Float64Array
  /** Learns how `forecasts` (weighed as they are now) met `value`. */
  learn(forecasts: Float64Array, value: number, scale: number): void
  /** From now on expert `to` is another one: it inherits the record of `from`, and `share` of its weight. The prior was changed before. */
  admit(to: number, from: number, share: number): void
}

/** What all keep alike: weights, and sums of what was, a cell for each expert. */
function kept(weights: Float64Array, sums: readonly Float64Array[]): Pick<Aggregator, 'weights' | 'state' | 'admit'> {
  return {
    weights,
    state: [weights, ...sums],
    admit(to, from, share) {
      for (const sum of sums) sum[to] = sum[from] ?? 0
      const both = (weights[to] ?? 0) + (weights[from] ?? 0)
      weights[to] = share * both
      weights[from] = both - (weights[to] ?? 0)
    },
  }
}

function mix(weights: Float64Array, forecasts: Float64Array): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (forecasts[i] ?? 0)
  return sum
}

function normalise(weights: Float64Array, prior: Float64Array): void {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += weights[i] ?? 0
  for (let i = 0; i < weights.length; i++) weights[i] = sum > 0 && sum < Infinity ? (weights[i] ?? 0) / sum : (prior[i] ?? 0)
}

/** Slope of |forecast − value| / scale at the mixture: the gradient trick turns competing with the best into competing with the best mixture. */
function slopeAt(weights: Float64Array, forecasts: Float64Array, value: number, scale: number): number {
  return Math.sign(mix(weights, forecasts) - value) / scale
}

/** ML-Poly (Gaillard, Stoltz, van Erven 2014): weight ∝ positive regret over (1 + sum of squared regrets), both discounted. */
export function createMlPoly(prior: Float64Array, discount: number): Aggregator {
  const size = prior.length
  const weights = prior.slice()
  const regrets = new Float64Array(size)
  const squares = new Float64Array(size)
  return {
    ...kept(weights, [regrets, squares]),
    learn(forecasts, value, scale) {
      const slope = slopeAt(weights, forecasts, value, scale)
      const mixture = mix(weights, forecasts)
      for (let i = 0; i < size; i++) {
        const regret = slope * (mixture - (forecasts[i] ?? 0))
        regrets[i] = discount * (regrets[i] ?? 0) + regret
        squares[i] = discount * (squares[i] ?? 0) + regret * regret
      }
      for (let i = 0; i < size; i++) weights[i] = ((prior[i] ?? 0) * Math.max(0, (regrets[i] ?? 0))) / (1 + (squares[i] ?? 0))
      normalise(weights, prior)
    },
  }
}

/** Bernstein online aggregation (Wintenberger 2017) with a rate per expert, discounted. */
export function createBoa(prior: Float64Array, discount: number): Aggregator {
  const size = prior.length
  const weights = prior.slice()
  const losses = new Float64Array(size)
  const squares = new Float64Array(size)
  const exponents = new Float64Array(size)
  const bound = Math.log(size + 1)
  return {
    ...kept(weights, [losses, squares]),
    learn(forecasts, value, scale) {
      const slope = slopeAt(weights, forecasts, value, scale)
      const mixture = mix(weights, forecasts)
      let highest = -Infinity
      for (let i = 0; i < size; i++) {
        const excess = slope * ((forecasts[i] ?? 0) - mixture)
        squares[i] = discount * (squares[i] ?? 0) + excess * excess
        const rate = Math.sqrt(bound / (1 + (squares[i] ?? 0)))
        losses[i] = discount * (losses[i] ?? 0) + excess * (1 + rate * excess)
        exponents[i] = -rate * (losses[i] ?? 0)
        highest = Math.max(highest, (exponents[i] ?? 0))
      }
      for (let i = 0; i < size; i++) weights[i] = (prior[i] ?? 0) * Math.exp((exponents[i] ?? 0) - highest)
      normalise(weights, prior)
    },
  }
}

/** Exponentially weighted averaging of discounted absolute losses at a fixed rate per unit of loss. */
export function createEwa(prior: Float64Array, discount: number, rate: number): Aggregator {
  const size = prior.length
  const weights = prior.slice()
  const losses = new Float64Array(size)
  return {
    ...kept(weights, [losses]),
    learn(forecasts, value, scale) {
      let least = Infinity
      for (let i = 0; i < size; i++) {
        losses[i] = discount * (losses[i] ?? 0) + Math.abs((forecasts[i] ?? 0) - value) / scale
        least = Math.min(least, (losses[i] ?? 0))
      }
      for (let i = 0; i < size; i++) weights[i] = (prior[i] ?? 0) * Math.exp(-rate * ((losses[i] ?? 0) - least))
      normalise(weights, prior)
    },
  }
}

/** The plain mean of the three with the least discounted loss. */
export function createTopThree(prior: Float64Array, discount: number): Aggregator {
  const size = prior.length
  const weights = prior.slice()
  const losses = new Float64Array(size)
  return {
    ...kept(weights, [losses]),
    learn(forecasts, value, scale) {
      for (let i = 0; i < size; i++) losses[i] = discount * (losses[i] ?? 0) + Math.abs((forecasts[i] ?? 0) - value) / scale
      weights.fill(0)
      for (let place = 0; place < Math.min(3, size); place++) {
        let best = -1
        for (let i = 0; i < size; i++) {
          if ((weights[i] ?? 0) === 0 && (prior[i] ?? 0) > 0 && (best < 0 || (losses[i] ?? 0) < (losses[best] ?? 0))) best = i
        }
        weights[best] = 1
      }
      normalise(weights, prior)
    },
  }
}

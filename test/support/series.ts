import type { EngineRow } from '../../src/engine/forecaster.ts'

/** Uniform numbers in [0, 1) that repeat for the same seed (mulberry32). */
export function createUniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Standard normal numbers (Box & Muller 1958). */
export function createNormal(seed: number): () => number {
  const uniform = createUniform(seed)
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

export interface SeriesOptions {
  readonly rows: number
  readonly seed: number
}

export function whiteNoise({ rows, seed }: SeriesOptions): number[] {
  const normal = createNormal(seed)
  return Array.from({ length: rows }, () => normal())
}

/** First-order autoregression: each value is `phi` times the last plus standard normal noise. */
export function autoregression({ rows, seed, phi }: SeriesOptions & { readonly phi: number }): number[] {
  let value = 0
  return whiteNoise({ rows, seed }).map((noise) => (value = phi * value + noise))
}

export function randomWalk(options: SeriesOptions): number[] {
  return autoregression({ ...options, phi: 1 })
}

/** A sine of `period` rows and amplitude 10, a slow trend, and normal noise of size `noise`. */
export function seasonal({ rows, seed, period, noise }: SeriesOptions & { readonly period: number; readonly noise: number }): number[] {
  return whiteNoise({ rows, seed }).map((shock, i) => 50 + 0.002 * i + 10 * Math.sin((2 * Math.PI * i) / period) + noise * shock)
}

/** Rows at an even cadence, five minutes unless told otherwise, from 2024-01-01. */
export function rowsOf(values: readonly (number | null)[], stepMicros = 300_000_000): EngineRow[] {
  return values.map((value, row) => ({ row, time: 1_704_067_200_000_000 + row * stepMicros, value }))
}

/** Rows at random times, twelve minutes apart in the mean, whose value follows the hour of day: amplitude 10, standard normal noise. */
export function atRandomTimes({ rows, seed }: SeriesOptions): EngineRow[] {
  const uniform = createUniform(seed)
  const normal = createNormal(seed + 1)
  let time = 1_704_067_200_000_000
  return Array.from({ length: rows }, (_, row) => {
    time += Math.round(-720e6 * Math.log(1 - uniform()))
    return { row, time, value: 20 + 10 * Math.sin((2 * Math.PI * time) / 86_400e6) + normal() }
  })
}

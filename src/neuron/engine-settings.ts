import * as v from 'valibot'
import { fail, ok, type Result } from '../base/result.ts'
import { decodeJson } from '../protocol/json.ts'
import type { EngineSettings } from './snapshot.ts'

// How hard the engine may work. The page keeps the text over a reload; it is judged when it is read, because whatever runs at
// the app's address can write there.

/** Less would leave a node of many streams behind its rows for good. */
const MIN_INTENSITY = 5

/** On battery: a busy tab is the first that a browser freezes, and the person has other plans for the charge. */
const BATTERY_INTENSITY = 10

/** Half a core: a history of ten thousand rows is learnt within seconds, and nobody hears the fan. */
export const DEFAULT_ENGINE: EngineSettings = { intensity: 50, sparesBattery: true }

const settingsSchema = v.strictObject({
  intensity: v.pipe(v.number(), v.integer(), v.minValue(MIN_INTENSITY), v.maxValue(100)),
  sparesBattery: v.boolean(),
})

/** What is usual where nothing was kept, or something else. */
export const readEngineSettings = (text: string | null): EngineSettings => {
  const judged = text === null ? null : decodeJson(settingsSchema, text)
  return judged?.ok === true ? judged.value : DEFAULT_ENGINE
}

export const changeEngineSettings = (now: EngineSettings, change: Partial<EngineSettings>): Result<EngineSettings> => {
  const judged = v.safeParse(settingsSchema, { ...now, ...change })
  return judged.success ? ok(judged.output) : fail('bad-argument', `The intensity is a whole number from ${MIN_INTENSITY} to 100, in percent of one core.`)
}

/** Share of one core that the engine may take, 0 … 1. */
export const shareOf = ({ intensity, sparesBattery }: EngineSettings, onBattery: boolean | null): number =>
  (sparesBattery && onBattery === true ? Math.min(intensity, BATTERY_INTENSITY) : intensity) / 100

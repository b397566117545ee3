import { describe, expect, it } from 'vitest'
import { changeEngineSettings, DEFAULT_ENGINE, readEngineSettings, shareOf } from '../../../src/neuron/engine-settings.ts'
import { rememberEngine } from '../../../src/runtime/page/remembered-engine.ts'
import type { EngineSettings } from '../../../src/neuron/snapshot.ts'

describe('[D44] how hard the engine may work', () => {
  it('is a share of one core, on battery a tenth at most, where the person has not said otherwise', () => {
    expect(shareOf({ intensity: 80, sparesBattery: true }, null)).toBe(0.8)
    expect(shareOf({ intensity: 80, sparesBattery: true }, false)).toBe(0.8)
    expect(shareOf({ intensity: 80, sparesBattery: true }, true)).toBe(0.1)
    expect(shareOf({ intensity: 5, sparesBattery: true }, true)).toBe(0.05)
    expect(shareOf({ intensity: 80, sparesBattery: false }, true)).toBe(0.8)
  })

  it('is changed as far as is said, within 5 to 100', () => {
    expect(changeEngineSettings(DEFAULT_ENGINE, { intensity: 20 })).toEqual({ ok: true, value: { intensity: 20, sparesBattery: true } })
    expect(changeEngineSettings(DEFAULT_ENGINE, { sparesBattery: false })).toEqual({ ok: true, value: { intensity: 50, sparesBattery: false } })
    for (const intensity of [4, 101, 7.5, NaN, '50' as never]) expect(changeEngineSettings(DEFAULT_ENGINE, { intensity }).ok).toBe(false)
    expect(changeEngineSettings(DEFAULT_ENGINE, { other: 1 } as never).ok).toBe(false)
  })

  it('outlives a reload, and what is no setting is as if nothing had been kept', async () => {
    const kept = new Map<string, string>()
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text) } as unknown as Storage
    const inForce: EngineSettings = { intensity: 30, sparesBattery: false }
    const commands = rememberEngine('p', storage).remembering({ setEngine: (_: Partial<EngineSettings>) => Promise.resolve(inForce) })
    expect(await commands.setEngine({ intensity: 30 })).toEqual(inForce)
    expect(readEngineSettings(rememberEngine('p', storage).kept)).toEqual(inForce)
    expect(readEngineSettings(rememberEngine('q', storage).kept)).toEqual(DEFAULT_ENGINE)
    for (const text of ['', 'null', '{"intensity":500,"sparesBattery":true}', '{"intensity":50}', 'x'.repeat(50_000)]) expect(readEngineSettings(text)).toEqual(DEFAULT_ENGINE)
  })
})

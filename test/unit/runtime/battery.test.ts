import { afterEach, describe, expect, it, vi } from 'vitest'
import { watchBattery } from '../../../src/runtime/page/battery.ts'
import { settle } from '../../support/pipes.ts'

class FakeBattery extends EventTarget {
  charging = true
  set(charging: boolean): void {
    this.charging = charging
    this.dispatchEvent(new Event('chargingchange'))
  }
}

describe('[D44] the battery', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('is told of now and whenever it changes, until that is stopped', async () => {
    const battery = new FakeBattery()
    vi.stubGlobal('navigator', { getBattery: () => Promise.resolve(battery) })
    const told: boolean[] = []
    const stop = watchBattery((onBattery) => void told.push(onBattery))
    await settle()
    battery.set(false)
    battery.set(true)
    stop()
    battery.set(false)
    expect(told).toEqual([false, true, false])
  })

  it('is not told of where the browser does not tell, or refuses to, or the node has stopped meanwhile', async () => {
    const told: boolean[] = []
    for (const getBattery of [undefined, () => Promise.reject(new Error('not in a frame')), () => Promise.resolve(new FakeBattery())]) {
      vi.stubGlobal('navigator', { getBattery })
      watchBattery((onBattery) => void told.push(onBattery))()
      await settle()
    }
    expect(told).toEqual([])
  })
})

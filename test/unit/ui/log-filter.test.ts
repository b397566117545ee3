import { describe, expect, it } from 'vitest'
import { filterLog } from '../../../src/ui/log-filter.ts'
import { createFakeNeuron } from '../../support/fake-neuron.ts'

describe('the log filter', () => {
  it('a level shows itself and what is more serious', async () => {
    const { log } = await createFakeNeuron().snapshot()
    const levels = (level: 'info' | 'warn' | 'error') => [...new Set(filterLog(log, { text: '', level }).map((line) => line.level))].sort()
    expect([levels('info'), levels('warn'), levels('error')]).toEqual([['error', 'info', 'warn'], ['error', 'warn'], ['error']])
  })

  it('text is looked for in message, stream and peer, in any case', async () => {
    const { log } = await createFakeNeuron().snapshot()
    const peer = log.find((line) => line.peer !== null)?.peer ?? ''
    const found = (text: string): number => filterLog(log, { text, level: 'info' }).length
    expect(found('PAGE 41')).toBeGreaterThan(0)
    expect(found('on the roof')).toBeGreaterThan(0)
    expect(found(` ${peer.slice(0, 10)} `)).toBeGreaterThan(0)
    expect(found('nobody said this')).toBe(0)
  })
})

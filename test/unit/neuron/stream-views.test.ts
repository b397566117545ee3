import { describe, expect, it } from 'vitest'
import { streamIdOf } from '../../../src/domain/stream.ts'
import { createRateMeter } from '../../../src/neuron/rate-meter.ts'
import { viewStream } from '../../../src/neuron/stream-views.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { createVirtualClock } from '../../support/virtual-clock.ts'
import { sampleIdentity } from '../../vectors/samples.ts'

const verifiedWith = (code: string | null, hasHead = true): boolean => {
  const head = hasHead ? { head: { root: new Uint8Array(32), time: 0 } } : null
  const problem = code === null ? null : { code, message: '' }
  const state = { head, problem, rows: 1, phase: 'idle', targetRows: 1 } as unknown as StreamState
  const rates = createRateMeter({ clock: createVirtualClock() }, 1)
  const known = { state, listed: undefined, report: undefined, prediction: undefined, rates }
  return viewStream(streamIdOf(sampleIdentity, sha256), sampleIdentity, known).verified
}

describe('rows are verified', () => {
  it('when a signed head covers them', () => {
    expect([verifiedWith(null), verifiedWith(null, false)]).toEqual([true, false])
  })

  it.each(['damaged-page', 'diverged', 'forged-head'])('not when there is a problem %s', (code) => {
    expect(verifiedWith(code)).toBe(false)
  })

  it.each(['quota', 'no-answer', 'offline'])('also while there is a problem %s, which is not of the rows', (code) => {
    expect(verifiedWith(code)).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { NO_AUTHOR, streamIdOf } from '../../../src/domain/stream.ts'
import { createRateMeter } from '../../../src/neuron/rate-meter.ts'
import { viewStream } from '../../../src/neuron/stream-views.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import type { EngineReport } from '../../../src/runtime/engine-host.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { createVirtualClock } from '../../support/virtual-clock.ts'
import { sampleIdentity } from '../../vectors/samples.ts'

const rates = createRateMeter({ clock: createVirtualClock() }, 1)
const nothing = { predicts: null, state: undefined, listed: undefined, report: undefined, prediction: undefined, rates }
const ID = streamIdOf(sampleIdentity, sha256)
const viewOf = (state: object, report?: object) =>
  viewStream(ID, sampleIdentity, { ...nothing, state: { phase: 'idle', head: null, problem: null, rows: 0, ...state } as StreamState, report: report as EngineReport | undefined })

const verifiedWith = (code: string | null, hasHead = true): boolean => {
  const head = hasHead ? { head: { root: new Uint8Array(32), time: 0 } } : null
  const problem = code === null ? null : { code, message: '' }
  const state = { head, problem, rows: 1, phase: 'idle', targetRows: 1 } as unknown as StreamState
  return viewStream(ID, sampleIdentity, { ...nothing, state }).verified
}

describe('rows are verified', () => {
  it('when a signed head covers them', () => {
    expect([verifiedWith(null), verifiedWith(null, false)]).toEqual([true, false])
  })

  it.each(['damaged-page', 'damaged-list', 'diverged', 'forged-head'])('not when there is a problem %s', (code) => {
    expect(verifiedWith(code)).toBe(false)
  })

  it.each(['quota', 'no-answer', 'offline'])('also while there is a problem %s, which is not of the rows', (code) => {
    expect(verifiedWith(code)).toBe(true)
  })
})

describe('what a person sees of a stream', () => {
  it('[D20] nothing of a forked stream is verified, whatever its last problem was', () => {
    const head = { head: { root: new Uint8Array(32), time: 0 } }
    expect(viewOf({ head, rows: 1, forked: true })).toMatchObject({ forked: true, verified: false, rows: 1 })
  })

  it('a stream that is listed and not kept has nothing to be forgotten', () => {
    expect(viewStream(ID, sampleIdentity, nothing)).toMatchObject({ kept: false, forked: false, archived: 0, checkedAt: null, loose: null })
    expect(viewOf({}).kept).toBe(true)
  })

  it('when it was last checked, also at the very beginning of time', () => {
    expect([null, 0, 1_714_566_600_000].map((checkedAt) => viewOf({ checkedAt }).checkedAt)).toEqual([
      null,
      '1970-01-01T00:00:00Z',
      '2024-05-01T12:30:00Z',
    ])
  })

  it('[C16] loose rows are counted apart from rows, and what is forecast from them is not its prediction', () => {
    const loose = { rows: 12, provisional: 3, edition: 7, walking: true }
    const unsigned = { rows: 12, provisional: 3, forecast: { value: 1.5, lower: 1, upper: 2 } }
    const view = viewOf({ loose, archived: 2 }, { account: null, behind: 0, notPredictable: null, unsigned })
    expect(view.loose).toEqual({ ...loose, forecast: { value: '1.5', lower: '1', upper: '2' } })
    expect(view).toMatchObject({ rows: 0, verified: false, lastPrediction: null, archived: 2 })
  })

  it('whether anybody signs it', () => {
    const keyless = { ...sampleIdentity, author: NO_AUTHOR }
    expect([viewStream(ID, keyless, nothing).keyless, viewStream(ID, sampleIdentity, nothing).keyless]).toEqual([true, false])
  })
})

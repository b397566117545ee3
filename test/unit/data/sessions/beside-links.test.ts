import { describe, expect, it } from 'vitest'
import { createBesideLinks } from '../../../../src/data/sessions/beside-links.ts'
import type { LinkEnd } from '../../../../src/ports/peer-link.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

describe('[L37] a further connection to one peer', () => {
  const open = () => {
    const clock = createVirtualClock()
    const ends: LinkEnd[] = []
    const carried = { bytesIn: 0, bytesOut: 0, rttMs: null }
    const besides = createBesideLinks({ clock })
    const link = { send: () => undefined, whenRoom: () => undefined, traffic: () => carried, inHandMs: () => 0, end: (end: LinkEnd) => void ends.push(end) }
    besides.ready(7, link)
    const pass = (ms: number): void => {
      clock.advance(ms)
      besides.tick()
    }
    return { besides, carried, ends, pass }
  }

  it('is closed when it has carried nothing for twenty seconds', () => {
    const { carried, ends, pass } = open()
    for (let turn = 0; turn < 10; turn++) {
      pass(19_999)
      if (turn % 2 === 0) carried.bytesIn += 1
      else carried.bytesOut += 1
      pass(0)
    }
    expect(ends).toEqual([])
    pass(19_999)
    expect(ends).toEqual([])
    pass(1)
    expect(ends).toEqual([{ code: 'idle', message: 'Nothing is left to do for a further connection.', cut: false }])
  })

  it('that has ended is looked at no more', () => {
    const { besides, ends, pass } = open()
    besides.gone(7)
    pass(60_000)
    expect(ends).toEqual([])
  })
})

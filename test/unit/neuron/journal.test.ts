import { describe, expect, it } from 'vitest'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import { createJournal } from '../../../src/neuron/journal.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const STREAM = 'e'.repeat(64) as StreamId
const PEER = 'a'.repeat(64) as PublicKey

const begin = () => {
  const clock = createVirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5))
  let changes = 0
  const journal = createJournal({ clock, nameOf: (stream) => (stream === STREAM ? 'temperature' : null), changed: () => { changes++ } })
  return { clock, journal, changes: () => changes }
}

describe('the journal', () => {
  it('keeps what happened in order, with number, time, and the name of the stream', () => {
    const { clock, journal, changes } = begin()
    journal.log({ message: 'begun' })
    clock.advance(1_500)
    journal.log({ level: 'warn', direction: 'in', stream: STREAM, peer: PEER, message: 'a page came' })
    expect(journal.newest(10)).toEqual([
      { number: 1, time: '2026-01-02T03:04:05Z', level: 'info', direction: 'none', message: 'begun', streamId: null, streamName: null, peer: null },
      { number: 2, time: '2026-01-02T03:04:06.5Z', level: 'warn', direction: 'in', message: 'a page came', streamId: STREAM, streamName: 'temperature', peer: PEER },
    ])
    expect(changes()).toBe(2)
  })

  it('keeps the last 5,000 lines, and their numbers', () => {
    const { journal } = begin()
    for (let line = 1; line <= 5_100; line++) journal.log({ message: String(line) })
    const lines = journal.newest(10_000)
    expect([lines.length, lines[0]?.number, lines.at(-1)?.number]).toEqual([5_000, 101, 5_100])
    expect(journal.newest(3).map(({ message }) => message)).toEqual(['5098', '5099', '5100'])
  })

  it('is written to a file one line each', () => {
    const { journal } = begin()
    journal.log({ level: 'error', direction: 'out', stream: STREAM, peer: PEER, message: 'cut off' })
    journal.log({ message: 'begun' })
    expect(journal.text()).toBe(
      '2026-01-02T03:04:05Z\terror\t→\ttemperature\taaaaaaaaaaaa\tcut off\n2026-01-02T03:04:05Z\tinfo\t·\t-\t-\tbegun',
    )
  })

  it('lets no peer write lines of its own into that file', () => {
    const { journal } = begin()
    journal.log({ message: 'The peer closed: bye\r\n2026-01-01T00:00:00Z\tinfo\t·\t-\t-\tall is well\u2028really' })
    expect(journal.text().split(/[\n\r\u2028]/)).toHaveLength(1)
    expect(journal.text().split('\t')).toHaveLength(6)
  })
})

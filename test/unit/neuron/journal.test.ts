import { describe, expect, it } from 'vitest'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import { createJournal } from '../../../src/neuron/journal.ts'
import { readKeptLog, writeKeptLog } from '../../../src/neuron/kept-log.ts'
import type { LogLine } from '../../../src/neuron/snapshot.ts'
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

describe('the log over a reload', () => {
  const line = (number: number, message: string): LogLine =>
    ({ number, time: '2026-01-02T03:04:05Z', level: 'info', direction: 'none', message, streamId: null, streamName: null, peer: null })

  it('is kept within seconds, in one go, and goes on where it was', () => {
    const clock = createVirtualClock()
    const texts: string[] = []
    const keep = (lines: readonly LogLine[]): void => void texts.push(writeKeptLog(lines))
    const first = createJournal({ clock, nameOf: () => null, changed: () => undefined, keep })
    for (const message of ['one', 'two', 'three']) first.log({ message })
    clock.advance(3_000)
    expect(texts).toHaveLength(1)
    const second = createJournal({ clock, nameOf: () => null, changed: () => undefined, kept: readKeptLog(texts[0] ?? null), keep })
    second.log({ message: 'four' })
    expect(second.newest(9).map(({ number, message }) => `${number} ${message}`)).toEqual(['1 one', '2 two', '3 three', '4 four'])
  })

  it('keeps the newest 500 lines, however many there were and however long each is', () => {
    const clock = createVirtualClock()
    let text = ''
    const journal = createJournal({ clock, nameOf: () => 'n'.repeat(5_000), changed: () => undefined, keep: (lines) => void (text = writeKeptLog(lines)) })
    for (let i = 0; i < 2_000; i++) journal.log({ stream: STREAM, peer: PEER, message: `${i} ${'x'.repeat(5_000)}` })
    clock.advance(3_000)
    const kept = readKeptLog(text)
    expect(kept).toHaveLength(500)
    expect(kept[0]?.message.slice(0, 5)).toBe('1500 ')
    expect(text.length).toBeLessThan(1_000_000)
  })

  it.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['another shape', '{"a":1}'],
    ['a line with a field too many', JSON.stringify([{ ...line(1, 'a'), more: 1 }])],
    ['a level that is none', JSON.stringify([{ ...line(1, 'a'), level: 'fatal' }])],
    ['a peer that is none', JSON.stringify([{ ...line(1, 'a'), peer: 'javascript:alert(1)' }])],
    ['too many lines', JSON.stringify(Array.from({ length: 501 }, (_, i) => line(i, 'a')))],
    ['a message without end', JSON.stringify([line(1, 'x'.repeat(401))])],
    ['megabytes', JSON.stringify(' '.repeat(1_000_001))],
  ])('begins empty after %s', (_what, text) => {
    expect(readKeptLog(text)).toEqual([])
  })
})

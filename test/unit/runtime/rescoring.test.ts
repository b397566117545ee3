import { expect, it } from 'vitest'
import { fail, ok } from '../../../src/base/result.ts'
import { rowBytes, type ObservationRow, type PredictionRow, type Row } from '../../../src/domain/row.ts'
import { streamIdOf, predictionStreamOf } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import type { DataClient } from '../../../src/ports/data-client.ts'
import { MAX_ROWS_PER_ANSWER } from '../../../src/protocol/limits.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { createPupil } from '../../../src/runtime/pupil.ts'
import { rescore } from '../../../src/runtime/rescoring.ts'
import { createStopwatch } from '../../../src/runtime/stopwatch.ts'
import { createTeacher, type TeacherDeps } from '../../../src/runtime/teacher.ts'
import { createNodeKey, identityOf, sha256 } from '../../support/node-key.ts'

const key = createNodeKey()
const stream = streamIdOf(identityOf(key), sha256)
const own = streamIdOf(predictionStreamOf(key.publicKey, stream), sha256)

const rowOf = (number: number, value = number): ObservationRow => ({ form: 'observation', time: (number * 1_000_000) as Micros, value: String(value) })

/** Says one more than the row it follows: right where the rows count up. */
const madeAfter = (followsRow: number, row = rowOf(followsRow)): PredictionRow => ({
  ...{ form: 'prediction', time: row.time, kind: 'live', follows: stream, followsRow, followsHash: sha256(rowBytes(followsRow, row)) },
  ...{ value: String(followsRow + 1), lower: String(followsRow), upper: String(followsRow + 2) },
})

/** What is on record of a stream with so many rows, after `made` were published. */
const startRecord = (rows: number, made: readonly PredictionRow[]) => {
  const observed = Array.from({ length: rows }, (_, number) => rowOf(number))
  const pupil = createPupil({ stream, rows } as StreamState, 0, false)
  const record = { pupil, isCurrent: true, told: 0, broken: null as string | null }
  const tell = (): void => {
    record.told++
  }
  const data = {
    rows: async (of: string, from: number, count: number) => {
      // As the codec of the question does, which ends the process.
      if (from < 0 || count < 0) throw new RangeError(`${count} rows from ${from}`)
      if (of === record.broken) return fail('no-answer', 'Gone.')
      const all: readonly Row[] = of === own ? made : observed
      return ok({ rows: all.slice(from, from + Math.min(count, MAX_ROWS_PER_ANSWER)), total: all.length })
    },
  } as unknown as DataClient
  const deps = { data, sha256, stopwatch: createStopwatch(() => 0), isCurrent: () => record.isCurrent, tell }
  const scored = async (): Promise<number> => {
    await rescore(pupil, { stream: own, rows: made.length, phase: 'idle', forked: false }, deps)
    return pupil.score.view().scored
  }
  return { record, scored }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

it('[D47] the score is read back from what was published, each prediction with the row that came', async () => {
  const { scored } = startRecord(10, numbers(0, 10).map((row) => madeAfter(row)))
  expect(await scored()).toBe(9)
})

it('[D47] a history that has become shorter than what was predicted of it is scored as far as it is there', async () => {
  const { scored } = startRecord(10, numbers(5, 40).map((row) => madeAfter(row)))
  expect(await scored()).toBe(4)
  const none = startRecord(10, numbers(300, 550).map((row) => madeAfter(row)))
  expect(await none.scored()).toBe(0)
})

it('[D47] begun again at an earlier row, predictions are scored from the earliest on', async () => {
  const { scored } = startRecord(10, [madeAfter(7), ...numbers(2, 10).map((row) => madeAfter(row))])
  expect(await scored()).toBeGreaterThanOrEqual(7)
})

it('[D47] over a gap longer than one answer the newest predictions are scored', async () => {
  const { scored } = startRecord(5_100, [...numbers(0, 100), ...numbers(5_000, 5_100)].map((row) => madeAfter(row)))
  expect(await scored()).toBe(99)
  const before = startRecord(5_100, numbers(0, 100).map((row) => madeAfter(row)))
  expect(await before.scored()).toBe(100)
})

it('[D47] what could not be read is owed until the stream is told of anew, and keeps nothing else waiting', async () => {
  const { record, scored } = startRecord(10, numbers(0, 10).map((row) => madeAfter(row)))
  for (const broken of [own, stream]) {
    record.broken = broken
    expect([await scored(), record.pupil.unscored, record.pupil.scoreOwed]).toEqual([0, false, true])
  }
  record.broken = null
  createTeacher({ stopwatch: createStopwatch(() => 0) } as unknown as TeacherDeps).news(record.pupil, record.pupil.state)
  expect(record.pupil.unscored).toBe(true)
  expect([await scored(), record.pupil.unscored, record.pupil.scoreOwed]).toEqual([9, false, false])
})

it('[D47] what followed a row that is another one now is no score', async () => {
  const { scored } = startRecord(10, numbers(0, 10).map((row) => madeAfter(row, rowOf(row, row < 4 ? row : -row))))
  expect(await scored()).toBe(4)
})

it('[D45] paused while the record is read, nothing is scored or told, and it is read when work goes on', async () => {
  const { record, scored } = startRecord(10, numbers(0, 10).map((row) => madeAfter(row)))
  record.isCurrent = false
  expect([await scored(), record.told, record.pupil.unscored]).toEqual([0, 0, true])
  record.isCurrent = true
  expect([await scored(), record.told, record.pupil.unscored]).toEqual([9, 1, false])
})

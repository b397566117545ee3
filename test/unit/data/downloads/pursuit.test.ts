import { describe, expect, it } from 'vitest'
import { err, ok, type Result } from '../../../../src/base/result.ts'
import type { Entry } from '../../../../src/data/streams/entry.ts'
import { createPursuit } from '../../../../src/data/downloads/pursuit.ts'
import { createQuestions } from '../../../../src/data/downloads/questions.ts'
import type { StageDeps } from '../../../../src/data/downloads/stage.ts'
import type { StoreFailure } from '../../../../src/ports/history-store.ts'
import type { PeerFrame } from '../../../../src/protocol/frame.ts'
import { blankSignature, createHistory } from '../../../support/history.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { sha256 } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'

const HISTORY = createHistory({ seed: 6, rows: 40, pageRows: 8 })
const TARGET = { head: HISTORY.head, signature: blankSignature() }

/** A pursuit whose page list is right, over a disk that answers only when it is told to; one linked peer. */
const startPursuit = (store = createMemoryStore(), kept: object = {}) => {
  const questions = createQuestions()
  const said: PeerFrame['type'][] = []
  const ends: unknown[] = []
  let answer: (result: Result<null, StoreFailure>) => void = () => undefined
  const history = {
    record: { stream: HISTORY.stream, identity: HISTORY.identity, head: TARGET, hashes: HISTORY.hashes, download: null, ...kept },
    form: 'observation',
    adopt: async () => ok(null),
    change: () => new Promise<Result<null, StoreFailure>>((resolve) => (answer = resolve)),
  }
  const deps = {
    clock: { now: () => 0 },
    store,
    sha256,
    shape: { pageRows: 8, runLeaves: 1_024 },
    log: () => undefined,
    questions,
    progressed: () => undefined,
    detach: (work: Promise<void>) => void work,
  }
  questions.linkReady({ number: 1, send: ({ type }) => void said.push(type), end: () => undefined, inHandMs: () => 0 })
  const goal = { entry: { history, damaged: false } as unknown as Entry, target: TARGET }
  const pursuit = createPursuit(goal, deps as unknown as StageDeps, (failure) => void ends.push(failure))
  pursuit.join(1)
  return { pursuit, said, ends, answer: (result: Result<null, StoreFailure>) => answer(result) }
}

describe('[T20] [T31] what an interrupted download has named', () => {
  const pageList = (list: Uint8Array) => ({ head: null, hashes: new Uint8Array(0), download: { head: TARGET, hashes: list } })

  it('is gone on with when it is whole: nobody is asked for hashes', async () => {
    const { said, answer } = startPursuit(undefined, pageList(HISTORY.hashes))
    answer(ok(null))
    await settle()
    expect(said).toEqual(['pages-request'])
  })

  it('is no list to search with when it has gaps: its runs are asked for, not node after node', () => {
    const { said } = startPursuit(undefined, pageList(HISTORY.hashes.slice().fill(0, 0, 32)))
    expect(said).toEqual(['hashes-request'])
  })
})

describe('[T34] between the search and the fetching the page list goes on record', () => {
  it('then the pages that are not here are asked of those who were there before', async () => {
    const { pursuit, said, answer } = startPursuit()
    expect(said).toEqual([])
    answer(ok(null))
    await settle()
    expect(said).toEqual(['pages-request'])
    expect(pursuit.view()).toMatchObject({ peers: 1, pagesDone: 0, pagesTotal: 5 })
  })

  it('[T26] when it is not wanted any more by then, nobody is asked', async () => {
    const { pursuit, said, ends, answer } = startPursuit()
    pursuit.cancel()
    answer(ok(null))
    await settle()
    pursuit.tick()
    expect(said).toEqual([])
    expect(ends).toEqual([])
  })

  it('[T21] when the disk fails, it ends with that', async () => {
    const { said, ends, answer } = startPursuit()
    answer(err({ code: 'disk-full', message: 'full' }))
    await settle()
    expect(said).toEqual([])
    expect(ends).toEqual([{ code: 'disk-full', message: 'full' }])
  })

  it('when nothing is missing, it ends at once and nobody is needed', async () => {
    const store = createMemoryStore()
    store.sync.stage(HISTORY.pages.map((bytes, page) => ({ bytes, hash: HISTORY.pageHashes[page] ?? bytes })))
    const { pursuit, said, ends, answer } = startPursuit(store)
    pursuit.leave(1)
    answer(ok(null))
    await settle()
    expect(said).toEqual([])
    expect(ends).toEqual([null])
  })

  it('a peer that left in between is not asked', async () => {
    const { pursuit, said, answer } = startPursuit()
    pursuit.leave(1)
    answer(ok(null))
    await settle()
    expect(said).toEqual([])
    pursuit.join(1)
    expect(said).toEqual(['pages-request'])
  })
})

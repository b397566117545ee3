import { describe, expect, it } from 'vitest'
import { createDownload, type DownloadEffect } from '../../../src/transfer/download.ts'
import type { KnownRun } from '../../../src/transfer/ledger.ts'
import { createHistory } from '../../support/history.ts'

const HISTORY = createHistory({ seed: 3, rows: 8 * 10, pageRows: 8 })
const CONFIG = { pageRows: 8, runLeaves: 4, requestsPerPeer: 1 }

const run = (from: number, have: readonly number[]): KnownRun => {
  const hashes = HISTORY.pageHashes.slice(from, from + 4)
  return { from, hashes, have: hashes.map((_, index) => have.includes(from + index)) }
}

const questions = (effects: readonly DownloadEffect[]): readonly string[] =>
  effects.flatMap((effect) => {
    if (effect.type !== 'send') return [effect.type]
    const { frame } = effect
    return frame.type === 'pages-request' ? [`pages ${frame.pages.join()}`] : frame.type === 'hashes-request' ? [`hashes from ${frame.from}`] : [frame.type]
  })

describe('[T34] a download that begins with hashes', () => {
  it('asks for no run that is whole and no page that is here, and promotes the whole list', () => {
    const download = createDownload(HISTORY.head, CONFIG, [run(0, [0, 1, 3]), run(8, []), run(4, [4, 5, 6, 7])])
    expect(questions(download.step({ type: 'peer', peer: 1, now: 0 }))).toEqual(['pages 2,8,9'])
    expect(download.view()).toMatchObject({ pagesDone: 7, pagesTotal: 10, phase: 'pages' })
    for (const page of [2, 8, 9]) {
      const bytes = HISTORY.pages[page] ?? new Uint8Array(0)
      download.step({ type: 'frame', peer: 1, frame: { type: 'packet', request: 1, number: page, page, part: 0, parts: 1, bytes }, now: 1 })
      const effects = download.step({ type: 'page-judged', peer: 1, page, verdict: 'good', reason: '', now: 1 })
      if (page === 9) expect(effects.at(-1)).toEqual({ type: 'promote', hashes: HISTORY.hashes })
    }
  })

  it('asks for the runs that are not known, and for the pages of those that are', () => {
    const download = createDownload(HISTORY.head, { ...CONFIG, requestsPerPeer: 3 }, [run(4, [4, 5])])
    expect(questions(download.step({ type: 'peer', peer: 1, now: 0 }))).toEqual(['hashes from 0', 'hashes from 8', 'pages 6,7'])
  })

  it('of which every page is here needs nobody', () => {
    const all = Array.from({ length: 10 }, (_, page) => page)
    const download = createDownload(HISTORY.head, CONFIG, [run(0, all), run(4, all), run(8, all)])
    expect(download.step({ type: 'tick', now: 0 })).toEqual([{ type: 'promote', hashes: HISTORY.hashes }])
  })
})

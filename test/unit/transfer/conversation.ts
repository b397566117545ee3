import type { Bytes } from '../../../src/base/bytes.ts'
import { createDownload, type AnswerFrame, type Download, type DownloadConfig, type DownloadEffect, type QuestionFrame } from '../../../src/transfer/download.ts'
import type { ReplyFrame, RequestFrame, UploadEffect } from '../../../src/transfer/upload.ts'
import { createHistory, type TestHistory } from '../../support/history.ts'

/** Names of links 1, 2, 3 in the traces. Bob is the receiver. */
const NAMES = ['nobody', 'alice', 'carol', 'mallory']

export const nameOf = (peer: number): string => NAMES[peer] ?? `peer ${peer}`

/** A frame as a person would say it. */
export const said = (frame: AnswerFrame | QuestionFrame | RequestFrame | ReplyFrame): string => {
  switch (frame.type) {
    case 'hashes-request':
      return `hashes-request#${frame.request} from ${frame.from}`
    case 'hashes':
      return `hashes#${frame.request} ${frame.hashes.length} from ${frame.from}`
    case 'pages-request':
      return `pages-request#${frame.request} ${frame.pages.join()}`
    case 'packet':
      return `packet#${frame.request} ${frame.number}: page ${frame.page}, ${frame.part + 1}/${frame.parts}`
    case 'completed':
      return `completed#${frame.request} ${frame.packets}`
    case 'missing':
      return `missing#${frame.request} ${frame.numbers.join()}`
    case 'complete':
      return `complete#${frame.request}`
    case 'unavailable':
      return `unavailable#${frame.request} ${frame.pages.join()}`
    case 'cancel':
      return `cancel#${frame.request} ${frame.pages.join()}`
    case 'refused':
      return `refused#${frame.request} ${frame.code}`
  }
}

const effectLine = (effect: DownloadEffect): string => {
  switch (effect.type) {
    case 'send':
      return `bob -> ${nameOf(effect.peer)} | ${said(effect.frame)}`
    case 'judge-run':
      return `judge run ${effect.from} of ${nameOf(effect.peer)}`
    case 'judge-page':
      return `judge page ${effect.page} of ${nameOf(effect.peer)}`
    case 'promote':
      return 'promote'
    case 'cut':
      return `cut ${nameOf(effect.peer)} | ${effect.code}: ${effect.message}`
    case 'failed':
      return `failed | ${effect.failure.code}`
  }
}

export const uploadLine = (effect: UploadEffect): string => {
  switch (effect.type) {
    case 'load-page':
      return `load page ${effect.page}`
    case 'send':
      return `alice -> bob | ${said(effect.frame)}`
    case 'await-room':
      return 'await room'
    case 'cut':
      return `cut bob | ${effect.code}: ${effect.message}`
  }
}

/** Bob's side of a download, told as a conversation; the judge answers only when he is asked. */
export interface Bob {
  readonly history: TestHistory
  readonly download: Download
  /** Lines since the last call. */
  trace(): string
  join(...peers: number[]): void
  leave(peer: number): void
  hears(peer: number, frame: AnswerFrame): void
  /** Honest page hashes, judged good; `have` are the pages on disk. */
  getsHashes(peer: number, request: number, have?: readonly number[]): void
  /** The honest page hashes of the run that begins at `from`; not judged yet. */
  getsRun(peer: number, request: number, from?: number): void
  judgesRun(peer: number, from?: number, good?: boolean, have?: readonly number[]): void
  /** Packets of a page in `parts`, from number `first` on; `only` picks some. */
  getsPage(peer: number, request: number, page: number, first: number, parts?: number, only?: readonly number[]): void
  judges(peer: number, page: number, verdict?: 'good' | 'bad'): void
  /** `held`: peers whose frames wait meanwhile. */
  waits(ms: number, ...held: readonly number[]): void
  promoted(): void
}

const BOB_PAGE_ROWS = 8

export const createBob = (pages: number, config: Partial<DownloadConfig> = {}): Bob => {
  const history = createHistory({ seed: 7, rows: pages * BOB_PAGE_ROWS, pageRows: BOB_PAGE_ROWS })
  const download = createDownload(history.head, { pageRows: BOB_PAGE_ROWS, requestsPerPeer: 1, ...config })
  let now = 1_000
  let lines: string[] = []
  const step: Download['step'] = (event) => {
    const effects = download.step(event)
    lines.push(...effects.map(effectLine))
    return effects
  }
  const hears = (peer: number, frame: AnswerFrame): void => {
    lines.push(`${nameOf(peer)} -> bob | ${said(frame)}`)
    step({ type: 'frame', peer, frame, now })
  }
  const run = (from: number): readonly Bytes[] => history.pageHashes.slice(from, from + (config.runLeaves ?? pages))
  const getsRun: Bob['getsRun'] = (peer, request, from = 0) => hears(peer, { type: 'hashes', request, from, hashes: run(from), proof: [] })
  const judgesRun: Bob['judgesRun'] = (peer, from = 0, good = true, have = []) => {
    const hashes = run(from)
    step({ type: 'run-judged', peer, from, good, hashes, have: hashes.map((_, index) => have.includes(from + index)), now })
  }
  return {
    history,
    download,
    trace() {
      const told = lines.join('\n')
      lines = []
      return told
    },
    join: (...peers) => peers.forEach((peer) => step({ type: 'peer', peer, now })),
    leave: (peer) => void step({ type: 'peer-gone', peer, now }),
    hears,
    getsHashes(peer, request, have) {
      getsRun(peer, request)
      judgesRun(peer, 0, true, have)
    },
    getsRun,
    judgesRun,
    getsPage(peer, request, page, first, parts = 1, only) {
      const bytes = history.pages[page] ?? new Uint8Array(1)
      cutUp(bytes, parts).forEach((part, index) => {
        if (only?.includes(index) === false) return
        hears(peer, { type: 'packet', request, number: first + index, page, part: index, parts, bytes: part })
      })
    },
    judges: (peer, page, verdict = 'good') =>
      void step({ type: 'page-judged', peer, page, verdict, reason: verdict === 'good' ? '' : 'its bytes differ', now }),
    waits(ms, ...held) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + 250)
        step({ type: 'tick', now, held: new Set(held) })
      }
    },
    promoted: () => void step({ type: 'promoted' }),
  }
}

/** Alice has said all page hashes, and Bob has asked her for all pages under number 2. */
export const asking = (pages: number, config: Partial<DownloadConfig> = {}): Bob => {
  const bob = createBob(pages, config)
  bob.join(1)
  bob.getsHashes(1, 1)
  bob.trace()
  return bob
}

const cutUp = (bytes: Bytes, parts: number): Bytes[] => {
  const size = Math.ceil(bytes.length / parts)
  return Array.from({ length: parts }, (_, part) => bytes.slice(part * size, (part + 1) * size))
}

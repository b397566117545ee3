import { equalBytes, type Bytes } from '../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { Head } from '../../../src/domain/head.ts'
import { createMerkleTree, merkleRoot, partsOf } from '../../../src/domain/merkle.ts'
import { createDescent, type Descent } from '../../../src/repair/descent.ts'
import type { DescentConfig, DescentEffect, DescentEvent, NodesAnswer, NodesQuestion } from '../../../src/repair/descent-events.ts'
import { createHistory } from '../../support/history.ts'
import { sha256 } from '../../support/node-key.ts'

/** Page hashes that stand for pages. */
export const pageHashes = (count: number, seed = 1): readonly Bytes[] => {
  const random = createSeededRandom(seed)
  return Array.from({ length: count }, () => random.bytes(32))
}

/** The list with other hashes at some places. */
export const altered = (list: readonly Bytes[], places: readonly number[]): readonly Bytes[] => {
  const others = pageHashes(places.length, 99)
  return list.map((page, at) => others[places.indexOf(at)] ?? page)
}

const ANY_HEAD = createHistory({ seed: 1, rows: 1, pageRows: 1 }).head

export const headOver = (pages: readonly Bytes[]): Head => ({ ...ANY_HEAD, rows: pages.length, root: merkleRoot(pages, sha256) })

/** What an honest peer that has these pages answers. */
export const honest = (pages: readonly Bytes[]) => {
  const tree = createMerkleTree(pages, sha256)
  return ({ request, from, leaves }: NodesQuestion): NodesAnswer => ({ type: 'nodes', request, hashes: tree.hashesOf(partsOf({ from, leaves })) })
}

const NAMES = ['nobody', 'alice', 'carol', 'mallory']
const nameOf = (peer: number): string => NAMES[peer] ?? `peer ${peer}`

const said = (frame: NodesQuestion | NodesAnswer): string => {
  switch (frame.type) {
    case 'nodes-request':
      return `nodes-request#${frame.request} pages ${frame.from}…${frame.from + frame.leaves - 1}`
    case 'nodes':
      return `nodes#${frame.request} ${frame.hashes.length} hashes`
    case 'refused':
      return `refused#${frame.request} ${frame.code}`
  }
}

/** Bob's side of a descent, told as a conversation. */
export interface Bob {
  readonly descent: Descent
  /** What was found, page by page: whether it is the target's, left out, or wrong; null before. */
  found(): string | null
  /** Questions that were sent and not yet answered by `answered`, oldest first. */
  readonly open: { readonly peer: number; readonly frame: NodesQuestion }[]
  /** Lines since the last call. */
  trace(): string
  join(...peers: number[]): void
  leave(peer: number): void
  hears(peer: number, frame: NodesAnswer): void
  /** The peer answers everything it was asked, honestly unless told otherwise, until nothing is asked any more. */
  served(peer: number, answer?: (question: NodesQuestion) => NodesAnswer): void
  /** `held`: peers whose frames wait meanwhile. */
  waits(ms: number, ...held: readonly number[]): void
}

export const createBob = (target: readonly Bytes[], own: readonly Bytes[], config: Partial<DescentConfig> = {}): Bob => {
  const descent = createDescent({ head: headOver(target), pages: target.length, own }, sha256, config)
  const open: { readonly peer: number; readonly frame: NodesQuestion }[] = []
  let found: readonly (Bytes | null)[] | null = null
  let lines: string[] = []
  let now = 1_000
  const perform = (effect: DescentEffect): void => {
    if (effect.type === 'found') found = effect.hashes
    if (effect.type === 'send') open.push({ peer: effect.peer, frame: effect.frame })
    lines.push(lineOf(effect))
  }
  const step = (event: DescentEvent): void => descent.step(event).forEach(perform)
  const hears = (peer: number, frame: NodesAnswer): void => {
    lines.push(`${nameOf(peer)} -> bob | ${said(frame)}`)
    step({ type: 'frame', peer, frame, now })
  }
  return {
    descent,
    found: () => found && compared(found, target),
    open,
    trace() {
      const told = lines.join('\n')
      lines = []
      return told
    },
    join: (...peers) => peers.forEach((peer) => step({ type: 'peer', peer, now })),
    leave: (peer) => step({ type: 'peer-gone', peer, now }),
    hears,
    served(peer, answer = honest(target)) {
      for (;;) {
        const at = open.findIndex((question) => question.peer === peer)
        const [question] = at < 0 ? [] : open.splice(at, 1)
        if (question === undefined) return
        hears(peer, answer(question.frame))
      }
    },
    waits(ms, ...held) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + 250)
        step({ type: 'tick', now, held: new Set(held) })
      }
    },
  }
}

/** `1000 right`, `1000 right 24 left`: runs of pages that are the target's, were left to runs, or are wrong. */
const compared = (found: readonly (Bytes | null)[], target: readonly Bytes[]): string => {
  const words = target.map((page, at) => {
    const other = found[at] ?? null
    return other === null ? 'left' : equalBytes(other, page) ? 'right' : 'wrong'
  })
  const ends = words.flatMap((word, at) => (word === words[at + 1] ? [] : [at + 1]))
  return [...ends.map((end, index) => `${end - (ends[index - 1] ?? 0)} ${words[end - 1] ?? ''}`), ...(found.length === target.length ? [] : [`${found.length} in all`])].join(', ')
}

const lineOf = (effect: DescentEffect): string => {
  switch (effect.type) {
    case 'send':
      return `bob -> ${nameOf(effect.peer)} | ${said(effect.frame)}`
    case 'cut':
      return `cut ${nameOf(effect.peer)} | ${effect.code}: ${effect.message}`
    case 'found':
      return `found ${effect.hashes.filter((page) => page !== null).length} of ${effect.hashes.length}`
  }
}

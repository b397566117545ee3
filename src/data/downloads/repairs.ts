import type { Bytes } from '../../base/bytes.ts'
import { ok, type Result } from '../../base/result.ts'
import { unreachable } from '../../base/unreachable.ts'
import { HASH_BYTES } from '../../domain/hash.ts'
import { pagesOf } from '../../domain/page.ts'
import { joinPageList } from '../../domain/page-list.ts'
import type { StoreFailure } from '../../ports/history-store.ts'
import { createDescent } from '../../repair/descent.ts'
import type { DescentEffect, DescentEvent, NodesAnswer } from '../../repair/descent-events.ts'
import type { KnownRun } from '../../transfer/ledger.ts'
import { namedPages } from './named-pages.ts'
import { pagesHere } from './pages-here.ts'
import type { AnswerFrame, Asker } from './questions.ts'
import type { Goal, Stage, StageDeps } from './stage.ts'

/**
 * The driver of one descent (M7): from a page list of ours to that of the target, and which of its pages are here. `ended`
 * is called once, unless it is cancelled.
 */
export const createRepair = (
  goal: Goal,
  own: readonly Bytes[],
  deps: StageDeps,
  ended: (result: Result<readonly KnownRun[], StoreFailure>) => void,
): Stage => {
  const { entry, target } = goal
  const { clock, sha256, log, questions, detach } = deps
  const { pageRows, runLeaves } = deps.shape
  const { stream } = entry.history.record
  const total = pagesOf(target.head.rows, pageRows)
  const machine = createDescent({ head: target.head, pages: total, own }, sha256, { runLeaves })
  let isCancelled = false
  /** A long search moves on: who answers it does not stall. */
  let bytesReceived = 0

  const asker: Asker = {
    answer: async (link, frame) => {
      if (!isNodesAnswer(frame)) {
        questions.cut(link, 'protocol', `It answered with ${frame.type} where nodes were asked for.`)
        return
      }
      if (frame.type === 'nodes') bytesReceived += frame.hashes.length * HASH_BYTES
      await step({ type: 'frame', peer: link, frame, now: clock.now() })
    },
  }
  const step = async (event: DescentEvent): Promise<void> => {
    for (const effect of machine.step(event)) await perform(effect)
  }
  const perform = async (effect: DescentEffect): Promise<void> => {
    switch (effect.type) {
      case 'send':
        questions.send(asker, effect.peer, effect.frame)
        return
      case 'cut':
        questions.cut(effect.peer, effect.code, effect.message)
        return
      case 'found':
        await finish(effect.hashes)
        return
      default:
        unreachable(effect)
    }
  }
  const finish = async (hashes: readonly (Bytes | null)[]): Promise<void> => {
    questions.forget(asker)
    const runs = await keep(wholeRuns(hashes, runLeaves))
    if (isCancelled) return
    if (runs.ok) sayWhatIsHere(runs.value)
    ended(runs)
  }
  const sayWhatIsHere = (runs: readonly KnownRun[]): void => {
    const here = runs.reduce((sum, { have }) => sum + have.filter((there) => there).length, 0)
    const { questions: asked } = machine.view()
    const words = `${here} of ${total} pages were already here`
    if (asked > 0) log({ stream, message: `compared with peers: ${words}; ${asked} ${asked === 1 ? 'question' : 'questions'} found which` })
    else if (here > 0) log({ stream, message: `resumed: ${words}` })
  }
  /** Names the pages on record, then tells which are here already: from then on nobody deletes them. */
  const keep = async (runs: readonly FoundRun[]): Promise<Result<readonly KnownRun[], StoreFailure>> => {
    const verified = new Map(runs.map(({ from, hashes }) => [from, joinPageList(hashes)]))
    const hashes = namedPages(verified, total, entry.history.record.download?.hashes)
    const kept = await entry.history.change({ download: { head: target, hashes } })
    if (!kept.ok) return kept
    const known: KnownRun[] = []
    for (const run of runs) {
      const have = await pagesHere(goal, run, deps)
      if (!have.ok) return have
      known.push({ ...run, have: have.value })
    }
    return ok(known)
  }
  return {
    join: (link) => {
      detach(step({ type: 'peer', peer: link, now: clock.now() }))
    },
    leave: (link) => {
      detach(step({ type: 'peer-gone', peer: link, now: clock.now() }))
    },
    tick: () => {
      detach(step({ type: 'tick', now: clock.now(), held: questions.held() }))
    },
    cancel: () => {
      isCancelled = true
      questions.forget(asker)
    },
    view: () => ({ pagesDone: 0, pagesTotal: total, bytesReceived, peers: machine.view().peers }),
  }
}

interface FoundRun {
  readonly from: number
  readonly hashes: readonly Bytes[]
}

/** What was left to runs is missing as a whole; all other runs are whole. */
const wholeRuns = (hashes: readonly (Bytes | null)[], runLeaves: number): readonly FoundRun[] => {
  const runs: FoundRun[] = []
  for (let from = 0; from < hashes.length; from += runLeaves) {
    const run = hashes.slice(from, from + runLeaves).filter((hash) => hash !== null)
    if (run.length === Math.min(runLeaves, hashes.length - from)) runs.push({ from, hashes: run })
  }
  return runs
}

const isNodesAnswer = (frame: AnswerFrame): frame is NodesAnswer => frame.type === 'nodes' || frame.type === 'refused'

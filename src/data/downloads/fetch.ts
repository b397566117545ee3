import type { Bytes } from '../../base/bytes.ts'
import { ok, type Failure, type Result } from '../../base/result.ts'
import { unreachable } from '../../base/unreachable.ts'
import { verifyRun } from '../../domain/merkle.ts'
import { pagesOf, rowsInPage } from '../../domain/page.ts'
import { joinPageList } from '../../domain/page-list.ts'
import type { StoredPage, StoreFailure } from '../../ports/history-store.ts'
import { createDownload, type DownloadEffect, type DownloadEvent } from '../../transfer/download.ts'
import { judgePage } from '../../transfer/judge.ts'
import type { KnownRun } from '../../transfer/ledger.ts'
import { openParcel } from '../../transfer/parcel.ts'
import { keepPage } from '../history/kept-page.ts'
import { createPageBuffers } from './page-buffers.ts'
import { createPageWrites } from './page-writes.ts'
import { namedPages } from './named-pages.ts'
import { pagesHere } from './pages-here.ts'
import type { AnswerFrame, Asker } from './questions.ts'
import type { Goal, Stage, StageDeps } from './stage.ts'
import { createSuccession, type SuccessionFailure } from './succession.ts'

/** Many times what is under way with a peer at once: one that declines for days must not make this node remember every question. */
const REMEMBERED_QUESTIONS = 32

/** The driver of one download: runs its effects against links, hashes and the store. `ended` is called once, unless it is cancelled. */
export const createFetch = (goal: Goal, known: readonly KnownRun[], deps: StageDeps, ended: (failure: Failure | null) => void): Stage => {
  const { entry, target } = goal
  const { clock, store, sha256, digest, log, questions, progressed, detach } = deps
  const { pageRows, runLeaves } = deps.shape
  const { stream } = entry.history.record
  const { form } = entry.history
  const succession = createSuccession(deps)
  const machine = createDownload(target.head, { form, ...deps.shape }, known)
  /** Page hashes as far as verified, 32 bytes each, by runs; joined they are the record's page list. */
  const runs = new Map(known.map(({ from, hashes }) => [from, joinPageList(hashes)]))
  const writes = createPageWrites(async (pages) => {
    const staged = await store.stage(pages)
    if (!staged.ok) await step({ type: 'store-failed', failure: staged.error })
  }, detach)
  const buffers = createPageBuffers()
  /** What the last frame of each link still causes. */
  const lastOf = new Map<number, Promise<void>>()
  let resumed = 0
  let isOver = false

  const asker: Asker = {
    remembers: REMEMBERED_QUESTIONS,
    answer: async (link, frame) => {
      if (!isDownloadAnswer(frame)) {
        questions.cut(link, 'protocol', `It answered with ${frame.type} where pages were asked for.`)
        return
      }
      const before = lastOf.get(link)
      const work = step({ type: 'frame', peer: link, frame, now: clock.now() })
      lastOf.set(link, work)
      detach(work)
      progressed(stream)
      // T47: one page is opened while the one before is hashed. On a machine that is shared 1 M rows come a sixth sooner (measured).
      await before
    },
  }
  const step = async (event: DownloadEvent): Promise<void> => {
    if (isOver) return
    await Promise.all(machine.step(event).map(perform))
  }
  const perform = async (effect: DownloadEffect): Promise<void> => {
    switch (effect.type) {
      case 'send':
        questions.send(asker, effect.peer, effect.frame)
        return
      case 'judge-run':
        await judgeRun(effect)
        return
      case 'judge-page':
        await judgeOnePage(effect)
        return
      case 'promote':
        await promote(effect.hashes)
        return
      case 'cut':
        questions.cut(effect.peer, effect.code, effect.message)
        return
      case 'failed':
        end()
        ended(effect.failure)
        return
      default:
        unreachable(effect)
    }
  }
  const end = (): void => {
    isOver = true
    questions.forget(asker)
    // Whoever goes on need not fetch them again: those too that wait for a write that is under way.
    detach(writes.settled())
  }

  const judgeRun = async (effect: Extract<DownloadEffect, { type: 'judge-run' }>): Promise<void> => {
    const { peer, from, hashes, proof } = effect
    const { root, rows } = target.head
    const leaves = pagesOf(rows, pageRows)
    const good = verifyRun(hashes, { from, leaves, root, proof }, sha256, runLeaves)
    const have = good ? await keepRun(from, hashes) : ok([])
    if (!have.ok) {
      await step({ type: 'store-failed', failure: have.error })
      return
    }
    if (good) await foresee()
    resumed += have.value.filter((there) => there).length
    if (good && resumed > 0) log({ stream, message: `resumed: ${resumed} of ${leaves} pages were already here` })
    await step({ type: 'run-judged', peer, from, good, hashes, have: have.value, now: clock.now() })
  }
  /** Names the pages of a verified run on record, then tells which are here already: from then on nobody deletes them. */
  const keepRun = async (from: number, hashes: readonly Bytes[]): Promise<Result<readonly boolean[], StoreFailure>> => {
    runs.set(from, joinPageList(hashes))
    const before = entry.history.record.download?.hashes
    const kept = await entry.history.change({ download: { head: target, hashes: namedPages(runs, pagesOf(target.head.rows, pageRows), before) } })
    return kept.ok ? pagesHere(goal, { from, hashes }, deps) : kept
  }
  const resting = async (page: StoredPage, parcel: Bytes, rows: number): Promise<Bytes> => {
    const kept = rows === pageRows ? await keepPage(page, parcel, digest) : page.bytes
    // What it was opened in is used again, and may be longer than it.
    return kept === page.bytes ? kept.slice() : kept
  }
  const judgeOnePage = async (effect: Extract<DownloadEffect, { type: 'judge-page' }>): Promise<void> => {
    const { peer, page, parcel, hash } = effect
    const expected = { hash, form, number: page, rows: rowsInPage(page, target.head.rows, pageRows) }
    const opened = openParcel(parcel, expected, buffers.take)
    const judged = opened.ok ? judgePage(opened.value, await digest(opened.value), expected) : opened
    const kept = opened.ok && judged.ok ? await resting({ hash, bytes: opened.value }, parcel, expected.rows) : null
    if (opened.ok) buffers.giveBack(opened.value)
    // The sender's credit waits here: what storage owes is bounded.
    if (kept !== null) await writes.add({ hash, bytes: kept })
    progressed(stream)
    deps.judged(peer, judged.ok)
    const reason = judged.ok ? '' : judged.error.message
    await step({ type: 'page-judged', peer, page, verdict: judged.ok ? 'good' : 'bad', reason, now: clock.now() })
  }
  const promote = async (hashes: Bytes): Promise<void> => {
    await writes.settled()
    // A page that could not be written has ended the download meanwhile.
    if (isOver) return
    const adopted = await entry.history.adopt(target, hashes, (record) => succession.judge(record, { target, hashes }))
    if (!adopted.ok) {
      await refuse(adopted.error)
      return
    }
    await step({ type: 'promoted' })
    // It may have been cancelled while its last commit was on the way: the history is there all the same.
    end()
    ended(null)
  }
  /** Pages that the list alone shows to be another history's are not fetched. */
  const foresee = async (): Promise<void> => {
    const fork = await succession.foresee(entry.history.record, { target, hashes: listed(runs) })
    if (fork !== null) await refuse(fork)
  }
  /** What was fetched does not become the history. */
  const refuse = async (failure: SuccessionFailure): Promise<void> => {
    // Damaged since it was verified: taken out of reach, so that the next try fetches it.
    if (failure.code === 'damaged-page') await entry.history.quarantine(failure.hash)
    if (!isRefusal(failure)) {
      await step({ type: 'store-failed', failure })
      return
    }
    if (isOver) return
    // Two looks at the same fork may come here together: over before anybody waits, so that it is told once.
    const stopping = step({ type: 'unwanted' })
    end()
    ended(failure)
    await stopping
  }
  if (known.length > 0) detach(foresee())
  return {
    join: (link) => {
      detach(step({ type: 'peer', peer: link, now: clock.now() }))
    },
    leave: (link) => {
      lastOf.delete(link)
      detach(step({ type: 'peer-gone', peer: link, now: clock.now() }))
    },
    tick: () => {
      // What comes slowly waits no longer for company.
      writes.flush()
      detach(step({ type: 'tick', now: clock.now(), held: questions.held() }))
    },
    cancel: () => {
      detach(step({ type: 'unwanted' }))
      end()
    },
    view: () => machine.view(),
  }
}

/** Its pages are as they should be: it is what its publisher signed that is not believed. */
export const isRefusal = ({ code }: SuccessionFailure): boolean =>
  code === 'forked' || code === 'wrong-origin' || code === 'wrong-continuation'

type DownloadAnswer = Extract<DownloadEvent, { type: 'frame' }>['frame']

const isDownloadAnswer = (frame: AnswerFrame): frame is DownloadAnswer =>
  frame.type !== 'status' && frame.type !== 'rows' && frame.type !== 'nodes' && frame.type !== 'row-before'

/** The verified page list as far as it is known. */
const listed = (runs: ReadonlyMap<number, Bytes>): Bytes => joinPageList([...runs].sort(([one], [other]) => one - other).map(([, run]) => run))

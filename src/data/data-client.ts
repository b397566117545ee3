import { concatBytes, type Bytes } from '../base/bytes.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { DataClient, DataNotice, NewestWanted } from '../ports/data-client.ts'
import type { Pipe } from '../ports/pipe.ts'
import { decodeFrame, encodeFrame, type Frame, type FrameOf, type FrameType } from '../protocol/frame.ts'
import { MAX_LOOSE_PER_ANSWER, MAX_PACKET_BYTES, MAX_ROWS_PER_ANSWER } from '../protocol/limits.ts'

/** A data process that does not answer within this is taken for dead, milliseconds: committing a large import takes seconds. */
const ANSWER_MS = 30_000

/** To read every page of the longest histories. */
const RECHECK_MS = 600_000

type Request = { [T in FrameType]: Omit<FrameOf<T>, 'request'> }[FrameType]

/** One client of the data process over one port at a time. */
export const createDataClient = (first: Pipe, { clock }: ClockDep): DataClient => {
  const waiting = new Map<number, (result: Result<Frame>) => void>()
  const watches = new Map<number, (notice: DataNotice) => void>()
  const askers = new Map<number, (wanted: NewestWanted) => void>()
  let pipe = first
  let next = 1
  let closed = false
  let refused: readonly PublicKey[] = []
  let held = false

  const settle = (request: number, result: Result<Frame>): void => {
    const done = waiting.get(request)
    waiting.delete(request)
    done?.(result)
  }
  const failAll = (): void => {
    for (const request of [...waiting.keys()]) settle(request, gone)
  }
  const connect = (fresh: Pipe): void => {
    pipe = fresh
    closed = false
    fresh.onClose(() => {
      if (pipe !== fresh) return
      closed = true
      failAll()
    })
    fresh.onFrame((bytes) => {
      // What a process that was given up still says is no longer true.
      if (pipe !== fresh) return
      const judged = decodeFrame(bytes)
      // The other end is our own code: bytes it cannot have meant are a broken invariant.
      if (!judged.ok) throw new Error(judged.error.message)
      const frame = judged.value
      if (isNotice(frame)) watches.get(frame.request)?.(frame)
      else if (frame.type === 'newest-wanted') askers.get(frame.request)?.(frame)
      else settle(frame.request, frame.type === 'refused' ? refusal(frame) : ok(frame))
    })
    // Before it can have a link.
    if (refused.length > 0) fresh.send(encodeFrame({ type: 'refuse-peers', request: next++, peers: refused }))
    if (held) fresh.send(encodeFrame({ type: 'hold-signing', request: next++, held }))
    for (const number of watches.keys()) fresh.send(encodeFrame({ type: 'watch', request: number }))
    for (const number of askers.keys()) fresh.send(encodeFrame({ type: 'ask-newest', request: number }))
  }
  connect(first)
  const ask = (request: Request): Promise<Result<Frame>> =>
    new Promise((resolve) => {
      if (closed) {
        resolve(gone)
        return
      }
      const number = next++
      const limitMs = request.type === 'recheck' ? RECHECK_MS : ANSWER_MS
      const cancel = clock.after(limitMs, () => {
        settle(number, fail('no-answer', `The data process did not answer ${request.type} within ${limitMs / 1000} s.`))
      })
      waiting.set(number, (result) => {
        cancel()
        resolve(result)
      })
      pipe.send(encodeFrame({ ...request, request: number }))
    })
  const askFor = async <T extends FrameType>(request: Request, type: T): Promise<Result<FrameOf<T>>> => {
    const answer = await ask(request)
    if (!answer.ok) return answer
    return answer.value.type === type
      ? ok(answer.value as FrameOf<T>)
      : fail('malformed', `${answer.value.type} came where ${type} was expected`)
  }
  const askDone = async (request: Request): Promise<Result<null>> => {
    const answer = await askFor(request, 'done')
    return answer.ok ? ok(null) : answer
  }

  /** All parts at once: they are taken, and given back, in turn. */
  const keepLearnt = async (stream: StreamId, whole: Bytes | null): Promise<Result<null>> => {
    if (whole === null) return askDone({ type: 'learnt-drop', stream })
    const parts = Math.ceil(whole.length / MAX_PACKET_BYTES)
    const asked = Array.from({ length: parts }, (_, part) =>
      askDone({ type: 'learnt-keep', stream, part, parts, bytes: whole.subarray(part * MAX_PACKET_BYTES, (part + 1) * MAX_PACKET_BYTES) }),
    )
    return allOf(asked)
  }
  const learnt = async (stream: StreamId): Promise<Result<Bytes | null>> => {
    const first = await askFor({ type: 'learnt-request', stream, part: 0 }, 'learnt')
    if (!first.ok) return first
    if (first.value.parts === 0) return ok(null)
    const asked = Array.from({ length: first.value.parts - 1 }, (_, i) => askFor({ type: 'learnt-request', stream, part: i + 1 }, 'learnt'))
    const pieces = [first.value.bytes]
    for (const answer of await Promise.all(asked)) {
      if (!answer.ok) return answer
      pieces.push(answer.value.bytes)
    }
    return ok(concatBytes(pieces))
  }

  return {
    watch: (listen) => {
      const number = next++
      watches.set(number, listen)
      pipe.send(encodeFrame({ type: 'watch', request: number }))
    },
    onNewestWanted: (listen) => {
      const number = next++
      askers.set(number, listen)
      pipe.send(encodeFrame({ type: 'ask-newest', request: number }))
    },
    newest: (stream, head) => askDone({ type: 'newest', stream, head }),
    rows: (stream, from, count) =>
      askFor({ type: 'rows-request', stream, from, count: Math.min(count, MAX_ROWS_PER_ANSWER) }, 'rows'),
    rowsAt: (stream, time, count) =>
      askFor({ type: 'rows-at-request', stream, time, count: Math.min(count, MAX_ROWS_PER_ANSWER) }, 'rows'),
    loose: (stream, from, count) =>
      askFor({ type: 'loose-request', stream, from, count: Math.min(count, MAX_LOOSE_PER_ANSWER) }, 'loose'),
    // In order: what is before the first row of one frame is the last of the frame before.
    addLoose: async (identity, rows) => {
      const sorted = [...rows].sort((a, b) => a.time - b.time)
      for (let at = 0; at < sorted.length; at += MAX_LOOSE_PER_ANSWER - 1) {
        // The last row again: it is what the first one follows.
        const added = await askDone({ type: 'loose-add', identity, rows: sorted.slice(Math.max(0, at - 1), at + MAX_LOOSE_PER_ANSWER - 1) })
        if (!added.ok) return added
      }
      return ok(null)
    },
    status: (stream) => askFor({ type: 'status-request', stream }, 'status'),
    hashes: (named, from) => askFor({ type: 'hashes-request', ...named, from }, 'hashes'),
    subscribe: (identity) => askDone({ type: 'subscribe', identity }),
    unsubscribe: (stream) => askDone({ type: 'unsubscribe', stream }),
    pause: (stream, paused) => askDone({ type: 'pause', stream, paused }),
    append: (stream, time, value) => askFor({ type: 'append', stream, time, value }, 'appended'),
    openDraft: (identity) => askFor({ type: 'draft-open', identity }, 'draft-opened'),
    // All at once, and they are taken in turn: waiting for the answer to each makes an import slower by half (measured).
    addToDraft: async (draft, rows) => {
      const asked: Promise<Result<null>>[] = []
      for (let at = 0; at < rows.length; at += MAX_ROWS_PER_ANSWER)
        asked.push(askDone({ type: 'draft-rows', draft, rows: rows.slice(at, at + MAX_ROWS_PER_ANSWER) }))
      return allOf(asked)
    },
    commitDraft: (draft) => askDone({ type: 'draft-commit', draft }),
    dropDraft: (draft) => askDone({ type: 'draft-drop', draft }),
    predict: (prediction) => askDone({ type: 'predict', ...prediction }),
    keepLearnt,
    learnt,
    deliver: async (stream, live) => outcomeOf(await askFor({ type: 'deliver', stream, live }, 'delivered')),
    deliverHead: async (head) => outcomeOf(await askFor({ type: 'deliver-head', head }, 'delivered')),
    forget: (stream) => askDone({ type: 'forget', stream }),
    beginEpoch: (stream) => askDone({ type: 'begin-epoch', stream }),
    recheck: (stream) => askFor({ type: 'recheck', stream }, 'rechecked'),
    askServes: (link, stream) => askDone({ type: 'ask-serves', link, stream }),
    dropLink: (link, code, message) => askDone({ type: 'drop-link', link, code, message }),
    refusePeers: (peers) => {
      refused = peers
      return askDone({ type: 'refuse-peers', peers })
    },
    holdSigning: (now) => {
      held = now
      return askDone({ type: 'hold-signing', held })
    },
    prove: (nonce, host) => askFor({ type: 'prove', nonce, host }, 'proof'),
    reconnect: (fresh) => {
      failAll()
      connect(fresh)
    },
    close: () => {
      closed = true
      pipe.close()
      failAll()
    },
  }
}

/** The first failure counts. */
const allOf = async (asked: readonly Promise<Result<null>>[]): Promise<Result<null>> =>
  (await Promise.all(asked)).find((answer) => !answer.ok) ?? ok(null)

const outcomeOf = (answer: Result<FrameOf<'delivered'>>) => (answer.ok ? ok(answer.value.outcome) : answer)

/** Said to who watches; every other frame answers a question. A notice that is missing here does not compile. */
const NOTICES: Readonly<Record<DataNotice['type'], true>> = {
  state: true,
  forgotten: true,
  'live-row': true,
  'link-event': true,
  'link-serves': true,
  'link-traffic': true,
  'log-entry': true,
}

const isNotice = (frame: Frame): frame is DataNotice => frame.type in NOTICES

/** What was asked of it is not asked again of the next one: only the caller knows whether that would be right. */
const gone = fail('data-restarted', 'The data process is gone; what was asked of it may or may not have been done.')

const refusal = (frame: FrameOf<'refused'>): Result<never> => fail(frame.code, frame.message)

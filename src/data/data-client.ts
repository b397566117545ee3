import { fail, ok, type Result } from '../base/result.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { DataClient, DataNotice } from '../ports/data-client.ts'
import type { Pipe } from '../ports/pipe.ts'
import { decodeFrame, encodeFrame, type Frame, type FrameOf, type FrameType } from '../protocol/frame.ts'
import { MAX_ROWS_PER_ANSWER } from '../protocol/limits.ts'

/** A data process that does not answer within this is taken for dead, milliseconds: committing a large import takes seconds. */
const ANSWER_MS = 30_000

type Request = { [T in FrameType]: Omit<FrameOf<T>, 'request'> }[FrameType]

/** One client of the data process over one port at a time. */
export const createDataClient = (first: Pipe, { clock }: ClockDep): DataClient => {
  const waiting = new Map<number, (result: Result<Frame>) => void>()
  const watches = new Map<number, (notice: DataNotice) => void>()
  let pipe = first
  let next = 1
  let closed = false

  const settle = (request: number, result: Result<Frame>): void => {
    const done = waiting.get(request)
    waiting.delete(request)
    done?.(result)
  }
  const failAll = (): void => {
    for (const request of [...waiting.keys()]) settle(request, fail('no-answer', 'The data process is gone.'))
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
      const judged = decodeFrame(bytes)
      // The other end is our own code: bytes it cannot have meant are a broken invariant.
      if (!judged.ok) throw new Error(judged.error.message)
      const frame = judged.value
      if (isNotice(frame)) watches.get(frame.request)?.(frame)
      else settle(frame.request, frame.type === 'refused' ? refusal(frame) : ok(frame))
    })
    for (const number of watches.keys()) fresh.send(encodeFrame({ type: 'watch', request: number }))
  }
  connect(first)
  const ask = (request: Request): Promise<Result<Frame>> =>
    new Promise((resolve) => {
      if (closed) {
        resolve(fail('no-answer', 'The data process is gone.'))
        return
      }
      const number = next++
      const cancel = clock.after(ANSWER_MS, () => {
        settle(number, fail('no-answer', `The data process did not answer ${request.type} within ${ANSWER_MS / 1000} s.`))
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

  return {
    watch: (listen) => {
      const number = next++
      watches.set(number, listen)
      pipe.send(encodeFrame({ type: 'watch', request: number }))
    },
    rows: (stream, from, count) =>
      askFor({ type: 'rows-request', stream, from, count: Math.min(count, MAX_ROWS_PER_ANSWER) }, 'rows'),
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
      const answers = await Promise.all(asked)
      return answers.find((answer) => !answer.ok) ?? ok(null)
    },
    commitDraft: (draft) => askDone({ type: 'draft-commit', draft }),
    dropDraft: (draft) => askDone({ type: 'draft-drop', draft }),
    predict: (prediction) => askDone({ type: 'predict', ...prediction }),
    deliver: async (stream, live) => outcomeOf(await askFor({ type: 'deliver', stream, live }, 'delivered')),
    deliverHead: async (head) => outcomeOf(await askFor({ type: 'deliver-head', head }, 'delivered')),
    prove: (nonce, host) => askFor({ type: 'prove', nonce, host }, 'proof'),
    reconnect: (fresh) => {
      // What was asked of the process that is gone is not asked again: its caller knows whether that would be right.
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

const outcomeOf = (answer: Result<FrameOf<'delivered'>>) => (answer.ok ? ok(answer.value.outcome) : answer)

const isNotice = (frame: Frame): frame is DataNotice =>
  frame.type === 'state' || frame.type === 'live-row' || frame.type === 'link-event' || frame.type === 'log-entry'

const refusal = (frame: FrameOf<'refused'>): Result<never> => fail(frame.code, frame.message)

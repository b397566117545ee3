import { createReader } from '../../base/byte-reader.ts'
import { fail, failureOf, type Failure, type Result } from '../../base/result.ts'
import { formOf, isKeyless, predictionStreamOf, type PublicKey, type StreamId } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { Identity } from '../../ports/identity.ts'
import type { LogDep } from '../../ports/log.ts'
import type { Pipe } from '../../ports/pipe.ts'
import { decodeFrame, encodeFrame, type Frame, type FrameOf, type FrameType } from '../../protocol/frame.ts'
import { MAX_LOOSE_PER_ANSWER, MAX_REASON_BYTES } from '../../protocol/limits.ts'
import type { StreamState } from '../../protocol/local.ts'
import { clipUtf8 } from '../../domain/text.ts'
import type { Downloads } from '../downloads/downloads.ts'
import type { LiveRows } from '../live/live-rows.ts'
import type { Watchers } from '../live/watchers.ts'
import type { Agreements } from '../loose/agreements.ts'
import type { LooseRows } from '../loose/loose-rows.ts'
import type { Drafts } from '../own/drafts.ts'
import { beginEpoch } from '../own/epochs.ts'
import { createLearntKeeper, type LearntKeeper } from '../own/learnt-keeper.ts'
import type { LearntShelf } from '../own/learnt-shelf.ts'
import type { NewestHeads } from '../own/newest-heads.ts'
import { append, commitDraft, mayBegin } from '../own/own-rows.ts'
import { predict } from '../own/predicting.ts'
import type { Serial } from '../pace/serial.ts'
import { createReading, isQuestion, unkept, type Reading, type ReadingDeps } from '../reading/reading.ts'
import type { Appointments } from '../streams/appointments.ts'
import type { Entry } from '../streams/entry.ts'
import { pause, subscribe, unsubscribe } from './following.ts'
import { RIGHTS, type LocalRole } from './local-rights.ts'

export interface LocalSessionDeps extends ClockDep, LogDep, ReadingDeps {
  readonly downloads: Downloads
  readonly drafts: Drafts
  readonly live: LiveRows
  readonly watchers: Watchers
  readonly identity: Identity
  readonly stateOf: (entry: Entry) => StreamState
  readonly changed: (stream: StreamId) => void
  /** Predictions of all ports: what is on record is read and added to as one. */
  readonly inTurn: Serial
  /** Subscriptions of all ports begin and end one after the other: they are counted, and the last word holds. */
  readonly followInTurn: Serial
  /** Of all ports. */
  readonly shelf: LearntShelf
  readonly newest: NewestHeads
  readonly dropLink: (link: number, code: string, message: string) => void
  readonly refusePeers: (peers: readonly PublicKey[]) => void
  readonly holdSigning: (held: boolean) => void
  readonly forget: (entry: Entry) => Promise<Result<null>>
  readonly appointments: Appointments
  readonly loose: LooseRows
  readonly agreements: Agreements
}

type Answer = { [T in FrameType]: Omit<FrameOf<T>, 'request'> }[FrameType]

/** Answers one local port until it closes. Every request gets exactly one answer; `watch` gets notices until the end. */
export const serveLocal = (pipe: Pipe, role: LocalRole, deps: LocalSessionDeps): void => {
  const stops: (() => void)[] = []
  const drafts = new Set<number>()
  let isClosed = false
  const reading = createReading(deps, { isPeer: false, afford: () => true })
  const learnt = createLearntKeeper(deps)
  const send = (request: number, answer: Answer): void => {
    pipe.send(encodeFrame({ ...answer, request }))
  }
  const refuse = (request: number, failure: Failure): void => {
    send(request, { type: 'refused', code: failure.code, message: clipUtf8(failure.message, MAX_REASON_BYTES) })
  }
  /** Nobody is left to end one that was being opened when the port closed. */
  const opened = (draft: number): void => {
    if (isClosed) deps.drafts.drop(draft)
    else drafts.add(draft)
  }
  const watch = (request: number): void => {
    for (const entry of deps.catalogue.all()) send(request, { type: 'state', state: deps.stateOf(entry) })
    stops.push(
      deps.watchers.add((notice) => {
        send(request, notice)
      }, role === 'neuron'),
    )
  }
  pipe.onFrame((bytes) => {
    const judged = decodeFrame(bytes)
    if (!judged.ok) {
      refuse(requestOf(bytes), judged.error)
      return
    }
    const frame = judged.value
    if (!RIGHTS[role].has(frame.type)) {
      refuse(frame.request, { code: 'forbidden', message: `The ${role} may not send ${frame.type}.` })
      return
    }
    if (frame.type === 'watch') {
      watch(frame.request)
      return
    }
    if (frame.type === 'ask-newest') {
      stops.push(
        deps.newest.offer((wanted) => {
          send(frame.request, { type: 'newest-wanted', ...wanted })
        }),
      )
      return
    }
    answer(frame, { reading, learnt }, deps).then(
      (result) => {
        if (result.ok && result.value.type === 'draft-opened') opened(result.value.draft)
        if (result.ok) send(frame.request, result.value)
        else refuse(frame.request, result.error)
      },
      (thrown: unknown) => {
        refuse(frame.request, failureOf(thrown))
      },
    )
  })
  pipe.onClose(() => {
    isClosed = true
    for (const stop of stops) stop()
    for (const draft of drafts) deps.drafts.drop(draft)
  })
}

/** The number under which the asker waits, when that much of the frame can be read. */
const requestOf = (bytes: Uint8Array): number => {
  const reader = createReader(bytes)
  reader.raw(2)
  return reader.u32()
}

const DONE = { ok: true, value: { type: 'done' } } as const

const UNNAMED = fail('unknown-stream', 'Which stream shall pause?')

const done = (result: Result<unknown>): Result<Answer> => (result.ok ? DONE : result)

/** What each port has of its own. */
interface PortParts {
  readonly reading: Reading
  readonly learnt: LearntKeeper
}

const answer = async (frame: Frame, { reading, learnt }: PortParts, deps: LocalSessionDeps): Promise<Result<Answer>> => {
  if (isQuestion(frame)) return reading.answer(frame)
  const { catalogue, drafts, identity } = deps
  switch (frame.type) {
    case 'subscribe':
      return done(await deps.followInTurn(() => subscribe(frame.identity, deps)))
    case 'unsubscribe':
      return done(await deps.followInTurn(() => unsubscribe(frame.stream, deps)))
    case 'pause':
      return frame.stream === null ? UNNAMED : done(await pause(frame.stream, frame.paused, deps))
    case 'append': {
      const appended = await append(frame, deps)
      return appended.ok ? { ok: true, value: { type: 'appended', ...appended.value } } : appended
    }
    case 'loose-request':
      return looseFrom(frame, deps)
    case 'loose-add':
      return addLoose(frame, deps)
    case 'predict':
      await deps.newest.asked(predictionStreamOf(identity.publicKey, frame.follows))
      return done(await deps.inTurn(() => predict(frame, deps)))
    case 'newest':
      return done(await deps.newest.answered(frame.stream, frame.head))
    case 'learnt-keep':
      return done(await learnt.keep(frame))
    case 'learnt-request':
      return learnt.read(frame)
    case 'learnt-drop':
      return done(await learnt.drop(frame.stream))
    case 'draft-open': {
      const may = await mayBegin(frame.identity, deps)
      if (!may.ok) return may
      const opened = await drafts.open(frame.identity)
      return opened.ok ? { ok: true, value: { type: 'draft-opened', ...opened.value } } : opened
    }
    case 'draft-rows':
      return done(await drafts.add(frame.draft, frame.rows))
    case 'draft-commit':
      return done(await commitDraft(frame.draft, deps))
    case 'draft-drop':
      drafts.drop(frame.draft)
      return DONE
    case 'deliver': {
      const outcome = await deps.live.take(frame.stream, frame.live, null)
      return outcome.ok ? { ok: true, value: { type: 'delivered', outcome: outcome.value } } : outcome
    }
    case 'deliver-head': {
      const learnt = await catalogue.learn(frame.head)
      if (!learnt.ok) return learnt
      deps.downloads.consider(frame.head.head.stream)
      return { ok: true, value: { type: 'delivered', outcome: learnt.value ? 'behind' : 'known' } }
    }
    case 'prove': {
      const signature = await identity.signCheckIn(frame.nonce, frame.host)
      return { ok: true, value: { type: 'proof', publicKey: identity.publicKey, signature } }
    }
    case 'forget':
      return deps.followInTurn(() => forget(frame.stream, deps))
    case 'begin-epoch':
      return done(await beginEpoch(frame.stream, deps))
    case 'recheck':
      return recheck(frame.stream, deps)
    case 'ask-serves':
      deps.downloads.heardOf(frame.link, frame.stream)
      deps.downloads.ask(frame.link, frame.stream)
      return DONE
    case 'drop-link':
      deps.dropLink(frame.link, frame.code, frame.message)
      return DONE
    case 'refuse-peers':
      deps.refusePeers(frame.peers)
      return DONE
    case 'hold-signing':
      deps.holdSigning(frame.held)
      return DONE
    default:
      return { ok: false, error: { code: 'forbidden', message: `${frame.type} is no request.` } }
  }
}

const forget = async (stream: StreamId, deps: LocalSessionDeps): Promise<Result<Answer>> => {
  const entry = deps.catalogue.get(stream)
  return entry === undefined ? unkept(stream) : done(await deps.forget(entry))
}

const recheck = async (stream: StreamId, { catalogue, appointments }: LocalSessionDeps): Promise<Result<Answer>> => {
  const entry = catalogue.get(stream)
  if (entry === undefined) return unkept(stream)
  const checked = await appointments.check(entry)
  return checked.ok ? { ok: true, value: { type: 'rechecked', ...checked.value } } : checked
}

const looseFrom = ({ stream, from, count }: FrameOf<'loose-request'>, { catalogue, loose }: LocalSessionDeps): Result<Answer> => {
  if (catalogue.get(stream) === undefined) return unkept(stream)
  const view = loose.viewOf(stream)
  const rows = view.slice(from, Math.min(count, MAX_LOOSE_PER_ANSWER)).map(({ row, number, mark }) => ({ row, number, mark }))
  return { ok: true, value: { type: 'loose', from, total: view.size, rows } }
}

const addLoose = async ({ identity, rows }: FrameOf<'loose-add'>, deps: LocalSessionDeps): Promise<Result<Answer>> => {
  if (!isKeyless(identity)) return { ok: false, error: { code: 'not-keyless', message: 'Rows that nobody signs cannot be added to a stream that has a publisher.' } }
  const form = formOf(identity)
  if (rows.some((row) => row.form !== form)) return { ok: false, error: { code: 'bad-rows', message: 'These rows are not of the form of the stream.' } }
  const entry = await deps.catalogue.open(identity)
  if (!entry.ok) return entry
  const { stream } = entry.value.history.record
  const added = await deps.loose.add(stream, rows)
  deps.agreements.imported(stream)
  deps.changed(stream)
  return done(added)
}

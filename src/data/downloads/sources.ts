import { sameHistory, type SignedHead } from '../../domain/head.ts'
import { isKeyless, type StreamId } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { FrameOf } from '../../protocol/frame.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { barred } from '../streams/entry.ts'
import type { Asker, Questions } from './questions.ts'

/**
 * While a stream has no source a link is asked again what it serves after this, then after twice as long each time, up to
 * the longest, milliseconds: a peer may have got it since, but thousands of streams must not be asked of everyone at once.
 */
export const ASK_AGAIN_MS = 3_000
const LONGEST_ASK_AGAIN_MS = 60_000

/** Hints make a link's peer asked for a stream once in so long at most, milliseconds: questions, and the heads that answer them, are not paid for. */
const HINT_REST_MS = 30_000

/** Who serves what: asks peers for the status of streams, judges the heads they name, and remembers the newest of each. */
export interface Sources {
  linkReady(link: number): void
  linkGone(link: number): void
  /** Asks one link, or all but some, unless they rest. */
  ask(link: number, stream: StreamId): void
  askAll(stream: StreamId, except?: readonly number[]): void
  /** Asks all, also those that rest. */
  askAfresh(stream: StreamId): void
  /** This link's peer has brought news of the stream: it may serve it now. */
  heardOf(link: number, stream: StreamId): void
  /** What this link's peer does hints that it serves the stream, or no more: where it has said otherwise it is asked, at the first tick at which it need not rest. */
  hint(link: number, stream: StreamId, serves: boolean): void
  /** O(hints that are not looked into yet). */
  tick(): void
  /** The links whose peers serve the stream, and the newest head that each has said it serves. */
  of(stream: StreamId): readonly { readonly link: number; readonly head: SignedHead }[]
}

/** A stream's status was asked of a link: until when it is not asked again while the stream's target is the same. */
interface AskedStatus {
  readonly target: SignedHead | null
  readonly until: number
  readonly restMs: number
}

interface Source {
  readonly serves: Map<StreamId, SignedHead>
  /** Streams whose status was asked and not yet answered: a mute peer is asked once. */
  readonly asked: Set<StreamId>
  /** The same streams, by the numbers of the questions. */
  readonly open: Map<number, { readonly stream: StreamId; readonly at: number }>
  /** How long each stream rests at this link; forgotten when its peer has news of it. */
  readonly rests: Map<StreamId, AskedStatus>
  /** Streams of which there is a hint: each is kept here, or was served by this peer. */
  readonly hinted: Set<StreamId>
  /** Until when no hint of a stream is looked into: neither new rows nor answers to and fro shorten that. */
  readonly lookedInto: Map<StreamId, number>
}

export interface SourcesDeps extends ClockDep {
  readonly catalogue: Catalogue
  readonly questions: Questions
  /** A link's peer has said, afresh, that it serves the stream. */
  readonly confirmed: (link: number, stream: StreamId) => void
  /** A link's peer has answered whether it serves the stream; a head that does not verify serves nothing. */
  readonly served: (link: number, stream: StreamId, serving: boolean) => void
  /** A link's peer says whether it has rows of the stream at all: without a head, loose ones. */
  readonly claimed?: (link: number, stream: StreamId, has: boolean) => void
  /** A question and its answer took so long, milliseconds. */
  readonly answeredIn?: (link: number, ms: number) => void
}

export const createSources = ({ catalogue, clock, questions, confirmed, served, claimed, answeredIn }: SourcesDeps): Sources => {
  const sources = new Map<number, Source>()
  let lastRequest = 0

  const asker: Asker = {
    answer: async (link, frame) => {
      const source = sources.get(link)
      const question = source?.open.get(frame.request)
      if (source === undefined || question === undefined) return
      const { stream, at } = question
      answeredIn?.(link, clock.now() - at)
      source.open.delete(frame.request)
      source.asked.delete(stream)
      // The line keeps the order: what hinted at something came before this.
      if (source.hinted.delete(stream)) source.lookedInto.set(stream, clock.now() + HINT_REST_MS)
      questions.close(asker, link, frame.request)
      if (frame.type === 'status') {
        served(link, stream, await onStatus(link, source, stream, frame))
        claimed?.(link, stream, frame.serving)
      } else if (frame.type !== 'refused') questions.cut(link, 'protocol', 'It was asked for a status and sent something else.')
    },
  }
  /** Answers whether it serves the stream. */
  const onStatus = async (link: number, source: Source, stream: StreamId, frame: FrameOf<'status'>): Promise<boolean> => {
    // It has let go of the history, cannot read it any more, or has one that is not taken: what it said before is over.
    const head = frame.serving && frame.head !== null ? await taken(link, frame.head, stream) : null
    if (head === null) {
      source.serves.delete(stream)
      return frame.serving && frame.head === null && isUnsigned(stream)
    }
    const known = source.serves.get(stream)
    if (known === undefined || !sameHistory(known.head, head.head)) source.rests.delete(stream)
    source.serves.set(stream, head)
    confirmed(link, stream)
    return true
  }
  /** A head that it serves, learnt and verified; null: it is not taken. */
  const taken = async (link: number, head: SignedHead, stream: StreamId): Promise<SignedHead | null> => {
    const learnt = await catalogue.learn(head)
    if (!learnt.ok && learnt.error.code === 'forged-head') questions.cut(link, learnt.error.code, learnt.error.message)
    return learnt.ok && head.head.stream === stream ? verified(link, head, stream) : null
  }
  /** Nobody signs it: that a peer has rows of it is all that can be said. */
  const isUnsigned = (stream: StreamId): boolean => {
    const entry = catalogue.get(stream)
    return entry !== undefined && isKeyless(entry.history.record.identity)
  }
  /** A head as we know it to be signed: what a peer serves may be fetched without any further question. */
  const verified = async (link: number, { head, signature }: SignedHead, stream: StreamId): Promise<SignedHead | null> => {
    const entry = catalogue.get(stream)
    if (entry === undefined || barred(entry, head) !== null) return null
    for (const known of [entry.target, entry.history.record.head]) if (known !== null && sameHistory(known.head, head)) return known
    // Not news, but it may be further than what is here.
    const judged = await catalogue.judge({ head, signature })
    if (!judged.ok) questions.cut(link, judged.error.code, judged.error.message)
    return judged.ok ? { head, signature } : null
  }
  const ask = (link: number, stream: StreamId): void => {
    const source = sources.get(link)
    if (source === undefined || source.asked.has(stream)) return
    const target = catalogue.get(stream)?.target ?? null
    const known = source.rests.get(stream)
    const last = known?.target === target ? known : undefined
    if (last !== undefined && clock.now() < last.until) return
    const restMs = Math.min(LONGEST_ASK_AGAIN_MS, last === undefined ? ASK_AGAIN_MS : last.restMs * 2)
    source.rests.set(stream, { target, until: clock.now() + restMs, restMs })
    source.asked.add(stream)
    source.open.set(++lastRequest, { stream, at: clock.now() })
    questions.send(asker, link, { type: 'status-request', request: lastRequest, stream })
  }
  return {
    linkReady: (link) => {
      sources.set(link, { serves: new Map(), asked: new Set(), open: new Map(), rests: new Map(), hinted: new Set(), lookedInto: new Map() })
    },
    linkGone: (link) => {
      sources.delete(link)
    },
    ask,
    askAll: (stream, except = []) => {
      for (const link of sources.keys()) if (!except.includes(link)) ask(link, stream)
    },
    askAfresh: (stream) => {
      for (const [link, { rests }] of sources) {
        rests.delete(stream)
        ask(link, stream)
      }
    },
    heardOf: (link, stream) => {
      sources.get(link)?.rests.delete(stream)
    },
    hint: (link, stream, serves) => {
      const source = sources.get(link)
      if (source !== undefined && source.serves.has(stream) !== serves) source.hinted.add(stream)
    },
    tick: () => {
      for (const [link, { hinted, lookedInto }] of sources)
        for (const stream of hinted) if (clock.now() >= (lookedInto.get(stream) ?? 0)) ask(link, stream)
    },
    of: (stream) =>
      [...sources].flatMap(([link, { serves }]) => {
        const head = serves.get(stream)
        return head === undefined ? [] : [{ link, head }]
      }),
  }
}

import type { FrameOf, PeerFrame } from '../../protocol/frame.ts'
import type { LinkEnd } from '../../ports/peer-link.ts'
import { MAX_PAGES_PER_REQUEST, MAX_USELESS_FRAMES } from '../../protocol/limits.ts'

export type AnswerFrame = FrameOf<'status' | 'rows' | 'hashes' | 'nodes' | 'row-before' | 'packet' | 'completed' | 'unavailable' | 'refused'>

/** One ready link, as those who ask over it see it. */
export interface QuestionLink {
  readonly number: number
  send(frame: PeerFrame): void
  end(end: LinkEnd): void
  /** How long a frame of its peer has been in hand, milliseconds: what came after it waits for us. */
  inHandMs(): number
}

/** Who asks over links. An answer comes back under the number that the asker gave its question. */
export interface Asker {
  /** Settles when the next answer may come: until then its sender gets no more credit. */
  answer(link: number, frame: AnswerFrame): Promise<void>
  /** Of so many of its questions over a link an answer can still be told; what comes for older ones is late. Without: of all, until it closes them. */
  readonly remembers?: number
}

/**
 * What this node has asked over its links. Askers number their questions apart; a link needs numbers of its own, each
 * used once (T2). Grows with the questions of the askers that have not ended, as far
 * as they are remembered.
 */
export interface Questions {
  linkReady(link: QuestionLink): void
  linkGone(link: number): void
  /** Sends an asker's frame under the link's number for its question: the same one whenever that is sent again. */
  send(asker: Asker, link: number, frame: PeerFrame): void
  answer(link: number, frame: AnswerFrame): Promise<void>
  /** One question is over: what still comes for it is late. */
  close(asker: Asker, link: number, request: number): void
  /** The asker has ended, and all its questions with it. */
  forget(asker: Asker): void
  /** The peer lied, flooded or was silent. */
  cut(link: number, code: string, message: string): void
  /** Links whose peers' frames wait for us, because one is not done with: what they owe may be among them. */
  held(): ReadonlySet<number>
  /** Questions that have not ended, over all links. */
  open(): number
}

/**
 * Frames that may come late, without being useless, to a question that was given up before any did: a slow peer of many streams answers
 * thousands of them in a row when another peer was quicker.
 */
const LATE_PER_QUESTION = MAX_PAGES_PER_REQUEST

/** As long as from one tick to the next: a frame that is in hand for that long is not merely one of many, milliseconds. */
const HELD_MS = 250

/** Questions for which that is remembered: a peer that is mute for days must not gather the right to a burst without end. */
const QUESTIONS_OWED = 2_000

interface Question {
  readonly asker: Asker
  readonly request: number
  isAnswered: boolean
}

interface Book {
  readonly link: QuestionLink
  readonly open: Map<number, Question>
  readonly numbers: Map<Asker, Map<number, number>>
  next: number
  /** Late frames since a question was first answered, less those that are owed to questions given up. */
  useless: number
}

export const createQuestions = (): Questions => {
  const books = new Map<number, Book>()
  const cut = (link: number, code: string, message: string): void => {
    books.get(link)?.link.end({ code, message, cut: true })
  }
  const onLate = (book: Book, { request, type }: AnswerFrame): void => {
    const { number } = book.link
    if (request < 1 || request >= book.next) cut(number, 'protocol', 'An answer to a question that was never asked.')
    else if (++book.useless > MAX_USELESS_FRAMES) cut(number, 'flood', `It sent ${MAX_USELESS_FRAMES} frames too many to questions that are over.`)
    // T14: our `complete` was lost, or the download ended while this was on its way.
    else if (type === 'completed') book.link.send({ type: 'complete', request })
  }
  return {
    linkReady: (link) => {
      books.set(link.number, { link, open: new Map(), numbers: new Map(), next: 1, useless: 0 })
    },
    linkGone: (link) => {
      books.delete(link)
    },
    send: (asker, number, frame) => {
      const book = books.get(number)
      book?.link.send({ ...frame, request: numberOf(book, asker, frame.request) })
    },
    answer: async (number, frame) => {
      const book = books.get(number)
      const question = book?.open.get(frame.request)
      if (book === undefined) return
      if (question === undefined) {
        onLate(book, frame)
        return
      }
      // Once a question: what its asker finds late the asker counts.
      if (!question.isAnswered) book.useless = Math.min(0, book.useless)
      question.isAnswered = true
      await question.asker.answer(number, { ...frame, request: question.request })
    },
    close: (asker, link, request) => {
      const book = books.get(link)
      const numbers = book?.numbers.get(asker)
      if (book !== undefined) giveUp(book, numbers?.get(request) ?? 0)
      numbers?.delete(request)
    },
    forget: (asker) => {
      for (const book of books.values()) {
        for (const number of book.numbers.get(asker)?.values() ?? []) giveUp(book, number)
        book.numbers.delete(asker)
      }
    },
    cut,
    held: () => {
      const held = new Set<number>()
      for (const [number, { link }] of books) if (link.inHandMs() >= HELD_MS) held.add(number)
      return held
    },
    open: () => [...books.values()].reduce((sum, { open }) => sum + open.size, 0),
  }
}

const giveUp = (book: Book, number: number): void => {
  if (book.open.get(number)?.isAnswered === false) book.useless = Math.max(book.useless - LATE_PER_QUESTION, -LATE_PER_QUESTION * QUESTIONS_OWED)
  book.open.delete(number)
}

const numberOf = (book: Book, asker: Asker, request: number): number => {
  const numbers = book.numbers.get(asker) ?? new Map<number, number>()
  book.numbers.set(asker, numbers)
  const known = numbers.get(request)
  if (known !== undefined) return known
  const fresh = book.next++
  numbers.set(request, fresh)
  book.open.set(fresh, { asker, request, isAnswered: false })
  const [oldest] = numbers
  if (oldest !== undefined && numbers.size > (asker.remembers ?? Number.POSITIVE_INFINITY)) {
    numbers.delete(oldest[0])
    giveUp(book, oldest[1])
  }
  return fresh
}

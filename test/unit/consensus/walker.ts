import { unreachable } from '../../../src/base/unreachable.ts'
import { createAgreement, type Agreement } from '../../../src/consensus/agreement.ts'
import type { AgreementConfig, AgreementEffect, Place } from '../../../src/consensus/agreement-events.ts'
import { createLooseLedger, type LooseLedger } from '../../../src/consensus/loose-ledger.ts'
import type { LooseChange, LooseRow } from '../../../src/consensus/loose-row.ts'
import type { Answer } from '../../../src/consensus/vote.ts'
import type { Row } from '../../../src/domain/row.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'

export type Said = Answer | 'declines' | 'mute'

/** A peer is what it answers. */
export type Peer = (place: Place, question: number) => Said

export const rowAt = (time: number, value = `v${time}`): Row => ({ form: 'observation', time: time as Micros, value })

/** A loose row that one peer alone has said. */
export const loose = (time: number, before: number | 'unknown' | 'beginning', more: Partial<LooseRow> = {}): LooseRow =>
  ({ row: rowAt(time), number: null, mark: 'provisional', own: false, before: before as LooseRow['before'], ...more })

export const quorum = (time: number, before: number | 'unknown' | 'beginning'): LooseRow => loose(time, before, { mark: 'quorum' })

/** A peer that has rows at these times; `numbered`: it is asked, and answers, by number where one is known. */
export const having = (times: readonly number[], { numbered = false, valueAt = (time: number) => `v${time}` } = {}): Peer => (place) => {
  const byNumber = numbered && place.row !== null
  const number = byNumber ? place.row - 1 : times.findLastIndex((time) => place.time === null || time < place.time)
  if (byNumber && number >= times.length) return 'declines'
  const time = times[number]
  return time === undefined ? null : { number: numbered ? number : null, row: rowAt(time, valueAt(time)) }
}

export interface WalkerOptions {
  readonly peers?: Readonly<Record<string, Peer>>
  readonly rows?: readonly LooseRow[]
  readonly config?: Partial<AgreementConfig>
  /** False: the disk fails. */
  readonly saves?: () => boolean
  /** Whether a question, or an answer, arrives. */
  readonly arrives?: () => boolean
  /** Told of everything kept, and which answers to the last question have arrived, first words of peers that were not cut. */
  readonly saved?: (change: LooseChange, answers: readonly Answer[]) => void
}

/** A walk with its ledger, in virtual time, among peers that answer at once. */
export interface Walker {
  readonly trace: readonly string[]
  readonly ledger: LooseLedger
  readonly walk: Agreement
  readonly questions: number
  join(name: string, peer: Peer): void
  leave(name: string): void
  /** Runs for so long, in steps in which the walk asks to be woken. */
  run(ms: number): void
  /** Everything kept, oldest first: `time value mark`. */
  kept(): readonly string[]
  say(name: string, question: number, said: Answer): void
  change(): void
}

export const startWalker = ({ peers = {}, rows = [], config = {}, saves = () => true, arrives = () => true, saved = () => undefined }: WalkerOptions = {}): Walker => {
  const ledger = createLooseLedger(rows)
  const walk = createAgreement(ledger, config)
  const present = new Map<string, Peer>()
  const trace: string[] = []
  let now = 1_000_000
  const began = now
  let questions = 0
  let asking = 0
  const answers = new Map<string, Answer>()
  const log = (line: string): void => void trace.push(`${String(now - began).padStart(6)} ${line}`)

  const take = (effects: readonly AgreementEffect[]): void => {
    const asked = effects.flatMap((effect) => (effect.type === 'ask' ? [effect] : []))
    questions += asked.length
    const [first] = asked
    if (first !== undefined) log(`-> ${asked.map(({ peer }) => peer).join(' ')} | before ${placeWords(first.before)}`)
    for (const effect of effects) perform(effect)
  }
  const perform = (effect: AgreementEffect): void => {
    switch (effect.type) {
      case 'ask': {
        if (asking !== effect.question) answers.clear()
        asking = effect.question
        const peer = present.get(effect.peer)
        const said = peer === undefined || !arrives() ? 'mute' : peer(effect.before, effect.question)
        if (said === 'mute' || !arrives()) return
        if (said !== 'declines' && !answers.has(effect.peer)) answers.set(effect.peer, said)
        if (said === 'declines') take(walk.step({ type: 'declined', peer: effect.peer, question: effect.question, now }))
        else take(walk.step({ type: 'answer', peer: effect.peer, question: effect.question, answer: said, now }))
        return
      }
      case 'save':
        if (!saves()) return take(walk.step({ type: 'store-failed', now }))
        ledger.apply(effect.change)
        saved(effect.change, [...answers.values()])
        log(`saved ${[...effect.change.put.map((row) => `+${rowWords(row)}`), ...effect.change.drop.map((time) => `-${time}`)].join(', ')}`)
        return take(walk.step({ type: 'saved', now }))
      case 'cut':
        log(`cut ${effect.peer} ${effect.code}`)
        present.delete(effect.peer)
        answers.delete(effect.peer)
        return
      case 'rested':
        log(`rests: ${effect.reason}`)
        return
      default:
        return unreachable(effect)
    }
  }
  const join = (name: string, peer: Peer): void => {
    present.set(name, peer)
    take(walk.step({ type: 'peer', peer: name as PublicKey, now }))
  }
  for (const [name, peer] of Object.entries(peers)) join(name, peer)
  return {
    trace,
    ledger,
    walk,
    get questions() {
      return questions
    },
    join,
    leave: (name) => {
      present.delete(name)
      take(walk.step({ type: 'peer-gone', peer: name as PublicKey, now }))
    },
    run: (ms) => {
      for (const until = now + ms; now < until; ) {
        now = Math.min(until, now + Math.max(1, walk.waitMs() ?? Infinity))
        take(walk.step({ type: 'tick', now }))
      }
    },
    kept: () => ledger.slice(0, ledger.size).map(({ row, mark }) => `${row.time} ${row.value} ${mark}`),
    say: (name, question, said) => take(walk.step({ type: 'answer', peer: name as PublicKey, question, answer: said, now })),
    change: () => take(walk.step({ type: 'changed', now })),
  }
}

const placeWords = ({ row, time }: Place): string =>
  row === null && time === null ? 'the end' : [row === null ? [] : [`row ${row}`], time === null ? [] : [`${time}`]].flat().join(' / ')

const rowWords = ({ row, number, mark, own, before }: LooseRow): string =>
  `${row.time}${number === null ? '' : ` (row ${number})`} ${own ? 'own' : mark} after ${before}`

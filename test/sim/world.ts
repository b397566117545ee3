import { createSeededRandom } from '../../src/base/random.ts'
import { equalBytes, type Bytes } from '../../src/base/bytes.ts'
import { HASH_BYTES } from '../../src/domain/hash.ts'
import { MAX_UNVERIFIED_PAGES } from '../../src/protocol/limits.ts'
import type { Download, DownloadEffect } from '../../src/transfer/download.ts'
import { blankSignature } from '../support/history.ts'
import { createMemoryStore } from '../support/memory-store.ts'
import type { FaultName } from './faults.ts'
import { createSimLink, type SimLink } from './link.ts'
import { createPlan, type WorldPlan } from './plan.ts'
import { Crash, createReceiver, HONEST_DEPS, type Deps, type Receiver } from './receiver.ts'
import { createSender, type Sender } from './sender.ts'
import { createTimeline } from './timeline.ts'

/** A rule that the world broke. */
export class Violation extends Error {}

export interface WorldReport {
  readonly seed: number
  readonly virtualMs: number
  readonly pages: number
  readonly frames: number
  /** Faults that happened, of senders, network and receiver. */
  readonly fired: ReadonlySet<string>
}

const TICK_MS = 250
/** With one honest sender reachable a history of this size is there by then, whatever the others do. */
const DEADLINE_MS = 300_000
/** After the end: longer than the repeats of `completed`. */
const AFTERLIFE_MS = 25_000
/** A silent peer is gone by then: SILENCE_MS and a little. */
const QUIET_MS = 12_000
const REDIAL_MS = 2_000
/** Connections that a sender with faults is granted in all; the honest one comes back as often as it takes. */
const LIAR_LINKS = 3
/** Every real run takes a few thousand moments; more is a machine that talks to itself. */
const MAX_MOMENTS = 400_000

interface Connection {
  readonly link: SimLink
  readonly sender: Sender
  readonly faults: readonly FaultName[]
  /** How long an answer has been owed and nothing at all has come. */
  quietMs: number
}

/** Plays the world of one seed to its end; throws a Violation when a rule breaks. `hash` is given every frame with its time. */
export const playWorld = (seed: number, deps: Deps = HONEST_DEPS, plan: WorldPlan = createPlan(seed), hash?: (text: string) => void): WorldReport => {
  const random = createSeededRandom(seed + 0x5eed)
  const timeline = createTimeline()
  const heard = hash && ((link: number, to: string, bytes: Bytes): void => hash(`${timeline.now} ${link} ${to} ${Buffer.from(bytes).toString('latin1')}`))
  const fired = new Set<string>()
  const connections = new Map<number, Connection>()
  const ended: Omit<Connection, 'quietMs'>[] = []
  /** Questions that were put before: a repetition is the same question, whatever has come since. */
  const asked = new Set<string>()
  const isTruePage = createPageCheck(plan)
  let receiver: Receiver | null = null
  let countdown = Infinity
  let lives = 0
  let linkNumber = 0
  let frames = 0
  let moments = 0
  const done: { at: number | null } = { at: null }

  const crashPoint = (where: string): void => {
    if (--countdown > 0) return
    fired.add('crash')
    fired.add(`crash ${where}`)
    throw new Crash(where)
  }
  const store = createMemoryStore({ crashPoint, atomic: deps.isAtomic })
  const { before, history } = plan
  if (before !== null) {
    const record = { stream: before.stream, identity: before.identity, subscribed: true, paused: false, download: null, archive: [], fork: null, checkedAt: null, toldOf: null }
    const pages = before.pages.map((bytes, index) => ({ hash: before.pageHashes[index] ?? new Uint8Array(), bytes }))
    store.sync.commit({ record: { ...record, head: { head: before.head, signature: blankSignature() }, hashes: before.hashes }, pages })
  }

  /** What is on record is whole, true and signed, at any moment. */
  const checkRecord = (): void => {
    for (const record of store.sync.records()) {
      const hashes = listOf(record.hashes)
      const truth = [before, history].find((one) => one !== null && record.head?.head.rows === one.rows.length)
      if (record.head === null || truth === undefined || truth === null) throw new Violation('the record has a head nobody signed')
      const isSigned = equalBytes(record.hashes, truth.hashes) && equalBytes(record.head.head.root, truth.root)
      if (!isSigned) throw new Violation('page list and head of the record differ')
      hashes.forEach((name, page) => {
        const bytes = store.sync.page(name)
        if (bytes === null) throw new Violation(`page ${page} of the record is not there`)
        if (!isTruePage(truth === history ? 'history' : 'before', page, bytes)) throw new Violation(`page ${page} of the record is untrue`)
      })
    }
  }

  const onEffect = (effect: DownloadEffect): void => {
    if (effect.type === 'promote' && lives === 1 && plan.crashAtPromote > 0) countdown = plan.crashAtPromote
    if (effect.type === 'send') {
      frames++
      if (effect.frame.type === 'missing') fired.add('missing')
      if (effect.frame.type === 'cancel') fired.add('cancel')
      if (effect.frame.type !== 'pages-request' || asked.has(`${effect.peer}/${effect.frame.request}`)) return
      asked.add(`${effect.peer}/${effect.frame.request}`)
      const names = effect.frame.pages.map((page) => history.pageHashes[page] ?? new Uint8Array())
      const there = store.sync.has(names).indexOf(true)
      if (there >= 0) throw new Violation(`page ${effect.frame.pages[there]} was asked for although it is on disk`)
    }
    if (effect.type !== 'cut') return
    fired.add(`cut ${effect.code}`)
    const blamed = connections.get(effect.peer)
    const isHonest = blamed?.faults.length === 0
    if (isHonest && (effect.code !== 'silent' || plan.isGentle))
      throw new Violation(`an honest sender was cut: ${effect.code}: ${effect.message}`)
  }
  const onStep = (download: Download): void => {
    for (const number of connections.keys()) {
      const { pages, requests } = download.held(number)
      if (pages > MAX_UNVERIFIED_PAGES) throw new Violation(`link ${number} makes us hold ${pages} pages`)
      if (requests > (plan.receiver.config.requestsPerPeer ?? 2)) throw new Violation(`${requests} requests on link ${number}`)
    }
    const { phase } = download.view()
    if (phase === 'done') done.at ??= timeline.now
  }
  const checkSilence = (): void => {
    for (const [number, connection] of connections) {
      if (receiver?.isOpen(number) !== true || receiver.download.held(number).requests === 0) continue
      connection.quietMs += TICK_MS
      if (connection.quietMs > QUIET_MS) throw new Violation(`link ${number} owes an answer, is silent, and was not cut`)
    }
  }
  const onLie = (number: number, lie: string): void => {
    if (receiver?.isOpen(number) === true && done.at === null) throw new Violation(`link ${number} told ${lie} and was not cut`)
  }

  const dial = (index: number, left: number): void => {
    const of = plan.senders[index]
    if (of === undefined || receiver === null || done.at !== null) return
    const number = ++linkNumber
    const sender = createSender({ timeline, random, history, fired: (fault) => fired.add(fault) }, of.plan)
    const ofLife = receiver
    const link = createSimLink({ timeline, random, heard }, number, of.weather, {
      sender,
      receiver: {
        onFrame: (bytes) => {
          frames++
          const connection = connections.get(number)
          if (connection !== undefined) connection.quietMs = 0
          if (receiver === ofLife) ofLife.onFrame(number, bytes)
        },
        onClose: () => {
          connections.delete(number)
          ended.push({ sender, link, faults: of.plan.faults })
          if (receiver === ofLife) ofLife.onClose(number)
          const again = of.plan.faults.length === 0 ? left : left - 1
          if (again > 0) timeline.after(REDIAL_MS * random.next(), () => dial(index, again))
        },
      },
    })
    sender.attach(link)
    connections.set(number, { link, sender, faults: of.plan.faults, quietMs: 0 })
    receiver.attach(link)
    if (of.plan.faults.includes('disconnects'))
      timeline.after(random.next() * 2_000, () => {
        if (connections.has(number)) fired.add('disconnects')
        link.closeBySender()
      })
  }

  const start = (): void => {
    countdown = plan.crashes[lives] ?? Infinity
    lives++
    checkRecord()
    const world = { timeline, random, history, store, deps, crashPoint, onEffect, onLie, onStep }
    receiver = createReceiver(world, plan.receiver)
    plan.senders.forEach((of, index) => timeline.after(of.startMs, () => dial(index, LIAR_LINKS)))
  }
  const crash = (): void => {
    countdown = Infinity
    const dead = receiver
    receiver = null
    dead?.die()
    checkRecord()
    if (done.at === null) timeline.after(1_000, start)
  }
  const tick = (): void => {
    // First, because a crash ends this moment, not the world's clock.
    timeline.after(TICK_MS, tick)
    for (const { sender } of connections.values()) sender.tick()
    receiver?.tick()
    checkSilence()
  }

  /** Only the clock is left, and nobody waits for it: what follows is the same until the end. */
  const isAtRest = (): boolean =>
    timeline.pending() === 1 && [...connections].every(([number, { sender, faults }]) => (sender.active() === 0 || isLate(faults)) && (receiver?.download.held(number).requests ?? 0) === 0)

  timeline.after(0, start)
  timeline.after(TICK_MS, tick)
  for (;;) {
    const until = done.at === null ? DEADLINE_MS : done.at + AFTERLIFE_MS
    try {
      if (!timeline.next(until)) break
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      crash()
    }
    if (done.at !== null && isAtRest()) break
    if (++moments > MAX_MOMENTS) throw new Violation('the world does not come to rest')
  }
  checkEnd()
  return { seed, virtualMs: done.at ?? timeline.now, pages: history.pages.length, frames, fired }

  function checkEnd(): void {
    if (done.at === null) throw new Violation(`nothing was promoted in ${DEADLINE_MS / 1000} s of virtual time`)
    checkRecord()
    const [record] = store.sync.records()
    if (record?.head?.head.rows !== history.rows.length) throw new Violation('the promoted history is not the publisher’s')
    for (const [number, { sender, faults, link }] of connections) {
      if (sender.active() > 0 && !isLate(faults)) throw new Violation(`link ${number} still remembers ${sender.active()} requests`)
      checkNotCut(sender, faults)
      if ((receiver?.download.held(number).requests ?? 0) > 0) throw new Violation(`requests of link ${number} are still open`)
      for (const what of ['lost', 'repeated', 'reordered'] as const) if (link.tally[what] > 0) fired.add(what)
      if (faults.length === 0) fired.add('an honest sender to the end')
    }
    for (const { sender, faults, link } of ended) {
      checkNotCut(sender, faults)
      for (const what of ['lost', 'repeated', 'reordered'] as const) if (link.tally[what] > 0) fired.add(what)
    }
  }
}

/** It never ends what it was asked. */
const isLate = (faults: readonly FaultName[]): boolean => faults.includes('late')

/** A sender whose own frames were distorted on the way out may well misunderstand the answers. */
const checkNotCut = ({ cutReason }: Sender, faults: readonly FaultName[]): void => {
  if (cutReason !== null && faults.length === 0) throw new Violation(`an honest sender cut the receiver: ${cutReason}`)
}

const listOf = (hashes: Bytes): Bytes[] =>
  Array.from({ length: hashes.length / HASH_BYTES }, (_, index) => hashes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES))

const createPageCheck = ({ history, before }: WorldPlan) => (which: 'history' | 'before', page: number, bytes: Bytes): boolean => {
  const truth = (which === 'history' ? history : before)?.pages[page]
  return truth !== undefined && equalBytes(truth, bytes)
}

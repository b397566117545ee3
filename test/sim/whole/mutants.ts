import { chained, declined, rejoined, rotten, walked } from './fixed-plans.ts'
import type { Mutant } from './change.ts'
import type { WorldPlan } from './plan.ts'

export interface Caught extends Mutant {
  /** A world that it does not survive, so that nobody has to search for one. */
  readonly seed?: number
  /** A world made for it: those that seeds draw hardly ever have its occasion, or have other ways by which all comes right in the end. */
  readonly plan?: () => WorldPlan
}

/** The product with one thing taken away: a simulator that does not notice would prove nothing. */
export const MUTANTS: readonly Caught[] = [
  {
    name: '[T4] page hashes believed without their proof',
    file: 'domain/merkle.ts',
    from: 'return equalBytes(climbed, root)',
    to: 'return true',
    seed: 210,
  },
  {
    name: '[T9] a history promoted before its pages are on disk',
    file: 'data/downloads/fetch.ts',
    from: 'await writes.settled()',
    to: '',
    seed: 2,
  },
  {
    name: '[D12] heads believed without a signature',
    file: 'data/history/judge-head.ts',
    from: "return good ? ok(null) : fail('forged-head', \"The head does not carry its publisher's signature.\")",
    to: 'return ok(null)',
    seed: 58,
  },
  {
    name: '[D9] a row acknowledged before it is on disk',
    file: 'data/history/kept-record.ts',
    from: 'const committed = await store.commit({ record: { ...next, ...hidden }, ...change })',
    to: 'const committed = { ok: true, value: null }; void store.commit({ record: { ...next, ...hidden }, ...change })',
    seed: 55,
  },
  {
    name: '[D8] pages served as they are on disk',
    file: 'data/history/page-cache.ts',
    from: 'if (!equalBytes(await digest(stored.value), hash))',
    to: 'if (false)',
    plan: () => rotten(4),
  },
  {
    name: '[T49] sealed pages served whatever their seal says',
    file: 'data/history/kept-page.ts',
    from: 'return equalBytes(kept.subarray(1, SEAL_END), await digest(sealed)) ? sealed.slice(SEAL_BYTES) : null',
    to: 'return sealed.slice(SEAL_BYTES)',
    plan: () => rotten(64),
  },
  {
    name: '[T48] a page that rests in the packing of another',
    file: 'data/history/page-builder.ts',
    from: 'return opened.ok && equalBytes(opened.value, page.bytes) ? keepPage(page, parcel, digest) : page.bytes',
    to: 'return keepPage(page, parcel.length > 0 ? parcel.with(parcel.length - 1, 0) : parcel, digest)',
    seed: 3,
  },
  {
    name: 'a publisher that does not recover its own rows',
    file: 'data/downloads/aims.ts',
    from: 'const wants = (entry: Entry): boolean => (entry.history.record.subscribed || entry.own)',
    to: 'const wants = (entry: Entry): boolean => (entry.history.record.subscribed)',
    seed: 44,
  },
  {
    name: 'evidence that is believed',
    file: 'data/streams/forks.ts',
    from: 'if (!(await deps.verify(identity.author, headBytes(head), signature)))',
    to: 'if (false)',
    seed: 12,
  },
  {
    name: 'a fork that is found and followed',
    file: 'data/streams/forks.ts',
    from: 'const condemn: Forks[\'condemn\'] = async (entry, { bytes, epoch }) => {',
    to: 'const condemn: Forks[\'condemn\'] = async (entry, { bytes, epoch }) => { if (bytes.length > 0) return;',
    seed: 44,
  },
  {
    name: 'pages that nobody names and nobody clears away',
    file: 'data/data-server.ts',
    from: 'catalogue.isDoubtful() ? ok(0) : await store.collect()',
    to: 'ok(0)',
    seed: 1006,
  },
  {
    name: 'questions that outlive their link',
    file: 'data/downloads/questions.ts',
    from: 'books.delete(link)',
    to: '',
    seed: 3,
  },
  {
    name: '[D12] a row believed because it is the next one',
    file: 'data/history/history-growth.ts',
    from: "if (!equalBytes(next.root, head.root)) return ok('behind')",
    to: '',
    seed: 52,
  },
  {
    name: '[T9] pages that are decoded but not hashed',
    file: 'transfer/judge.ts',
    from: 'if (!equalBytes(digest, expected.hash))',
    to: 'if (false)',
    seed: 255,
  },
  {
    name: '[D17] rows that are not passed on',
    file: 'data/live/live-rows.ts',
    from: 'pass(stream, bytes, from)',
    to: '',
    plan: chained,
  },
  {
    name: 'nobody told that a download has brought a node further',
    file: 'data/data-server.ts',
    from: 'await live.caughtUp(stream)',
    to: '',
    plan: rejoined,
  },
  {
    name: 'a new link that is asked only about what is known to be missing',
    file: 'data/downloads/downloads.ts',
    from: 'for (const entry of catalogue.all()) if (concerns(entry)) sources.ask',
    to: 'for (const entry of catalogue.all()) if (isCurious(entry)) sources.ask',
    plan: rejoined,
  },
  {
    name: 'pauses by a clock that people set',
    file: 'data/pace/steady-clock.ts',
    from: 'now: () => elapsed(clock.now())',
    to: 'now: clock.now',
    plan: declined,
  },
  {
    name: 'parts of a tree that need not lead up to it',
    file: 'repair/search.ts',
    from: 'if (joined === null || !equalBytes(joined, node.hash)) return false',
    to: 'if (joined === null) return false',
    seed: 1836,
  },
  {
    name: 'a peer that names the newest head and gives nothing of it, for which everything waits',
    file: 'data/downloads/downloads.ts',
    from: 'clock.now() - comeAt >= STALLED_MS',
    to: 'comeAt < 0',
    plan: declined,
  },
  {
    name: '[C13] loose rows that stay when their signed history comes',
    file: 'data/loose/agreements.ts',
    from: 'if (rows === null && walk === undefined) return',
    to: 'if (rows !== null || walk === undefined) return',
    seed: 10,
  },
  {
    name: '[C13] rows that become the history whatever root they have',
    file: 'data/loose/head-trial.ts',
    from: "if (!equalBytes(merkleRoot(splitPageList(hashes), sha256), head.head.root)) return ok(isNumbered(rows) ? 'other' : 'unclear')",
    to: '',
    plan: () => walked('wrong-row-before'),
  },
  {
    name: 'one voice that counts as an agreement',
    file: 'consensus/vote.ts',
    from: "if (answers.length === 1) return { type: 'word', answer: first }",
    to: '',
    seed: 16,
  },
  {
    name: 'a walk that never has its first voter',
    file: 'consensus/agreement.ts',
    from: 'walk.voters.set(peer, { missed: 0, muteUntil: 0 })',
    to: '',
    seed: 30,
  },
  {
    name: 'a row on disk of which the walk is not told',
    file: 'data/loose/stream-walk.ts',
    from: "await step({ type: 'saved', now: clock.now() })",
    to: '',
    seed: 30,
  },
  {
    name: 'a link that the swarm counts after its end',
    file: 'swarm/linking.ts',
    from: 'state.links.delete(link)',
    to: '',
    seed: 34,
  },
  {
    name: 'page hashes that nobody else is asked for when a peer fails',
    file: 'transfer/session.ts',
    from: "if (asked.kind === 'run') return session.ledger.releaseRun(asked.from)",
    to: "if (asked.kind === 'run') return",
    seed: 22,
  },
  {
    name: '[D21] a fork that its finder keeps to itself',
    file: 'data/live/evidence-relay.ts',
    from: 'ear.waiting.push(entry)',
    to: '',
    seed: 411,
  },
]

/** A mutant that no world can notice, and the test that it does not survive. */
export interface Held extends Mutant {
  /** What worlds lack for it. */
  readonly why: string
  /** Below test. */
  readonly test: string
  readonly title: string
}

export const HELD: readonly Held[] = [
  {
    name: '[T12] missing packets that are never asked for',
    file: 'transfer/asking.ts',
    from: "send(session, peer, { type: 'missing', request, numbers })",
    to: '',
    test: 'sim/transfer.test.ts',
    title: '[T1] every world with one honest sender ends with the publisher’s history, whatever the others and the network do',
    why: 'when the weather calms, every line that loses frames is made anew; the simulator of transfers, whose lines go on losing them, notices.',
  },
  {
    name: '[T8] a sender whose total is trusted',
    file: 'transfer/receipt.ts',
    from: 'if (count > numbers.bound || count <= numbers.highest) return',
    to: 'if (false) return',
    test: 'unit/transfer/download.test.ts',
    title: '[T8] every claim of a packet that cannot be',
    why: 'whom a false total keeps waiting is helped by another, and its liar is silent in the end.',
  },
  {
    name: 'half of the voices is enough',
    file: 'consensus/vote.ts',
    from: '3 * votes >= 2 * of',
    to: '2 * votes >= of',
    test: 'unit/consensus/agreement.test.ts',
    title: '[C5] a tie waits, longer each time, and is asked again; then the walk rests and says so',
    why: 'liars may well be two of the three whom a node asks, so that a world must let them win.',
  },
  {
    name: '[T16] pages that a sender once did not have and is never asked for again',
    file: 'transfer/download.ts',
    from: "if (known?.standing === 'serving' && known.open.size === 0 && known.declined.size > 0) {",
    to: 'if (known === null) {',
    test: 'unit/transfer/download.test.ts',
    title: '[T16] pages that a sender declined are asked of it again, after a rest, when it says afresh that it serves the history',
    why: 'a new link asks for them, too, and every world has one.',
  },
  {
    name: 'loose rows of one time of which one is passed off as the row before another',
    file: 'data/reading/row-before.ts',
    from: 'const isNext = row === null ||',
    to: 'const isNext = true || row === null ||',
    test: 'sim/found.test.ts',
    title: 'of loose rows that share a time one is kept, and it is not passed off as the row before another',
    why: 'the rows of their files have a time each.',
  },
  {
    name: 'a link that is begun after its end',
    file: 'data/sessions/peer-links.ts',
    from: 'if (links.has(number)) one()',
    to: 'one()',
    test: 'sim/found.test.ts',
    title: 'a link that its first words (%s) end is not begun afterwards: nothing of it is left',
    why: 'no wire of theirs ends while a frame is being sent.',
  },
  {
    name: '[D26] an epoch begun over rows that others still serve',
    file: 'data/own/epochs.ts',
    from: 'if (downloads.servedBeyond(entry, whole.value))',
    to: 'if (false)',
    test: 'unit/data/own/epochs.test.ts',
    title: '[D26] may not give up what a linked peer still serves',
    why: 'whose disk was set back may lose rows, and nobody can tell whether it had to.',
  },
  {
    name: '[D25] a publisher that signs on while its own rows are missing',
    file: 'data/streams/entry.ts',
    from: 'if (target === null || (mine !== null && !isNewer(target.head, mine.head))) return ok(null)',
    to: 'return ok(null)',
    test: 'unit/data/own/epochs.test.ts',
    title: '[D25] signs nothing when it knows, is told what to do, and goes on when a peer has given it its rows',
    why: 'whose disk was set back may sign two histories: the person may be quicker than those who would tell it.',
  },
]

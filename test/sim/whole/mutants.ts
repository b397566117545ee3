import { chained, declined, rejoined, rotten } from './fixed-plans.ts'
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
    file: 'data/fetch.ts',
    from: 'await writes.settled()',
    to: '',
    seed: 2,
  },
  {
    name: '[D12] heads believed without a signature',
    file: 'data/judge-head.ts',
    from: "return good ? ok(null) : fail('forged-head', \"The head does not carry its publisher's signature.\")",
    to: 'return ok(null)',
    seed: 58,
  },
  {
    name: '[D9] a row acknowledged before it is on disk',
    file: 'data/kept-record.ts',
    from: 'const committed = await store.commit({ record: { ...next, ...hidden }, ...change })',
    to: 'const committed = { ok: true, value: null }; void store.commit({ record: { ...next, ...hidden }, ...change })',
    seed: 55,
  },
  {
    name: '[D8] pages served as they are on disk',
    file: 'data/page-cache.ts',
    from: 'if (!equalBytes(await digest(stored.value), hash))',
    to: 'if (false)',
    plan: () => rotten(4),
  },
  {
    name: '[T49] sealed pages served whatever their seal says',
    file: 'data/kept-page.ts',
    from: 'return equalBytes(kept.subarray(1, SEAL_END), await digest(sealed)) ? sealed.slice(SEAL_BYTES) : null',
    to: 'return sealed.slice(SEAL_BYTES)',
    plan: () => rotten(64),
  },
  {
    name: '[T48] a page that rests in the packing of another',
    file: 'data/page-builder.ts',
    from: 'return opened.ok && equalBytes(opened.value, page.bytes) ? keepPage(page, parcel, digest) : page.bytes',
    to: 'return keepPage(page, parcel.length > 0 ? parcel.with(parcel.length - 1, 0) : parcel, digest)',
    seed: 3,
  },
  {
    name: 'a publisher that does not recover its own rows',
    file: 'data/downloads.ts',
    from: 'const wants = (entry: Entry): boolean => (entry.history.record.subscribed || entry.own)',
    to: 'const wants = (entry: Entry): boolean => (entry.history.record.subscribed)',
    seed: 44,
  },
  {
    name: 'evidence that is believed',
    file: 'data/forks.ts',
    from: 'if (!(await deps.verify(identity.author, headBytes(head), signature)))',
    to: 'if (false)',
    seed: 12,
  },
  {
    name: 'a fork that is found and followed',
    file: 'data/forks.ts',
    from: 'const condemn: Forks[\'condemn\'] = async (entry, { bytes, epoch }) => {',
    to: 'const condemn: Forks[\'condemn\'] = async (entry, { bytes, epoch }) => { if (bytes.length > 0) return;',
    seed: 44,
  },
  {
    name: 'pages that nobody names and nobody clears away',
    file: 'data/data-server.ts',
    from: 'catalogue.isDoubtful ? ok(0) : await store.collect()',
    to: 'ok(0)',
    seed: 114,
  },
  {
    name: 'questions that outlive their link',
    file: 'data/questions.ts',
    from: 'books.delete(link)',
    to: '',
    seed: 3,
  },
  {
    name: '[D12] a row believed because it is the next one',
    file: 'data/history-growth.ts',
    from: "if (!equalBytes(next.root, head.root)) return ok('behind')",
    to: '',
    seed: 52,
  },
  {
    name: '[T9] pages that are decoded but not hashed',
    file: 'transfer/judge.ts',
    from: 'if (!equalBytes(digest, expected.hash))',
    to: 'if (false)',
    seed: 143,
  },
  {
    name: '[D17] rows that are not passed on',
    file: 'data/live-rows.ts',
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
    file: 'data/downloads.ts',
    from: 'for (const entry of catalogue.all()) if (concerns(entry)) sources.ask',
    to: 'for (const entry of catalogue.all()) if (isCurious(entry)) sources.ask',
    plan: rejoined,
  },
  {
    name: 'pauses by a clock that people set',
    file: 'data/steady-clock.ts',
    from: 'now: () => elapsed(clock.now())',
    to: 'now: clock.now',
    plan: declined,
  },
  {
    name: 'parts of a tree that need not lead up to it',
    file: 'repair/search.ts',
    from: 'if (joined === null || !equalBytes(joined, node.hash)) return false',
    to: 'if (joined === null) return false',
    seed: 105,
  },
  {
    name: 'a peer that names the newest head and gives nothing of it, for which everything waits',
    file: 'data/downloads.ts',
    from: 'clock.now() - comeAt >= STALLED_MS',
    to: 'comeAt < 0',
    plan: declined,
  },
  {
    name: '[D21] a fork that its finder keeps to itself',
    file: 'data/evidence-relay.ts',
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
    file: 'data/row-before.ts',
    from: 'const isNext = row === null ||',
    to: 'const isNext = true || row === null ||',
    test: 'sim/found.test.ts',
    title: 'of loose rows that share a time one is kept, and it is not passed off as the row before another',
    why: 'the rows of their files have a time each.',
  },
  {
    name: 'a link that is begun after its end',
    file: 'data/peer-links.ts',
    from: 'if (links.has(number)) one()',
    to: 'one()',
    test: 'sim/found.test.ts',
    title: 'a link that its first words (%s) end is not begun afterwards: nothing of it is left',
    why: 'no wire of theirs ends while a frame is being sent.',
  },
  {
    name: '[D26] an epoch begun over rows that others still serve',
    file: 'data/epochs.ts',
    from: 'if (downloads.servedBeyond(entry, whole.value))',
    to: 'if (false)',
    test: 'unit/data/epochs.test.ts',
    title: '[D26] may not give up what a linked peer still serves',
    why: 'whose disk was set back may lose rows, and nobody can tell whether it had to.',
  },
  {
    name: '[D25] a publisher that signs on while its own rows are missing',
    file: 'data/entry.ts',
    from: 'if (target === null || (mine !== null && !isNewer(target.head, mine.head))) return ok(null)',
    to: 'return ok(null)',
    test: 'unit/data/epochs.test.ts',
    title: '[D25] signs nothing when it knows, is told what to do, and goes on when a peer has given it its rows',
    why: 'whose disk was set back may sign two histories: the person may be quicker than those who would tell it.',
  },
]

import type { Mutant } from './mutant.ts'

export interface Caught extends Mutant {
  /** A world that it does not survive, so that nobody has to search for one. */
  readonly seed?: number
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
    file: 'data/history.ts',
    from: 'const committed = await store.commit({ record: { ...next, ...hidden }, ...change })',
    to: 'const committed = ok(null); void store.commit({ record: { ...next, ...hidden }, ...change })',
    seed: 55,
  },
  {
    name: '[D8] pages served as they are on disk',
    file: 'data/page-cache.ts',
    from: 'if (!equalBytes(await digest(stored.value), hash))',
    to: 'if (false)',
    seed: 58,
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
    file: 'data/history.ts',
    from: "if (!equalBytes(next.root, head.root)) return ok('behind')",
    to: '',
    seed: 52,
  },
]

/** A mutant that some hundred worlds do not notice, because other checks stand behind it or its occasion is rare, and the test that it does not survive. */
export interface Held extends Mutant {
  /** Below test. */
  readonly test: string
  readonly title: string
}

export const HELD: readonly Held[] = [
  {
    name: '[T9] pages that are decoded but not hashed',
    file: 'transfer/judge.ts',
    from: 'if (!equalBytes(digest, expected.hash))',
    to: 'if (false)',
    test: 'unit/transfer/judge.test.ts',
    title: '[T9] with any wrong byte is bad',
  },
  {
    name: '[D17] rows that are not passed on',
    file: 'data/live-rows.ts',
    from: 'pass(stream, bytes, from)',
    to: '',
    test: 'unit/data/data-server.test.ts',
    title: '[D17] and its new rows go on to a third node that knows only the second',
  },
  {
    name: 'nobody told that a download has brought a node further',
    file: 'data/data-server.ts',
    from: 'await live.caughtUp(stream)',
    to: '',
    test: 'sim/found.test.ts',
    title: 'whom a download has brought further tells those who follow it: they do not wait until they ask again',
  },
  {
    name: 'a new link that is asked only about what is known to be missing',
    file: 'data/downloads.ts',
    from: 'for (const entry of catalogue.all()) if (concerns(entry)) sources.ask',
    to: 'for (const entry of catalogue.all()) if (isCurious(entry)) sources.ask',
    test: 'sim/found.test.ts',
    title: 'who is linked again is asked also about streams that seem complete: no server told what was published meanwhile',
  },
  {
    name: 'pauses by a clock that people set',
    file: 'data/steady-clock.ts',
    from: 'now: () => elapsed(clock.now())',
    to: 'now: clock.now',
    test: 'unit/data/steady-clock.test.ts',
    title: 'a pause lasts as long as it is, whatever people do to the clock of the machine',
  },
  {
    name: 'parts of a tree that need not lead up to it',
    file: 'repair/search.ts',
    from: 'if (joined === null || !equalBytes(joined, node.hash)) return false',
    to: 'if (joined === null) return false',
    test: 'unit/repair/descent.test.ts',
    title: 'is a lie: its sender is cut at that step, and the node is asked of another',
  },
  {
    name: '[T12] missing packets that are never asked for',
    file: 'transfer/asking.ts',
    from: "send(session, peer, { type: 'missing', request, numbers })",
    to: '',
    test: 'unit/transfer/download.test.ts',
    title: '[T12] asks for lost packets by number',
  },
  {
    name: 'half of the voices is enough',
    file: 'consensus/vote.ts',
    from: '3 * votes >= 2 * of',
    to: '2 * votes >= of',
    test: 'unit/consensus/agreement.test.ts',
    title: '[C5] a tie waits, longer each time, and is asked again; then the walk rests and says so',
  },
  {
    name: 'a peer that names the newest head and gives nothing of it, for which everything waits',
    file: 'data/downloads.ts',
    from: 'clock.now() - comeAt >= STALLED_MS',
    to: 'comeAt < 0',
    test: 'sim/found.test.ts',
    title: 'a peer that names the newest head and gives nothing of it keeps from nobody what others have',
  },
  {
    name: '[T16] pages that a sender once did not have and is never asked for again',
    file: 'transfer/download.ts',
    from: "if (known?.standing === 'serving' && known.open.size === 0 && known.declined.size > 0) {",
    to: 'if (known === null) {',
    test: 'unit/transfer/download.test.ts',
    title: '[T16] pages that a sender declined are asked of it again, after a rest, when it says afresh that it serves the history',
  },
  {
    name: 'loose rows of one time of which one is passed off as the row before another',
    file: 'data/row-before.ts',
    from: 'const isNext = row === null ||',
    to: 'const isNext = true || row === null ||',
    test: 'sim/found.test.ts',
    title: 'of loose rows that share a time one is kept, and it is not passed off as the row before another',
  },
  {
    name: 'a link that is begun after its end',
    file: 'data/peer-links.ts',
    from: 'if (links.has(number)) one()',
    to: 'one()',
    test: 'sim/found.test.ts',
    title: 'a link that its first words (%s) end is not begun afterwards: nothing of it is left',
  },
  {
    name: '[D21] a fork that its finder keeps to itself',
    file: 'data/evidence-relay.ts',
    from: 'ear.waiting.push(entry)',
    to: '',
    test: 'unit/data/forks.test.ts',
    title: '[D19] [D21] finds it out from the first subscriber it meets, and says so to everybody',
  },
  {
    name: '[D26] an epoch begun over rows that others still serve',
    file: 'data/epochs.ts',
    from: 'if (downloads.servedBeyond(entry, whole.value))',
    to: 'if (false)',
    test: 'unit/data/epochs.test.ts',
    title: '[D26] may not give up what a linked peer still serves',
  },
  {
    name: '[D25] a publisher that signs on while its own rows are missing',
    file: 'data/entry.ts',
    from: 'if (target === null || (mine !== null && !isNewer(target.head, mine.head))) return ok(null)',
    to: 'return ok(null)',
    test: 'unit/data/epochs.test.ts',
    title: '[D25] signs nothing when it knows, is told what to do, and goes on when a peer has given it its rows',
  },
]

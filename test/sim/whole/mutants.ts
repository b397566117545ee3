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
    seed: 49,
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
    seed: 2,
  },
  {
    name: 'a link that is begun after its end',
    file: 'data/data-server.ts',
    from: 'if (links.has(number)) one()',
    to: 'one()',
    seed: 117,
  },
]

/** Not yet shown to be noticed within some hundred worlds: to be searched with more, and then moved above. */
export const CANDIDATES: readonly Caught[] = [
  {
    name: '[T9] pages that are decoded but not hashed',
    file: 'transfer/judge.ts',
    from: 'if (!equalBytes(digest, expected.hash))',
    to: 'if (false)',
  },
  {
    name: '[D17] rows that are not passed on',
    file: 'data/live-rows.ts',
    from: 'pass(stream, bytes, from)',
    to: '',
  },
  {
    name: 'nobody told that a download has brought a node further',
    file: 'data/data-server.ts',
    from: 'await live.caughtUp(stream)',
    to: '',
  },
  {
    name: 'a new link that is asked only about what is known to be missing',
    file: 'data/downloads.ts',
    from: 'for (const entry of catalogue.all()) if (concerns(entry)) sources.ask',
    to: 'for (const entry of catalogue.all()) if (isCurious(entry)) sources.ask',
  },
  {
    name: 'pauses by a clock that people set',
    file: 'data/steady-clock.ts',
    from: 'now: () => elapsed(clock.now())',
    to: 'now: clock.now',
  },
  {
    name: 'parts of a tree that need not lead up to it',
    file: 'repair/search.ts',
    from: 'if (joined === null || !equalBytes(joined, node.hash)) return false',
    to: 'if (joined === null) return false',
  },
  {
    name: '[T12] missing packets that are never asked for',
    file: 'transfer/asking.ts',
    from: "send(session, peer, { type: 'missing', request, numbers })",
    to: '',
  },
  {
    name: 'half of the voices is enough',
    file: 'consensus/vote.ts',
    from: '3 * votes >= 2 * of',
    to: '2 * votes >= of',
  },
  {
    name: 'a peer that names the newest head and gives nothing of it, for which everything waits',
    file: 'data/downloads.ts',
    from: 'clock.now() - comeAt >= STALLED_MS',
    to: 'comeAt < 0',
  },
  {
    name: '[T16] pages that a sender once did not have and is never asked for again',
    file: 'transfer/download.ts',
    from: "if (known?.standing === 'serving' && known.open.size === 0 && known.declined.size > 0) {",
    to: 'if (known === null) {',
  },
  {
    name: 'loose rows of one time of which one is passed off as the row before another',
    file: 'data/row-before.ts',
    from: 'const isNext = row === null ||',
    to: 'const isNext = true || row === null ||',
  },
  {
    name: '[D12] a row believed because it is the next one',
    file: 'data/history.ts',
    from: "if (!equalBytes(next.root, head.root)) return ok('behind')",
    to: '',
  },
  {
    name: '[D21] a fork that its finder keeps to itself',
    file: 'data/evidence-relay.ts',
    from: 'ear.waiting.push(entry)',
    to: '',
  },
  {
    name: '[D26] an epoch begun over rows that others still serve',
    file: 'data/epochs.ts',
    from: 'if (downloads.servedBeyond(entry, whole.value))',
    to: 'if (false)',
  },
  {
    name: '[D25] a publisher that signs on while its own rows are missing',
    file: 'data/entry.ts',
    from: 'if (target === null || (mine !== null && !isNewer(target.head, mine.head))) return ok(null)',
    to: 'return ok(null)',
  },
]

import type { Mutant } from './mutant.ts'

const LATE = /after the weather calmed/

/** What the simulator must say of each. */
export interface Caught extends Mutant {
  readonly broken: RegExp
  /** A world that it does not survive, so that nobody has to search for one. */
  readonly seed?: number
}

/** The product with one thing taken away: a simulator that does not notice would prove nothing. */
export const MUTANTS: readonly Caught[] = [
  {
    name: '[T9] pages that are decoded but not hashed',
    file: 'transfer/judge.ts',
    from: 'if (!equalBytes(digest, expected.hash))',
    to: 'if (false)',
    broken: /not there or untrue|never gave|page list and head|cut the honest/,
  },
  {
    name: '[T4] page hashes believed without their proof',
    file: 'domain/merkle.ts',
    from: 'return equalBytes(climbed, root)',
    to: 'return true',
    broken: /page list and head|did not sign|cut the honest|after the weather calmed/,
  },
  {
    name: '[T9] a history promoted before its pages are on disk',
    file: 'data/fetch.ts',
    from: 'await Promise.all(writes)',
    to: '',
    broken: /not there or untrue/,
  },
  {
    name: '[D12] heads believed without a signature',
    file: 'data/history.ts',
    from: "return good ? ok(null) : fail('forged-head', \"The head does not carry its publisher's signature.\")",
    to: 'return ok(null)',
    broken: /did not sign|after the weather calmed|cut the honest/,
  },
  {
    name: '[D9] a row acknowledged before it is on disk',
    file: 'data/history.ts',
    from: 'const committed = await store.commit({ record: { ...next, ...hidden }, ...change })',
    to: 'const committed = ok(null); void store.commit({ record: { ...next, ...hidden }, ...change })',
    broken: /acknowledged/,
  },
  {
    name: '[D8] pages served as they are on disk',
    file: 'data/page-cache.ts',
    from: 'if (!equalBytes(await digest(stored.value), hash))',
    to: 'if (false)',
    broken: /cut the honest|not mended|cannot read|never gave/,
  },
  {
    name: '[D17] rows that are not passed on',
    file: 'data/live-rows.ts',
    from: 'pass(stream, bytes, from)',
    to: '',
    broken: LATE,
  },
  {
    name: 'nobody told that a download has brought a node further',
    file: 'data/downloads.ts',
    from: 'detach(deps.promoted(stream))',
    to: '',
    broken: LATE,
  },
  {
    name: 'a new link that is asked only about what is known to be missing',
    file: 'data/downloads.ts',
    from: 'for (const entry of catalogue.all()) if (concerns(entry)) sources.ask',
    to: 'for (const entry of catalogue.all()) if (isCurious(entry)) sources.ask',
    broken: LATE,
  },
  {
    name: 'pauses by a clock that people set',
    file: 'data/steady-clock.ts',
    from: 'now: () => elapsed(clock.now())',
    to: 'now: clock.now',
    broken: LATE,
  },
  {
    name: 'a publisher that does not recover its own rows',
    file: 'data/downloads.ts',
    from: 'const wants = (entry: Entry): boolean => (entry.history.record.subscribed || entry.own)',
    to: 'const wants = (entry: Entry): boolean => (entry.history.record.subscribed)',
    broken: /gave up rows|after the weather calmed/,
  },
  {
    name: 'a fork that is found and followed',
    file: 'data/forks.ts',
    from: 'const condemn: Forks[\'condemn\'] = async (entry, { bytes, epoch }) => {',
    to: 'const condemn: Forks[\'condemn\'] = async (entry, { bytes, epoch }) => { if (bytes.length > 0) return;',
    broken: LATE,
  },
  {
    name: 'evidence that is believed',
    file: 'data/forks.ts',
    from: 'if (!(await deps.verify(identity.author, headBytes(head), signature)))',
    to: 'if (false)',
    broken: /calls an honest publisher a forger/,
  },
  {
    name: 'parts of a tree that need not lead up to it',
    file: 'repair/search.ts',
    from: 'if (joined === null || !equalBytes(joined, node.hash)) return false',
    to: 'if (joined === null) return false',
    broken: /cut the honest|page list and head|after the weather calmed|broke/,
  },
  {
    name: '[T12] missing packets that are never asked for',
    file: 'transfer/asking.ts',
    from: "send(session, peer, { type: 'missing', request, numbers })",
    to: '',
    broken: /cut the honest/,
  },
  {
    name: 'half of the voices is enough',
    file: 'consensus/vote.ts',
    from: '3 * votes >= 2 * of',
    to: '2 * votes >= of',
    broken: /untrue row was agreed upon/,
  },
  {
    name: 'pages that nobody names and nobody clears away',
    file: 'data/data-server.ts',
    from: 'isDoubtful ? ok(0) : await store.collect()',
    to: 'ok(0)',
    broken: /pages that no history names/,
  },
  {
    name: 'a peer that names the newest head and gives nothing of it, for which everything waits',
    file: 'data/downloads.ts',
    from: 'clock.now() - comeAt >= STALLED_MS',
    to: 'comeAt < 0',
    broken: LATE,
  },
  {
    name: '[T16] pages that a sender once did not have and is never asked for again',
    file: 'transfer/download.ts',
    from: "if (known?.standing === 'serving' && known.open.size === 0 && known.declined.size > 0) {",
    to: 'if (known === null) {',
    broken: LATE,
  },
  {
    name: 'loose rows of one time of which one is passed off as the row before another',
    file: 'data/row-before.ts',
    from: 'const isNext = row === null ||',
    to: 'const isNext = true || row === null ||',
    broken: /cut the honest/,
  },
]

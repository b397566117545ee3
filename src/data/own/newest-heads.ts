import { fail, ok, type Result } from '../../base/result.ts'
import type { Sha256 } from '../../domain/hash.ts'
import type { SignedHead } from '../../domain/head.ts'
import { streamIdOf, type PublicKey, type StreamId, type StreamIdentity } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { NewestWanted } from '../../ports/data-client.ts'
import type { Verify } from '../../ports/identity.ts'
import { judgeHead } from '../history/judge-head.ts'
import type { Catalogue } from '../streams/catalogue.ts'

/** What others know of an own stream is waited for at most this long before it is signed, milliseconds: a check-in takes a tenth of it. */
export const NEWEST_WAIT_MS = 5_000

/**
 * A disk may have been restored from a backup, or an identity moved to a new one: whoever signs the next row of what it finds there
 * may sign a second history. So before the first signature of a session others are asked what they know of the stream.
 */
export interface NewestHeads {
  /** Settles at once for streams of others and for own ones that were asked about, or that nobody can be asked about. */
  asked(identity: StreamIdentity): Promise<void>
  /** A port that asks others; the answer takes it away. */
  offer(ask: (wanted: NewestWanted) => void): () => void
  /** What others know of a stream that they were asked about. Further than what is here, it is fetched, though nothing of it was here before. */
  answered(stream: StreamId, head: SignedHead | null): Promise<Result<null>>
}

/** One own stream in this session. Grows with the own streams that were signed. */
interface Asked {
  readonly identity: StreamIdentity
  isAnswered: boolean
  readonly done: Promise<void>
  readonly settle: () => void
}

export interface NewestHeadsDeps extends ClockDep {
  readonly self: PublicKey
  readonly catalogue: Pick<Catalogue, 'get' | 'open' | 'learn'>
  readonly consider: (stream: StreamId) => void
  readonly sha256: Sha256
  readonly verify: Verify
}

export const createNewestHeads = ({ self, catalogue, consider, clock, sha256, verify }: NewestHeadsDeps): NewestHeads => {
  const streams = new Map<StreamId, Asked>()
  const ports = new Set<(wanted: NewestWanted) => void>()
  /** A question was not answered in time: those after it are asked and not waited for, before one is answered. */
  let isMute = false

  const begin = (stream: StreamId, identity: StreamIdentity): Asked => {
    let settle = (): void => undefined
    const done = new Promise<void>((resolve) => {
      settle = resolve
    })
    const asked: Asked = { identity, isAnswered: false, done, settle }
    streams.set(stream, asked)
    const head = catalogue.get(stream)?.history.record.head ?? null
    for (const ask of ports) ask({ stream, identity, head })
    if (isMute) settle()
    else waitFor(asked)
    return asked
  }
  const waitFor = ({ done, settle }: Asked): void => {
    const cancel = clock.after(NEWEST_WAIT_MS, () => {
      isMute = true
      settle()
    })
    void done.then(cancel)
  }
  /** Nobody is left who could answer; who comes next is asked anew. */
  const giveUp = (): void => {
    for (const [stream, asked] of [...streams]) {
      if (asked.isAnswered) continue
      streams.delete(stream)
      asked.settle()
    }
  }
  const take = async (identity: StreamIdentity, head: SignedHead): Promise<Result<null>> => {
    const { stream } = head.head
    const judged = await judgeHead(head, { stream: streamIdOf(identity, sha256), identity }, verify)
    if (!judged.ok) return judged
    const entry = await catalogue.open(identity)
    if (!entry.ok) return entry
    const learnt = await catalogue.learn(head)
    consider(stream)
    return learnt.ok ? ok(null) : learnt
  }
  return {
    asked: (identity) => {
      if (identity.author !== self || ports.size === 0) return Promise.resolve()
      const stream = streamIdOf(identity, sha256)
      return (streams.get(stream) ?? begin(stream, identity)).done
    },
    offer: (ask) => {
      ports.add(ask)
      return () => {
        ports.delete(ask)
        if (ports.size === 0) giveUp()
      }
    },
    answered: async (stream, head) => {
      const asked = streams.get(stream)
      if (asked === undefined) return fail('unknown-stream', 'This node did not ask about that stream.')
      const taken = head === null ? ok(null) : await take(asked.identity, head)
      isMute = false
      asked.isAnswered = true
      asked.settle()
      return taken
    },
  }
}

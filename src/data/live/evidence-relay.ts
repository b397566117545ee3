import { concatBytes, type Bytes } from '../../base/bytes.ts'
import { fail, type Failure, type Result, ok } from '../../base/result.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { PeerLink } from '../../ports/peer-link.ts'
import type { FrameOf } from '../../protocol/frame.ts'
import { MAX_EVIDENCE_PARTS, MAX_PACKET_BYTES } from '../../protocol/limits.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import type { Entry } from '../streams/entry.ts'
import { judgeEvidence, type Forks, type JudgeDeps } from '../streams/forks.ts'

/** How the proof of a fork gets about: each node tells each link of each fork once for as long as its peer follows, and believes nothing that it has not judged. */
export interface EvidenceRelay {
  linkReady(number: number, link: Pick<PeerLink, 'send' | 'whenRoom'>): void
  linkGone(number: number): void
  /** This link's peer follows these no more, and may have forgotten what it was told of them. */
  unfollowed(number: number, streams: readonly StreamId[]): void
  /** This link's peer follows or asks about the stream: it is told what is to be known of it. */
  tell(number: number, entry: Entry): void
  /** Takes one part; `afford` pays for the judging. An error is a lie of this link's peer. */
  take(number: number, part: FrameOf<'evidence'>, afford: (cost: number) => boolean): Promise<Result<null, Failure<'bad-evidence'>>>
}

/** Of a peer's budget: two signatures, and two hashes of what it sent. A unit is about a thousand hashes of a tree, 128 bytes each. */
const SIGNATURES_COST = 1 / 8
const BYTES_PER_UNIT = 64 * 1024

interface Incoming {
  readonly stream: StreamId
  readonly parts: number
  readonly chunks: Bytes[]
}

interface Ear {
  readonly link: Pick<PeerLink, 'send' | 'whenRoom'>
  /** By stream: the newest forked epoch that it was told of. Grows with the forked streams that this node keeps. */
  readonly told: Map<StreamId, number>
  waiting: Entry[]
  isSending: boolean
  incoming: Incoming | null
}

export interface EvidenceRelayDeps extends JudgeDeps {
  readonly catalogue: Catalogue
  readonly condemn: Forks['condemn']
}

export const createEvidenceRelay = (deps: EvidenceRelayDeps): EvidenceRelay => {
  const { catalogue, condemn } = deps
  const ears = new Map<number, Ear>()

  /** One proof after the other, as the link has room: many at once would be a backlog for which the peer were cut. */
  const pump = (ear: Ear): void => {
    if (ear.isSending || ear.waiting.length === 0) return
    ear.isSending = true
    ear.link.whenRoom(() => {
      ear.isSending = false
      const entry = ear.waiting.shift()
      const proof = entry?.fork?.evidence ?? null
      if (entry !== undefined && proof !== null) for (const part of partsOf(entry.history.record.stream, proof)) ear.link.send(part)
      pump(ear)
    })
  }
  const noted = (ear: Ear, { fork, history }: Entry): boolean => {
    const { stream } = history.record
    if (fork === null || fork.evidence === null || (ear.told.get(stream) ?? -1) >= fork.epoch) return false
    ear.told.set(stream, fork.epoch)
    return true
  }
  const assemble = (ear: Ear, { stream, part, parts, bytes }: FrameOf<'evidence'>): Result<Bytes | null, Failure<'bad-evidence'>> => {
    const incoming = ear.incoming ?? { stream, parts, chunks: [] }
    const isNext = incoming.stream === stream && incoming.parts === parts && incoming.chunks.length === part
    if (!isNext || parts > MAX_EVIDENCE_PARTS || part >= parts || bytes.length === 0)
      return fail('bad-evidence', 'A part of evidence that does not follow the one before it.')
    incoming.chunks.push(bytes)
    ear.incoming = incoming.chunks.length < parts ? incoming : null
    return ok(ear.incoming === null ? concatBytes(incoming.chunks) : null)
  }

  return {
    linkReady: (number, link) => {
      ears.set(number, { link, told: new Map(), waiting: [], isSending: false, incoming: null })
    },
    linkGone: (number) => {
      ears.delete(number)
    },
    unfollowed: (number, streams) => {
      const ear = ears.get(number)
      if (ear === undefined) return
      for (const stream of streams) ear.told.delete(stream)
      // Else whoever follows by turns would make this grow without an end.
      ear.waiting = ear.waiting.filter(({ history }) => ear.told.has(history.record.stream))
    },
    tell: (number, entry) => {
      const ear = ears.get(number)
      if (ear === undefined || !noted(ear, entry)) return
      ear.waiting.push(entry)
      pump(ear)
    },
    take: async (number, part, afford) => {
      const ear = ears.get(number)
      if (ear === undefined) return ok(null)
      const whole = assemble(ear, part)
      if (!whole.ok) return whole
      const entry = catalogue.get(part.stream)
      if (whole.value === null || entry === undefined) return ok(null)
      if (!afford(SIGNATURES_COST + whole.value.length / BYTES_PER_UNIT)) return ok(null)
      const judged = await judgeEvidence(whole.value, entry.history.record.identity, deps)
      if (!judged.ok) return judged
      // It knows already.
      ear.told.set(part.stream, judged.value.epoch)
      await condemn(entry, judged.value)
      return ok(null)
    },
  }
}

const partsOf = (stream: StreamId, evidence: Bytes): readonly FrameOf<'evidence'>[] => {
  const parts = Math.ceil(evidence.length / MAX_PACKET_BYTES)
  return Array.from({ length: parts }, (_, part) => ({
    type: 'evidence',
    request: 0,
    stream,
    part,
    parts,
    bytes: evidence.slice(part * MAX_PACKET_BYTES, (part + 1) * MAX_PACKET_BYTES),
  }))
}

import type { Bytes } from '../../base/bytes.ts'
import { err, fail, ok, type Failure, type Result } from '../../base/result.ts'
import { evidenceOfHeads, readEvidence, type Evidence, type EvidenceDeps } from '../../domain/evidence.ts'
import { headBytes, type SignedHead } from '../../domain/head.ts'
import type { StreamId, StreamIdentity } from '../../domain/stream.ts'
import type { Verify } from '../../ports/identity.ts'
import type { LogDep } from '../../ports/log.ts'
import { forkedFailure, type Entry } from './entry.ts'

/** What is done about a publisher that signed two histories of one epoch. */
export interface Forks {
  /** Two verified heads that contradict each other: when they prove a fork, their stream is quarantined. */
  accuse(entry: Entry, a: SignedHead, b: SignedHead): Promise<boolean>
  /** Quarantines a stream on evidence that was judged. Evidence about an epoch that is past changes nothing. */
  condemn(entry: Entry, proven: Proven): Promise<void>
}

/** Evidence that holds, signatures and all. */
export interface Proven {
  readonly bytes: Bytes
  readonly epoch: number
}

export interface ForksDeps extends JudgeDeps, LogDep {
  readonly changed: (stream: StreamId) => void
  /** A stream was quarantined: what runs for it ends, and those that follow it are told. */
  readonly condemned: (entry: Entry) => void
}

export interface JudgeDeps extends EvidenceDeps {
  readonly verify: Verify
}

export const createForks = (deps: ForksDeps): Forks => {
  const { log, changed, condemned } = deps
  const condemn: Forks['condemn'] = async (entry, { bytes, epoch }) => {
    const { record } = entry.history
    const isKnown = entry.fork !== null && entry.fork.epoch >= epoch && entry.fork.evidence !== null
    const isPast = entry.givenUp >= epoch || (record.head !== null && record.head.head.epoch > epoch)
    if (isKnown || isPast) return
    // Before it is on disk: from this moment nothing of the epoch is served or taken.
    entry.fork = { epoch, evidence: bytes }
    if (entry.target !== null && entry.target.head.epoch <= epoch) entry.target = record.head
    entry.problem = forkedFailure(entry)
    log({ level: 'error', stream: record.stream, message: entry.problem.message })
    const kept = await entry.history.condemn(bytes, epoch)
    if (!kept.ok)
      log({ level: 'error', stream: record.stream, message: `The evidence is not on disk: ${kept.error.message}` })
    changed(record.stream)
    condemned(entry)
  }
  return {
    accuse: async (entry, a, b) => {
      const judged = await judgeEvidence(evidenceOfHeads(a, b), entry.history.record.identity, deps)
      if (judged.ok) await condemn(entry, judged.value)
      return judged.ok
    },
    condemn,
  }
}

/**
 * Judges evidence whole. Our own goes through here too before anybody is accused: a damaged disk gives no proof.
 * Costs two signatures and, where a page is part of it, two hashes of a page.
 */
export const judgeEvidence = async (
  bytes: Bytes,
  identity: StreamIdentity,
  deps: JudgeDeps,
): Promise<Result<Proven & { readonly evidence: Evidence }, Failure<'bad-evidence'>>> => {
  const read = readEvidence(bytes, identity, deps)
  if (!read.ok) return err(read.error)
  const { shorter, longer } = read.value
  for (const { head, signature } of [shorter, longer])
    if (!(await deps.verify(identity.author, headBytes(head), signature)))
      return fail('bad-evidence', 'No proof of a fork: a head does not carry its publisher’s signature.')
  return ok({ bytes, epoch: shorter.head.epoch, evidence: read.value })
}

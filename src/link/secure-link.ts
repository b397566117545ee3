import type { Bytes } from '../base/bytes.ts'
import { failureOf } from '../base/result.ts'
import type { PublicKey } from '../domain/stream.ts'
import { clipUtf8 } from '../domain/text.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { Identity, Verify } from '../ports/identity.ts'
import type { LinkEnd, LinkFacts, LinkHandlers, OpenPeerLink, PeerLink } from '../ports/peer-link.ts'
import type { Pipe } from '../ports/pipe.ts'
import type { RandomDep } from '../ports/random.ts'
import { decodeFrame, encodeFrame, isPeerFrame, type FrameOf, type PeerFrame } from '../protocol/frame.ts'
import { LINK_AUTH_MS, MAX_REASON_BYTES } from '../protocol/limits.ts'
import { transcriptBytes, type LinkRole, type LinkTranscript } from '../protocol/link.ts'
import { createStopwatch } from '../transfer/stopwatch.ts'
import { createCreditWindow } from './credit-window.ts'
import { createLossWatch } from './loss-watch.ts'

export interface SecureLinkDeps extends ClockDep, RandomDep {
  readonly identity: Identity
  readonly verify: Verify
}

type Phase =
  | { readonly is: 'hello' }
  | { readonly is: 'auth'; readonly peer: PublicKey; readonly transcript: LinkTranscript; readonly bulk: boolean }
  | { readonly is: 'ready' }
  | { readonly is: 'ended' }

/**
 * Makes a channel to a stranger a link to someone: both sides sign what both saw (keys, nonces, DTLS fingerprints), and
 * nothing else is answered before that verifies. A server that swapped a session description is found out here.
 */
export const createOpenPeerLink =
  (deps: SecureLinkDeps): OpenPeerLink =>
  (pipe, facts, handlers, bulk = null) =>
    openSecureLink({ pipe, bulk, facts, handlers }, deps)

interface Ends {
  readonly pipe: Pipe
  readonly bulk: Pipe | null
  readonly facts: LinkFacts
  readonly handlers: LinkHandlers
}

const openSecureLink = ({ pipe, bulk, facts, handlers }: Ends, deps: SecureLinkDeps): PeerLink => {
  const { clock, identity, random, verify } = deps
  const nonce = random.bytes(32)
  const inbox: { readonly frame: PeerFrame; readonly size: number }[] = []
  let phase: Phase = { is: 'hello' }
  const lossWatch = createLossWatch()
  /** Since when a frame has been in hand. */
  let since: number | null = null
  // The first channel until the proof; then the bulk channel where both have one.
  let path = pipe
  // A clock that is set back by a day would make of this link's delays less than nothing, for ten seconds or that day.
  const elapsed = createStopwatch(LINK_AUTH_MS)
  const window = createCreditWindow(() => elapsed(clock.now()), (bytes, mayWait) => {
    path.send(bytes, mayWait)
  })
  const isOpen = (): boolean => phase.is !== 'ended'

  const end = (ended: LinkEnd): void => {
    if (!isOpen()) return
    phase = { is: 'ended' }
    cancelDeadline()
    pipe.send(encodeFrame({ type: 'bye', request: 0, code: ended.code, message: clipUtf8(ended.message, MAX_REASON_BYTES) }))
    pipe.close()
    bulk?.close()
    handlers.ended(ended)
  }
  const cut = (code: string, message: string): void => {
    end({ code, message, cut: true })
  }
  const cancelDeadline = clock.after(LINK_AUTH_MS, () => {
    if (phase.is !== 'ready') cut('unproven', 'The peer did not prove who it is in time.')
  })

  const onHello = async (frame: FrameOf<'hello'>): Promise<void> => {
    if (phase.is !== 'hello') {
      cut('protocol', 'A second hello.')
      return
    }
    if (frame.publicKey !== facts.expected || frame.publicKey === identity.publicKey) {
      cut('impostor', 'Someone other than the peer that was matched is at the end of this link.')
      return
    }
    const transcript = transcriptOf(facts, { publicKey: identity.publicKey, nonce }, frame)
    phase = { is: 'auth', peer: frame.publicKey, transcript, bulk: frame.bulk }
    const signature = await identity.signLink(facts.role, transcript)
    if (isOpen()) window.send(encodeFrame({ type: 'auth', request: 0, signature }))
  }
  const onAuth = async (frame: FrameOf<'auth'>): Promise<void> => {
    if (phase.is !== 'auth') {
      cut('protocol', 'An auth before hello, or a second one.')
      return
    }
    const { peer, transcript, bulk: theirs } = phase
    const good = await verify(peer, transcriptBytes(otherRole(facts.role), transcript), frame.signature)
    if (!isOpen()) return
    if (!good) {
      cut('bad-transcript', 'The two ends of this link did not see the same connection: someone is in between.')
      return
    }
    phase = { is: 'ready' }
    cancelDeadline()
    if (bulk !== null && theirs) {
      path = bulk
      bulk.onFrame(onFrame)
    }
    handlers.ready(peer)
  }
  const handle = async (frame: PeerFrame): Promise<void> => {
    if (frame.type === 'hello') await onHello(frame)
    else if (frame.type === 'auth') await onAuth(frame)
    else if (phase.is === 'ready') await handlers.frame(frame)
    else cut('protocol', `A ${frame.type} frame before the link was proved.`)
  }
  const drain = async (): Promise<void> => {
    if (since !== null) return
    for (let next = inbox.shift(); next !== undefined && isOpen(); next = inbox.shift()) {
      since = elapsed(clock.now())
      await handle(next.frame)
      const consumed = window.consumed(next.size)
      if (consumed !== null && isOpen()) path.send(encodeFrame({ type: 'credit', request: 0, consumed }), true)
    }
    since = null
  }
  const onFrame = (bytes: Bytes): void => {
    if (!isOpen()) return
    const judged = decodeFrame(bytes)
    if (!judged.ok) {
      cut(judged.error.code, judged.error.message)
      return
    }
    const frame = judged.value
    if (!isPeerFrame(frame)) cut('forbidden', `A peer may not send ${frame.type}.`)
    else if (frame.type === 'bye') end({ code: frame.code, message: `The peer closed: ${frame.message}`, cut: false })
    else if (frame.type === 'credit') {
      // Before more goes out: what has just been handed to the channel says nothing of the line.
      watchLoss(window.carried().bytesOut - frame.consumed)
      refuseOverrun(window.credited(frame.consumed))
    }
    else {
      refuseOverrun(window.received(bytes.length))
      inbox.push({ frame, size: bytes.length })
      drain().catch((thrown: unknown) => {
        const failure = failureOf(thrown)
        end({ ...failure, cut: false })
      })
    }
  }
  /** Only the first link to a peer asks: those beside it would ask for each other. */
  const watchLoss = (unconsumed: number): void => {
    const queued = path.queued?.()
    if (queued === undefined || phase.is !== 'ready' || facts.beside === true) return
    if (lossWatch.look({ unconsumed, queued }, elapsed(clock.now()))) pipe.widen?.()
  }
  const refuseOverrun = (problem: string | null): void => {
    if (problem !== null) cut('flood', `The peer sent ${problem}.`)
  }

  for (const channel of [pipe, bulk])
    channel?.onClose(() => {
      end({ code: 'channel-closed', message: 'The channel closed.', cut: false })
    })
  pipe.onFrame(onFrame)
  window.send(encodeFrame({ type: 'hello', request: 0, publicKey: identity.publicKey, nonce, bulk: bulk !== null }))
  return {
    send: (frame: PeerFrame) => {
      if (phase.is !== 'ready') return
      const problem = window.send(encodeFrame(frame), mayWait(frame))
      if (problem !== null) cut('deaf', `The peer asks for more than it takes: ${problem}.`)
    },
    whenRoom: window.whenRoom,
    traffic: window.carried,
    inHandMs: () => (since === null ? 0 : elapsed(clock.now()) - since),
    end,
  }
}

/** Packets come by the dozen, and behind the last one of a request is a frame that does not wait; nor is anything held up by the end of one. */
const mayWait = ({ type }: PeerFrame): boolean => type === 'packet' || type === 'complete'

const otherRole = (role: LinkRole): LinkRole => (role === 'initiator' ? 'responder' : 'initiator')

const transcriptOf = (
  facts: LinkFacts,
  mine: { readonly publicKey: PublicKey; readonly nonce: Bytes },
  theirs: { readonly publicKey: PublicKey; readonly nonce: Bytes },
): LinkTranscript => {
  const local = { publicKey: mine.publicKey, nonce: mine.nonce, fingerprint: facts.localFingerprint }
  const remote = { publicKey: theirs.publicKey, nonce: theirs.nonce, fingerprint: facts.remoteFingerprint }
  return facts.role === 'initiator' ? { initiator: local, responder: remote } : { initiator: remote, responder: local }
}

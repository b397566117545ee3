import type { Bytes } from '../../base/bytes.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { LinkFacts } from '../../ports/peer-link.ts'
import { WIDEN } from '../port-pipe.ts'
import { fingerprintOf } from './fingerprint.ts'

/** An open channel to a peer on the page, whichever way it was made. */
export interface OpenChannel {
  readonly connection: RTCPeerConnection
  /** Nothing happens when it is closed. */
  send(frame: ArrayBuffer): void
  onFrame(handle: (frame: ArrayBuffer) => void): void
  /** Called once, also when `close` was called here. */
  onClose(handle: () => void): void
  /** Ends the channel and its connection. May be called twice. */
  close(): void
}

/** The last frame says why a link closes: it gets this long to leave before the channel goes, milliseconds. */
const FAREWELL_MS = 500

/** Hands one end of a channel to the data process. */
export type Attach = (port: MessagePort, facts: LinkFacts) => void

export interface HandOverDeps extends ClockDep {
  readonly attach: Attach
  /** Either end is over, or about to be. */
  readonly over: () => void
  /** The data process is held back by loss. */
  readonly widen: () => void
}

/**
 * Joins an open channel to a port of the data process: frames pass as transferred buffers, both ends tell when they close, and
 * the end of either ends the connection: a page has some 500. `over` is called as soon as either has ended. False: it is no
 * connection to hand over.
 */
export const handOver = (
  channel: OpenChannel,
  facts: Omit<LinkFacts, 'localFingerprint' | 'remoteFingerprint'>,
  { attach, over, widen, clock }: HandOverDeps,
): boolean => {
  const fingerprints = fingerprintsOf(channel.connection)
  if (fingerprints === null) return false
  const { port1: mine, port2: theirs } = new MessageChannel()
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    mine.postMessage(null)
    mine.close()
    channel.close()
    over()
  }
  mine.onmessage = ({ data }: MessageEvent<ArrayBuffer | typeof WIDEN | null>) => {
    if (data === WIDEN) widen()
    else if (data === null) {
      over()
      clock.after(FAREWELL_MS, close)
    } else if (open) channel.send(data)
  }
  channel.onFrame((frame) => {
    if (open) mine.postMessage(frame, [frame])
  })
  channel.onClose(close)
  attach(theirs, { ...facts, ...fingerprints })
  return true
}

/** The descriptions in force say by whose keys a connection is encrypted. */
const fingerprintsOf = (
  connection: RTCPeerConnection,
): { readonly localFingerprint: Bytes; readonly remoteFingerprint: Bytes } | null => {
  const localFingerprint = fingerprintOf(connection.currentLocalDescription?.sdp)
  const remoteFingerprint = fingerprintOf(connection.currentRemoteDescription?.sdp)
  return localFingerprint === null || remoteFingerprint === null ? null : { localFingerprint, remoteFingerprint }
}

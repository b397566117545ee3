import SimplePeer from 'simple-peer/simplepeer.min.js'
import type { Bytes } from '../../base/bytes.ts'
import type { Dial, Dialer, DialEvent } from '../../ports/dialer.ts'
import type { LinkFacts } from '../../ports/peer-link.ts'
import { BULK_CHANNEL_ID } from '../../protocol/link.ts'
import { fingerprintOf } from './fingerprint.ts'

/** A dial that is not connected by then is given up, milliseconds: an unreachable TURN stays "new" for ever. */
const CONNECT_MS = 30_000

/** Dials under way at a time: each holds a PeerConnection, of which a process has some 500. */
const MAX_DIALS = 24

export interface PageDialerDeps {
  /** Hands one end of a channel to the data process. */
  readonly attach: (port: MessagePort, facts: LinkFacts, key: string) => void
  /** Moves the second channel of a dial to the data process; must do so at once. */
  readonly holdBulk: (key: string, channel: RTCDataChannel) => void
  /** The dial came to nothing, and its second channel with it. */
  readonly dropBulk: (key: string) => void
  readonly emit: (event: DialEvent) => void
}

export interface PageDialer extends Dialer {
  /** Gives up every dial and closes every connection, also those handed to a data process that is no more. */
  closeAll(): void
}

/** Dials peers with simple-peer on the page, the only place that has RTCPeerConnection, and hands the channel on. */
export const createPageDialer = ({ attach, holdBulk, dropBulk, emit }: PageDialerDeps): PageDialer => {
  const dials = new Map<string, SimplePeer.Instance>()
  // Held until they close: a data process that dies can no longer say that its links are over.
  const handedOver = new Set<SimplePeer.Instance>()
  const give = (key: string, message: string): void => {
    const peer = dials.get(key)
    if (peer === undefined) return
    dials.delete(key)
    peer.destroy()
    dropBulk(key)
    emit({ type: 'failed', key, message })
  }
  return {
    open: (dial) => {
      const { key } = dial
      if (dials.has(key) || dials.size >= MAX_DIALS) {
        emit({ type: 'failed', key, message: 'Too many connections are being made already.' })
        return
      }
      const peer = new SimplePeer({
        initiator: dial.role === 'initiator',
        trickle: true,
        config: { iceServers: dial.iceServers.map(plainServer) },
      })
      dials.set(key, peer)
      // Before any description is made, in one turn: afterwards a channel can no longer be moved.
      if (canMoveChannels()) holdBulk(key, connectionOf(peer).createDataChannel('bulk', { negotiated: true, id: BULK_CHANNEL_ID }))
      const deadline = setTimeout(() => {
        give(key, `No direct connection came about within ${CONNECT_MS / 1000} s.`)
      }, CONNECT_MS)
      peer.on('signal', (signal) => {
        emit({ type: 'signal', key, signal: JSON.stringify(signal) })
      })
      peer.on('error', (error) => {
        clearTimeout(deadline)
        give(key, error.message)
      })
      peer.on('close', () => {
        clearTimeout(deadline)
        handedOver.delete(peer)
        give(key, 'The connection closed before it was open.')
      })
      peer.on('connect', () => {
        clearTimeout(deadline)
        if (!handOver(peer, dial, attach)) {
          give(key, 'The connection does not say by whose keys it is encrypted.')
          return
        }
        dials.delete(key)
        handedOver.add(peer)
        emit({ type: 'connected', key })
      })
    },
    signal: (key, signal) => {
      const peer = dials.get(key)
      if (peer === undefined || peer.destroyed) return
      try {
        peer.signal(JSON.parse(signal) as SimplePeer.SignalData)
      } catch (thrown) {
        give(key, `The other side sent a description that cannot be read: ${String(thrown)}`)
      }
    },
    abandon: (key) => {
      const peer = dials.get(key)
      if (peer === undefined) return
      dials.delete(key)
      peer.destroy()
      dropBulk(key)
    },
    closeAll: () => {
      for (const key of [...dials.keys()]) give(key, 'All connections are being closed.')
      for (const peer of [...handedOver]) peer.destroy()
      handedOver.clear()
    },
  }
}

let movable: boolean | null = null

/** Whether this browser lets a data channel move to a worker (Chromium 130, Firefox 144); tried once. */
const canMoveChannels = (): boolean => {
  if (movable !== null) return movable
  const trial = new RTCPeerConnection()
  const { port1 } = new MessageChannel()
  try {
    const channel = trial.createDataChannel('trial')
    port1.postMessage(channel, [channel])
    movable = true
  } catch {
    // DataCloneError is the answer: it cannot.
    movable = false
  }
  port1.close()
  trial.close()
  return movable
}

const plainServer = ({ urls, username, credential }: Dial['iceServers'][number]): RTCIceServer => ({
  urls,
  ...(username === undefined ? {} : { username }),
  ...(credential === undefined ? {} : { credential }),
})

/** The last frame says why a link closes: it gets this long to leave before the channel goes, milliseconds. */
const FAREWELL_MS = 500

/** Joins an open channel to a port of the data process: frames pass as transferred buffers, both ends tell when they close. False: it is no connection to hand over. */
const handOver = (peer: SimplePeer.Instance, dial: Dial, attach: PageDialerDeps['attach']): boolean => {
  const fingerprints = fingerprintsOf(connectionOf(peer))
  if (fingerprints === null) return false
  const { port1: mine, port2: theirs } = new MessageChannel()
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    mine.postMessage(null)
    mine.close()
    peer.destroy()
  }
  mine.onmessage = (event: MessageEvent<ArrayBuffer | null>) => {
    if (event.data === null) setTimeout(close, FAREWELL_MS)
    else if (open && peer.connected) peer.send(event.data)
  }
  peer.on('data', (chunk: Uint8Array<ArrayBuffer>) => {
    if (!open) return
    const frame = exactBuffer(chunk)
    mine.postMessage(frame, [frame])
  })
  peer.on('close', close)
  peer.on('error', close)
  attach(theirs, { role: dial.role, expected: dial.peer, ...fingerprints }, dial.key)
  return true
}

const exactBuffer = (chunk: Uint8Array<ArrayBuffer>): ArrayBuffer =>
  chunk.byteLength === chunk.buffer.byteLength ? chunk.buffer : chunk.slice().buffer

/** simple-peer keeps its connection to itself; the descriptions in force are the only place that has the fingerprints. */
const connectionOf = (peer: SimplePeer.Instance): RTCPeerConnection =>
  (peer as unknown as { readonly _pc: RTCPeerConnection })._pc

const fingerprintsOf = (
  connection: RTCPeerConnection,
): { readonly localFingerprint: Bytes; readonly remoteFingerprint: Bytes } | null => {
  const localFingerprint = fingerprintOf(connection.currentLocalDescription?.sdp)
  const remoteFingerprint = fingerprintOf(connection.currentRemoteDescription?.sdp)
  return localFingerprint === null || remoteFingerprint === null ? null : { localFingerprint, remoteFingerprint }
}

import SimplePeer from 'simple-peer/simplepeer.min.js'
import type { Dial } from '../../ports/dialer.ts'
import type { DialEvent } from '../../ports/dialer.ts'
import type { Attempt, Attempts } from './attempt.ts'
import { plainServer } from './ice-servers.ts'
import type { OpenChannel } from './open-channel.ts'

export interface RendezvousDialer {
  /** `first`: the connection beside which this one is made. */
  open(dial: Extract<Dial, { way: 'rendezvous' }>, first?: Attempt): void
  signal(key: string, signal: string): void
}

export interface RendezvousDialerDeps {
  readonly attempts: Attempts
  readonly emit: (event: DialEvent) => void
}

/** Makes channels with simple-peer between two that met at the rendezvous; the server carries their descriptions. */
export const createRendezvousDialer = ({ attempts, emit }: RendezvousDialerDeps): RendezvousDialer => {
  const peers = new Map<string, SimplePeer.Instance>()
  return {
    open: ({ key, role, peer: remote, iceServers }, first) => {
      const attempt = { key, peer: remote, via: first?.via ?? 'rendezvous', role, incoming: false, beside: first?.key ?? null, iceServers }
      const begun = attempts.begin(attempt, () => {
        peers.get(key)?.destroy()
        peers.delete(key)
      })
      if (!begun) return
      const peer = new SimplePeer({ initiator: role === 'initiator', trickle: true, config: { iceServers: iceServers.map(plainServer) } })
      peers.set(key, peer)
      attempts.made(key, connectionOf(peer))
      peer.on('signal', (signal) => {
        emit({ type: 'signal', key, signal: JSON.stringify(signal) })
      })
      peer.on('error', (error) => {
        attempts.failed(key, 'closed', error.message)
      })
      peer.on('close', () => {
        peers.delete(key)
        attempts.failed(key, 'closed', 'The connection closed before it was open.')
      })
      peer.on('connect', () => {
        peers.delete(key)
        attempts.opened(key, channelOf(peer))
      })
    },
    signal: (key, signal) => {
      const peer = peers.get(key)
      if (peer === undefined || peer.destroyed) return
      try {
        peer.signal(JSON.parse(signal) as SimplePeer.SignalData)
      } catch (thrown) {
        attempts.failed(key, 'unusable', `The other side sent a description that cannot be read: ${String(thrown)}`)
      }
    },
  }
}

const channelOf = (peer: SimplePeer.Instance): OpenChannel => ({
  connection: connectionOf(peer),
  send: (frame) => {
    if (peer.connected) peer.send(frame)
  },
  onFrame: (handle) => {
    peer.on('data', (chunk: Uint8Array<ArrayBuffer>) => {
      handle(exactBuffer(chunk))
    })
  },
  onClose: (handle) => {
    peer.once('close', handle)
  },
  close: () => {
    peer.destroy()
  },
})

const exactBuffer = (chunk: Uint8Array<ArrayBuffer>): ArrayBuffer =>
  chunk.byteLength === chunk.buffer.byteLength ? chunk.buffer : chunk.slice().buffer

/** simple-peer keeps its connection to itself. */
const connectionOf = (peer: SimplePeer.Instance): RTCPeerConnection =>
  (peer as unknown as { readonly _pc: RTCPeerConnection })._pc

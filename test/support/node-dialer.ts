import { PeerConnection, type DataChannel } from 'node-datachannel'
import type { Bytes } from '../../src/base/bytes.ts'
import { fingerprintOf } from '../../src/link/page/fingerprint.ts'
import type { Dial, Dialer, DialEvent } from '../../src/ports/dialer.ts'
import type { LinkFacts } from '../../src/ports/peer-link.ts'
import type { Pipe } from '../../src/ports/pipe.ts'

/** The last frame says why a link closes: it gets this long to leave before the connection goes, milliseconds. */
const FAREWELL_MS = 500

/** Simple-peer's words for a session description and for a candidate; the other two ask for media, of which there is none. */
type Signal =
  | { readonly type: 'renegotiate' | 'transceiverRequest' }
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: { readonly candidate: string; readonly sdpMid: string; readonly sdpMLineIndex: number } }

type RendezvousDial = Extract<Dial, { way: 'rendezvous' }>

export interface NodeDialerDeps {
  readonly attach: (pipe: Pipe, facts: LinkFacts) => void
  readonly emit: (event: DialEvent) => void
}

export interface NodeDialer extends Dialer {
  /** Ends every connection that it made. */
  close(): void
}

/** Real WebRTC from Node: says and understands what the page's dialer says and understands. */
export const createNodeDialer = ({ attach, emit }: NodeDialerDeps): NodeDialer => {
  const connections = new Map<string, PeerConnection>()
  const drop = (key: string): void => {
    const connection = connections.get(key)
    connections.delete(key)
    connection?.close()
  }
  const open = (dial: Dial): void => {
    const { key, peer, way: via } = dial
    if (dial.way === 'peerjs') {
      emit({ type: 'failed', key, peer, via, code: 'no-peer-server', message: 'A peer in Node meets others at the rendezvous only.' })
      return
    }
    const say = (signal: Signal): void => emit({ type: 'signal', key, signal: JSON.stringify(signal) })
    const connection = new PeerConnection(key.slice(0, 8), { iceServers: [] })
    connections.set(key, connection)
    connection.onLocalDescription((sdp, type) => {
      if (type === 'offer' || type === 'answer') say({ type, sdp })
    })
    connection.onLocalCandidate((candidate, sdpMid) => say({ type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex: 0 } }))
    connection.onStateChange((state) => {
      if (state === 'failed') emit({ type: 'failed', key, peer, via, code: 'closed', message: 'No connection came about.' })
    })
    const use = (channel: DataChannel): void => {
      const begin = (): void => {
        attach(createChannelPipe(channel, () => drop(key)), factsOf(connection, dial))
        emit({ type: 'connected', key, peer, via })
      }
      if (channel.isOpen()) begin()
      else channel.onOpen(begin)
    }
    if (dial.role === 'initiator') use(connection.createDataChannel('zazen'))
    else connection.onDataChannel(use)
  }
  return {
    open,
    signal: (key, text) => {
      const connection = connections.get(key)
      const signal = JSON.parse(text) as Signal
      if (signal.type === 'candidate') {
        const { candidate, sdpMid } = signal.candidate
        if (candidate !== '' && connection !== undefined) addCandidate(connection, candidate, sdpMid)
      } else if (signal.type === 'offer' || signal.type === 'answer') connection?.setRemoteDescription(signal.sdp, signal.type)
    },
    abandon: drop,
    reach: () => undefined,
    woke: () => undefined,
    close: () => [...connections.keys()].forEach(drop),
  }
}

/** The native side ends a connection before this thread hears of it: a candidate that comes in between is nobody's. */
const addCandidate = (connection: PeerConnection, candidate: string, sdpMid: string): void => {
  try {
    connection.addRemoteCandidate(candidate, sdpMid)
  } catch (thrown) {
    if (!String(thrown).includes('without ICE transport')) throw thrown
  }
}

const createChannelPipe = (channel: DataChannel, drop: () => void): Pipe => {
  let closed = false
  let handleClose = (): void => undefined
  const end = (): void => {
    if (closed) return
    closed = true
    setTimeout(drop, FAREWELL_MS).unref()
    handleClose()
  }
  channel.onClosed(end)
  channel.onError(end)
  return {
    send: (frame) => {
      if (!closed && channel.isOpen()) channel.sendMessageBinary(frame)
    },
    // Messages wait in the channel until a handler is there.
    onFrame: (handle) =>
      channel.onMessage((message) => {
        if (!closed) handle(typeof message === 'string' ? new TextEncoder().encode(message) : new Uint8Array(message))
      }),
    onClose: (handle) => {
      handleClose = handle
    },
    close: end,
  }
}

const factsOf = (connection: PeerConnection, { role, peer }: RendezvousDial): LinkFacts => ({
  role,
  expected: peer,
  via: 'rendezvous',
  localFingerprint: fingerprint(connection.localDescription()?.sdp),
  remoteFingerprint: fingerprint(connection.remoteDescription()?.sdp),
})

const fingerprint = (sdp: string | undefined): Bytes => {
  const found = fingerprintOf(sdp)
  if (found === null) throw new Error(`no fingerprint in ${sdp ?? 'no description'}`)
  return found
}

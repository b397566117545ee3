import type { DataConnection, Peer, PeerJSOption } from 'peerjs'
import type { PublicKey } from '../../domain/stream.ts'
import type { IceServer } from '../../ports/dialer.ts'
import { MAX_SIGNALS } from '../../protocol/limits.ts'
import { plainServer } from './ice-servers.ts'
import type { OpenChannel } from './open-channel.ts'
import type { PeerServer } from './peer-server.ts'
import { judgePeerServer, type PeerServerMessage } from './peerjs-messages.ts'

/** A connection as PeerJS makes it, before it is open. */
export interface PeerJsConnection {
  readonly peer: PublicKey
  readonly connection: RTCPeerConnection
  /** Called at most once each; `closed` never after `opened`. */
  listen(handlers: { readonly opened: (channel: OpenChannel) => void; readonly closed: (message: string) => void }): void
  close(): void
}

export interface PeerJsHandlers {
  registered(): void
  /** The PeerServer is gone or refuses us, in words for people. */
  lost(message: string): void
  /** The PeerServer knows nobody of this id, or no longer. */
  absent(peer: PublicKey): void
  /** Whether a connection that this one offers may be made at all: each costs a PeerConnection. */
  mayOffer(peer: PublicKey): boolean
  incoming(connection: PeerJsConnection): void
}

/** One node at one PeerServer. */
export interface PeerJsClient {
  /** Null: it is not registered. */
  connect(peer: PublicKey): PeerJsConnection | null
  /** For connections made from now on. */
  useIceServers(iceServers: readonly IceServer[]): void
  /** Leaves the PeerServer; connections stay. */
  disconnect(): void
  reconnect(): void
  /** It can reconnect no more: open a new one. */
  isOver(): boolean
  /** Closes every connection too. */
  destroy(): void
}

/** Loads PeerJS and begins to register; rejects when it cannot be loaded. */
export type OpenPeerJs = (server: PeerServer, id: PublicKey, handlers: PeerJsHandlers) => Promise<PeerJsClient>

/** PeerJS's private parts that a PeerServer's word must not reach unjudged. */
interface Insides {
  _handleMessage(message: unknown): void
  readonly _connections: Map<string, readonly unknown[]>
}

export const openPeerJs: OpenPeerJs = async ({ host, port, path, secure, key }, id, handlers) => {
  const { Peer } = await import('peerjs')
  const options: PeerJSOption = { host, port, path, secure, key, config: { iceServers: [] } }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the class is only the shape of its options
  const peer = new Peer(id, options)
  const insides = peer as unknown as Insides
  const believe = insides._handleMessage.bind(peer)
  const told = new Map<string, number>()
  const find = (from: string, connectionId: string): DataConnection | null =>
    peer.getConnection(from, connectionId) as DataConnection | null
  /** Whether a message about a connection may be passed on: it is being made, and not too much has been said about it. */
  const concerns = ({ src, payload: { connectionId } }: Extract<PeerServerMessage, { type: 'ANSWER' | 'CANDIDATE' }>): boolean => {
    const connection = find(src, connectionId)
    const name = `${src} ${connectionId}`
    const count = (told.get(name) ?? 0) + 1
    if (connection === null || connection.open || count > MAX_SIGNALS) return false
    told.set(name, count)
    return true
  }
  const hear = (message: PeerServerMessage): void => {
    switch (message.type) {
      case 'EXPIRE':
      case 'LEAVE':
        handlers.absent(message.src)
        return
      case 'OFFER':
        // An offer under a name that is in use would close the connection that has it.
        if (find(message.src, message.payload.connectionId) === null && handlers.mayOffer(message.src)) believe(message)
        return
      case 'ANSWER':
      case 'CANDIDATE':
        if (concerns(message)) believe(message)
        return
      case 'OPEN':
      case 'ERROR':
      case 'ID-TAKEN':
      case 'INVALID-KEY':
        believe(message)
    }
  }
  insides._handleMessage = (message) => {
    const judged = judgePeerServer(message)
    if (judged !== null) hear(judged)
  }
  const forget = (connection: DataConnection): void => {
    told.delete(`${connection.peer} ${connection.connectionId}`)
    // PeerJS keeps an empty list of every id that was ever there.
    if (insides._connections.get(connection.peer)?.length === 0) insides._connections.delete(connection.peer)
  }
  peer.on('open', handlers.registered)
  peer.on('connection', (connection) => {
    handlers.incoming(connectionOf(connection, forget))
  })
  listenForLoss(peer, handlers.lost)
  return {
    connect: (remote) => {
      if (!peer.open) return null
      return connectionOf(peer.connect(remote, { serialization: 'raw', reliable: true }), forget)
    },
    useIceServers: (iceServers) => {
      peer.options.config = { iceServers: iceServers.map(plainServer) }
    },
    disconnect: () => {
      peer.disconnect()
    },
    reconnect: () => {
      peer.reconnect()
    },
    isOver: () => peer.destroyed,
    destroy: () => {
      peer.destroy()
    },
  }
}

/** What ends the registration; errors of single connections come here too and are theirs. */
const listenForLoss = (peer: Peer, lost: (message: string) => void): void => {
  let reason = ''
  peer.on('error', ({ type, message }) => {
    if (type === 'unavailable-id') reason = 'Another session is registered there under this node’s id.'
    else if (type === 'invalid-key') reason = 'It does not know the key that was given for it.'
    else if (type === 'server-error') reason = `It refuses this node: ${message.slice(0, 100)}`
    else if (type === 'network' || type === 'socket-error' || type === 'socket-closed') reason = 'It cannot be reached.'
  })
  peer.on('disconnected', () => {
    lost(reason === '' ? 'It cannot be reached.' : reason)
    reason = ''
  })
}

const connectionOf = (link: DataConnection, forget: (link: DataConnection) => void): PeerJsConnection => {
  const connection = link.peerConnection
  const close = (): void => {
    link.close()
    // PeerJS lets go of its connection without closing it when that has not begun.
    connection.close()
    forget(link)
  }
  return {
    peer: link.peer as PublicKey,
    connection,
    close,
    listen: ({ opened, closed }) => {
      let isOpen = false
      let isOver = false
      const over = (message: string): void => {
        if (isOver) return
        isOver = true
        forget(link)
        if (!isOpen) closed(message)
      }
      link.on('open', () => {
        const channel = channelOf(link, connection, close)
        // It may open before its connection has the answer in force (measured: three of a thousand), and says until then by nobody's keys that it is encrypted.
        const tell = (): void => {
          if (isOpen || isOver || connection.signalingState !== 'stable') return
          isOpen = true
          opened(channel)
        }
        connection.addEventListener('signalingstatechange', tell)
        tell()
      })
      link.on('error', ({ message }) => {
        over(message)
      })
      link.on('close', () => {
        over('The connection closed before it was open.')
      })
    },
  }
}

/** Frames that may come before anyone listens: a peer says hello, and then waits for ours. */
const MAX_EARLY_FRAMES = 4

/** The channel itself, past PeerJS's buffers: the credit window keeps little under way. */
const channelOf = (link: DataConnection, connection: RTCPeerConnection, close: () => void): OpenChannel => {
  const channel = link.dataChannel
  const closers = new Set<() => void>()
  const early: ArrayBuffer[] = []
  let handleFrame: ((frame: ArrayBuffer) => void) | null = null
  const end = (): void => {
    const waiting = [...closers]
    closers.clear()
    close()
    for (const run of waiting) run()
  }
  channel.binaryType = 'arraybuffer'
  // One is enough: others that the peer opens would be kept for nothing.
  connection.ondatachannel = ({ channel: further }) => {
    further.close()
  }
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!(data instanceof ArrayBuffer)) end()
    else if (handleFrame !== null) handleFrame(data)
    else if (early.length < MAX_EARLY_FRAMES) early.push(data)
    else end()
  })
  link.on('close', end)
  link.on('error', end)
  return {
    connection,
    send: (frame) => {
      if (channel.readyState === 'open') channel.send(frame)
    },
    onFrame: (handle) => {
      handleFrame = handle
      for (const frame of early.splice(0)) handle(frame)
    },
    onClose: (handle) => {
      closers.add(handle)
    },
    close: end,
  }
}

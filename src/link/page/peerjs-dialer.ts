import { failureOf } from '../../base/result.ts'
import type { PublicKey } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { Dial, DialEvent, Reach } from '../../ports/dialer.ts'
import type { RandomDep } from '../../ports/random.ts'
import type { Attempts } from './attempt.ts'
import type { PeerServer } from './peer-server.ts'
import type { OpenPeerJs, PeerJsConnection } from './peerjs-client.ts'
import { createRegistration } from './registration.ts'

/** Incoming connections that are not open yet: whoever knows a PeerServer can offer as many as it likes, under any id. */
const MAX_INCOMING = 8

/** Connections with one id by PeerJS, open or not: a second one may be wanted, a crowd under one name is not. */
const MAX_PER_PEER = 4

type PeerJsDial = Extract<Dial, { way: 'peerjs' }>

export interface PeerJsDialer {
  open(dial: PeerJsDial): void
  reach(how: Reach | null): void
  /** The machine slept or the network is another. */
  woke(): void
  /** Leaves the PeerServer for good. */
  close(): void
}

export interface PeerJsDialerDeps extends ClockDep, RandomDep {
  readonly attempts: Attempts
  readonly server: PeerServer
  readonly ownId: () => PublicKey
  readonly openPeerJs: OpenPeerJs
  readonly emit: (event: DialEvent) => void
}

/**
 * Dials nodes by their id through a PeerServer, and takes those who dial us. An id is a public key in hex and proves nothing: the
 * link does, as everywhere. The dialler is the initiator.
 */
export const createPeerJsDialer = (deps: PeerJsDialerDeps): PeerJsDialer => {
  const { attempts, server, emit } = deps
  /** Dials that wait for our registration. */
  const waiting = new Map<string, PeerJsDial>()
  /** Dials and incoming connections that are not open. */
  const making = new Map<string, PeerJsConnection>()
  let reachable: Reach | null = null
  let nextIncoming = 1

  const registration = createRegistration({
    ...deps,
    wanted: () => ({ reach: reachable !== null, waiting: waiting.size > 0, making: making.size > 0 }),
    onRegistered: () => {
      if (reachable !== null) {
        registration.useIceServers(reachable.iceServers)
        emit({ type: 'reach', state: 'reachable', message: `Others can dial this node through the PeerServer ${server.address}.` })
      }
      for (const dial of [...waiting.values()]) start(dial)
    },
    onLost: (message, retryInMs) => {
      const told = `The PeerServer ${server.address}: ${message}`
      if (retryInMs !== null) emit({ type: 'reach', state: 'waiting', message: `${told} It is tried again in ${Math.ceil(retryInMs / 1000)} s.` })
      for (const key of [...waiting.keys()]) attempts.failed(key, 'no-peer-server', told)
    },
    handlers: {
      absent: (peer) => {
        for (const [key, connection] of [...making])
          if (connection.peer === peer) attempts.failed(key, 'absent', `The peer is not at the PeerServer ${server.address}.`)
      },
      mayOffer: (peer) =>
        reachable?.refused.some((one) => one === peer) === false && peer !== deps.ownId() && attempts.incoming() < MAX_INCOMING && attempts.count(peer, 'peerjs') < MAX_PER_PEER,
      incoming: (connection) => {
        const key = `incoming ${nextIncoming++}`
        const iceServers = reachable?.iceServers ?? []
        const attempt = { key, peer: connection.peer, via: 'peerjs', role: 'responder', incoming: true, beside: null, iceServers } as const
        if (attempts.begin(attempt, () => { forget(key) })) follow(key, connection)
        else connection.close()
      },
    },
  })
  /** The attempt has ended without a connection. */
  const forget = (key: string): void => {
    making.get(key)?.close()
    settle(key)
  }
  const settle = (key: string): void => {
    waiting.delete(key)
    making.delete(key)
    registration.consider()
  }
  const follow = (key: string, connection: PeerJsConnection): void => {
    making.set(key, connection)
    attempts.made(key, connection.connection)
    connection.listen({
      opened: (channel) => {
        settle(key)
        attempts.opened(key, channel)
      },
      closed: (message) => {
        attempts.failed(key, 'closed', message)
      },
    })
  }
  const start = ({ key, peer, iceServers }: PeerJsDial): void => {
    waiting.delete(key)
    try {
      const connection = registration.connect(peer, iceServers)
      if (connection === null) attempts.failed(key, 'no-peer-server', `The PeerServer ${server.address} went away.`)
      else follow(key, connection)
    } catch (thrown) {
      attempts.failed(key, 'unusable', failureOf(thrown).message)
    }
  }
  return {
    open: (dial) => {
      const { key, peer, iceServers } = dial
      const attempt = { key, peer, via: 'peerjs', role: 'initiator', incoming: false, beside: null, iceServers } as const
      if (!attempts.begin(attempt, () => { forget(key) })) return
      if (attempts.count(peer, 'peerjs') > MAX_PER_PEER || peer === deps.ownId()) {
        attempts.failed(key, 'busy', peer === deps.ownId() ? 'A node does not dial itself.' : 'There are enough connections to this peer.')
        return
      }
      waiting.set(key, dial)
      registration.consider()
      if (registration.isOpen()) start(dial)
    },
    reach: (how) => {
      const before = reachable
      reachable = how
      if (how !== null) registration.useIceServers(how.iceServers)
      if (how === null && before !== null) emit({ type: 'reach', state: 'off', message: 'Others can no longer dial this node through a PeerServer.' })
      if (how !== null && before === null && registration.isOpen())
        emit({ type: 'reach', state: 'reachable', message: `Others can dial this node through the PeerServer ${server.address}.` })
      registration.consider()
    },
    woke: registration.renew,
    close: () => {
      reachable = null
      registration.close()
    },
  }
}

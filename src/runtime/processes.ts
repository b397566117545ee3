import type { Bytes } from '../base/bytes.ts'
import type { Failure, Result } from '../base/result.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { Dial, DialEvent, Reach } from '../ports/dialer.ts'
import type { LinkFacts } from '../ports/peer-link.ts'
import type { EngineReport } from './engine-host.ts'

// What the page and the workers say to one another through Comlink: commands and hand-overs of ports, never data.

export interface StartedData {
  readonly publicKey: PublicKey
  readonly openedMs: number
  readonly identityMs: number
}

/** The tab that starts a data process, by a name of its own choice, and whether it had none before: another tab's database is taken over only then. */
export interface TabClaim {
  readonly tab: string
  readonly first: boolean
}

/** The data worker, as the page sees it. */
export interface DataProcess {
  start(profile: string, claim: TabClaim): Promise<Result<StartedData>>
  /** Who is local cannot be claimed: it is a port handed over here. */
  attachLocal(port: MessagePort, role: 'neuron' | 'engine' | 'page'): void
  /** `key` names the dial, whose bulk channel may have come before. */
  attachPeer(port: MessagePort, facts: LinkFacts, key: string): void
  /** The second channel of a dial, moved here in the turn that made it; it waits for `attachPeer` or `dropBulk`. */
  holdBulk(key: string, channel: RTCDataChannel): void
  dropBulk(key: string): void
  /** Fetches what only a node with peers needs, before one comes. */
  prepare(): void
  /** The identity as an encrypted file. */
  backUp(passphrase: string): Promise<Result<Bytes>>
  /** Another identity takes the place of this one; the node must be started anew to use it. Answers whose it is. */
  restore(file: Bytes, passphrase: string): Promise<Result<PublicKey>>
  /** Deletes everything of this profile; the node cannot go on. Answers how many other profiles the browser holds. */
  erase(): Promise<Result<number>>
  /** Answers as long as it is alive. */
  ping(): void
}

/** The engine worker, as the page sees it. */
export interface EngineWorker {
  /** Once with both ports; later with the port of a new data worker alone. */
  attach(data: MessagePort, neuron?: MessagePort): void
  /** Answers as long as it is alive. */
  ping(): void
}

/** The engine worker, as the neuron sees it. */
export interface EngineProcess {
  /** Share of one core that it may take, 0 … 1; 0: it rests. */
  setShare(share: number): void
  listen(report: (report: EngineReport) => void, complain: (stream: StreamId, failure: Failure) => void): void
}

export interface NeuronStart {
  readonly profile: string
  readonly version: string
  readonly serverUrl: string
  readonly samplesUrl: string
  readonly publicKey: PublicKey
  readonly paused: boolean
  readonly engineSettings: string | null
  readonly keptBans: string | null
  /** The identity came from a backup: what it signed elsewhere is not known yet (`fresh`), or is (`settled`). */
  readonly restored: 'fresh' | 'settled' | null
  /** The PeerServer is the one beside the app. */
  readonly ownPeerServer: boolean
  /** What the neuron of an earlier life gave to be kept. */
  readonly knownPeers: string | null
  readonly keptLog: string | null
  /** Milliseconds that the steps before took. */
  readonly took: { readonly browser: number; readonly data: number; readonly identity: number }
}

/** Keeps a text for the neuron over a reload: it has no storage of its own. */
export type KeepText = (text: string) => void

/** The page's dialer, as the neuron sees it: events come back through `NeuronProcess.onDial`. */
export interface RemoteDialer {
  open(dial: Dial): Promise<void>
  signal(key: string, signal: string): Promise<void>
  abandon(key: string): Promise<void>
  reach(how: Reach | null): Promise<void>
  woke(): Promise<void>
}

export type { DialEvent }

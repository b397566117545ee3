import { failureOf } from '../base/result.ts'
import type { NeuronCommands } from '../neuron/neuron-commands.ts'
import type { PeerView } from '../neuron/peer-view.ts'
import type { CheckReport } from '../neuron/snapshot.ts'
import { judgeHistoryOptions, judgeId, judgeNewStream, judgePeer, judgeRow, judgeUnsigned } from './console-arguments.ts'

/**
 * `zazen` on the page: the node for scripts and the console. All methods are async and give plain data; a failure
 * rejects with a plain `{code, message}`; of an argument that is not what it must be, `bad-argument`. This interface is
 * stable: README lists it.
 */
export interface ConsoleHandle {
  status(): Promise<ConsoleStatus>
  /** Own streams and those of the directory. */
  streams(): Promise<readonly ConsoleStream[]>
  publish(stream: { readonly name: string; readonly csv: string }): Promise<{ readonly id: string }>
  /** The first 50 others that publish predictions of a stream; `subscribe` takes their ids. */
  predictors(id: string): ReturnType<NeuronCommands['predictors']>
  subscribe(id: string): Promise<void>
  /** Follows a stream that nobody signs, by its names; `csv`: rows of it, as this node's own word. */
  followUnsigned(stream: { readonly source: string; readonly name: string; readonly csv?: string }): ReturnType<NeuronCommands['followUnsigned']>
  /** The last rows of a stream that no signature covers, each with what it is believed on. */
  unsigned(id: string, options?: { readonly last?: number }): ReturnType<NeuronCommands['looseRows']>
  append(id: string, row: { readonly time?: string; readonly value: string | number }): Promise<{ readonly row: number; readonly hash: string }>
  history(id: string, options?: { readonly last?: number }): ReturnType<NeuronCommands['history']>
  predictions(id: string): ReturnType<NeuronCommands['predictions']>
  /** Reads and checks every page of a stream; those that are damaged are fetched again. */
  recheck(id: string): Promise<CheckReport>
  /** Deletes a stream of someone else from this node, with all its rows. */
  forget(id: string): Promise<void>
  peers(): Promise<readonly PeerView[]>
  /** Ends the connection to a peer; for five minutes there is no other, in either direction. */
  disconnect(id: string): Promise<void>
  /** The same until it is lifted. Answers who is banned now. */
  ban(id: string): ReturnType<NeuronCommands['banPeer']>
  lift(id: string): ReturnType<NeuronCommands['liftBan']>
  pause(): Promise<void>
  resume(): Promise<void>
}

export const createConsoleHandle = (neuron: NeuronCommands): ConsoleHandle =>
  plainFailures({
    status: async () => {
      const { node, server, startup, peers, paused, streams } = await neuron.snapshot()
      const kept = streams.filter((stream) => stream.own || stream.subscribed)
      return { node, server, startup, peers, paused, streams: kept.length, verified: kept.every((stream) => stream.verified) }
    },
    streams: () => allStreams(neuron),
    publish: async (stream) => {
      const { id, rows, problemCount, problems } = await neuron.publishCsv(judgeNewStream(stream))
      return { id, rows, problemCount, problems }
    },
    predictors: (id) => neuron.predictors(judgeId(id)),
    subscribe: (id) => neuron.subscribe(judgeId(id)),
    followUnsigned: (stream) => neuron.followUnsigned(judgeUnsigned(stream)),
    unsigned: (id, options) => neuron.looseRows(judgeId(id), judgeHistoryOptions(options)),
    append: (id, row) => neuron.append(judgeId(id), judgeRow(row)),
    history: (id, options) => neuron.history(judgeId(id), judgeHistoryOptions(options)),
    predictions: (id) => neuron.predictions(judgeId(id)),
    recheck: (id) => neuron.recheck(judgeId(id)),
    forget: (id) => neuron.forget(judgeId(id)),
    peers: async () => (await neuron.snapshot()).peers,
    disconnect: (id) => neuron.disconnectPeer(judgePeer(id)),
    ban: (id) => neuron.banPeer(judgePeer(id)),
    lift: (id) => neuron.liftBan(judgePeer(id)),
    pause: () => neuron.setPaused(null, true),
    resume: () => neuron.setPaused(null, false),
  })

/** Asked for at a time: the node clones no more at once. */
const PAGE = 1_000

const allStreams = async (neuron: NeuronCommands): Promise<readonly ConsoleStream[]> => {
  // By id: what changes its place between two pages is there once.
  const found = new Map((await neuron.snapshot()).streams.map((stream) => [stream.id, stream]))
  for (let from = 0; ; from += PAGE) {
    const { count, streams } = await neuron.listing({ search: '', order: 'name', from, count: PAGE })
    for (const stream of streams) if (!found.has(stream.id)) found.set(stream.id, stream)
    if (from + PAGE >= count) return [...found.values()]
  }
}

export type ConsoleStream = Awaited<ReturnType<NeuronCommands['snapshot']>>['streams'][number]

export interface ConsoleStatus {
  readonly node: { readonly id: string | null; readonly profile: string; readonly version: string }
  readonly server: { readonly url: string; readonly state: string; readonly error: string | null }
  readonly startup: readonly { readonly name: string; readonly state: string; readonly error: string | null }[]
  readonly peers: readonly { readonly id: string; readonly state: string }[]
  readonly paused: boolean
  /** Streams kept. */
  readonly streams: number
  /** Every kept stream is verified. */
  readonly verified: boolean
}

/** Whatever a method throws leaves as a plain failure. */
const plainFailures = (handle: ConsoleHandle): ConsoleHandle => {
  const wrapped = Object.entries(handle as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>).map(
    ([name, method]) => {
      const plain = async (...args: unknown[]): Promise<unknown> => {
        try {
          return await method(...args)
        } catch (thrown) {
          throw failureOf(thrown)
        }
      }
      return [name, plain] as const
    },
  )
  return Object.fromEntries(wrapped) as unknown as ConsoleHandle
}

import { createChannelPipe } from '../link/channel-pipe.ts'
import { createPortPipe } from '../link/port-pipe.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { LogDep } from '../ports/log.ts'
import type { LinkFacts } from '../ports/peer-link.ts'
import type { Pipe } from '../ports/pipe.ts'
import type { DataProcess } from '../runtime/processes.ts'

export interface PeerEntranceDeps extends ClockDep, LogDep {
  /** Brings what answers peers; a second call tries again what has failed. */
  readonly load: () => Promise<unknown>
  readonly attach: (pipe: Pipe, facts: LinkFacts, bulk: Pipe | null) => void
}

/** Where the channels of peers come in: they wait until there is something that can answer them. */
export const createPeerEntrance = ({ clock, log, load, attach }: PeerEntranceDeps): Pick<DataProcess, 'attachPeer' | 'holdBulk' | 'dropBulk'> => {
  // As many as the page dials at a time: it tells of each dial's end.
  const held = new Map<string, Pipe>()
  return {
    attachPeer: (port, facts, key) => {
      const bulk = held.get(key) ?? null
      held.delete(key)
      // What it says meanwhile waits in the port.
      load().then(
        () => {
          attach(createPortPipe(port), facts, bulk)
        },
        (thrown: unknown) => {
          // Nobody can be answered without it: both ends learn that the link is over.
          log({ level: 'error', peer: facts.expected, message: `What answers peers could not be loaded: reload the page. (${String(thrown)})` })
          createPortPipe(port).close()
          bulk?.close()
        },
      )
    },
    holdBulk: (key, channel) => {
      held.set(key, createChannelPipe(channel, { clock }))
    },
    dropBulk: (key) => {
      held.get(key)?.close()
      held.delete(key)
    },
  }
}

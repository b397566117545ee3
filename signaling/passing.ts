import type { PublicKey, StreamId } from '../src/domain/stream.ts'
import type { Broker } from './broker.ts'
import type { Cluster } from './cluster/cluster.ts'
import { createPassedRows } from './cluster/passed-rows.ts'
import type { Lines } from './lines.ts'
import type { RecentRow } from './recent-rows.ts'
import type { Registry } from './registry.ts'

/** Rows and memberships between this server and the others of its cluster; a server alone passes nothing. */
export interface Passing {
  /** A row of a publisher here, for the members elsewhere. */
  spread(stream: StreamId, row: RecentRow): void
  /** A row of a publisher elsewhere, for the members here. */
  passOn(stream: StreamId, row: RecentRow): void
  joined(node: PublicKey, stream: StreamId): void
  parted(node: PublicKey, stream: StreamId): void
  /** Members have left these without a word. */
  left(streams: readonly StreamId[]): void
}

export interface PassingDeps {
  readonly broker: Pick<Broker, 'here'>
  readonly registry: Pick<Registry, 'get'>
  readonly cluster: Pick<Cluster, 'row' | 'joined' | 'parted'> | null
  readonly say: Lines['say']
}

export const createPassing = ({ broker, registry, cluster, say }: PassingDeps): Passing => {
  const passed = createPassedRows()
  const left = (streams: readonly StreamId[]): void => {
    for (const stream of streams) if (broker.here(stream) === undefined) passed.forget(stream)
  }
  return {
    spread: (stream, row) => {
      if (cluster === null) return
      if (broker.here(stream) !== undefined) passed.note(stream, row)
      cluster.row(stream, row)
    },
    passOn: (stream, row) => {
      if (passed.isNews(stream, row)) say(broker.here(stream)?.all() ?? [], { type: 'observation', stream, live: row.live })
    },
    joined: (node, stream) => {
      if (cluster === null) return
      cluster.joined(node, stream)
      passed.note(stream, registry.get(stream)?.head.head ?? { epoch: 0, rows: 0 })
    },
    parted: (node, stream) => {
      cluster?.parted(node, stream)
      left([stream])
    },
    left,
  }
}

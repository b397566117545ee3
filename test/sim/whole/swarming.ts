import { sample, type Random } from '../../../src/base/random.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import type { DataNotice } from '../../../src/ports/data-client.ts'
import { remedies } from '../../../src/swarm/remedies.ts'
import { createSwarm, type Swarm } from '../../../src/swarm/swarm.ts'
import type { KnownStream, SwarmEffect, SwarmEvent } from '../../../src/swarm/words.ts'
import { MAX_LINKS, MAX_LISTED_PEERS } from '../../../src/protocol/limits.ts'
import type { Timeline } from '../timeline.ts'
import type { Life } from './life.ts'
import type { Meetings } from './meetings.ts'
import type { SimNode } from './node.ts'

/** Each node decides for itself whom it is linked with: the product's swarm machine, and a server that knows who is there. */
export interface Swarming {
  up(node: SimNode): void
  down(node: SimNode): void
  onNotice(node: SimNode, notice: DataNotice): void
}

export interface SwarmingWorld {
  readonly timeline: Timeline
  readonly random: Random
  readonly nodes: readonly SimNode[]
  readonly meetings: Meetings
  /** Streams that a node follows. */
  readonly wants: (node: SimNode) => readonly StreamId[]
  readonly publisherOf: (stream: StreamId) => SimNode
  /** Whoever introduces cannot be reached by this node now. */
  readonly isCutOff: (node: SimNode) => boolean
  readonly fired: (what: string) => void
  readonly violated: (what: string) => void
}

type News = SwarmEvent extends infer E ? (E extends SwarmEvent ? Omit<E, 'now'> : never) : never

const TICK_MS = 500
const ASK_MS = 150

export const createSwarming = (world: SwarmingWorld): Swarming => {
  const { timeline, random, nodes, meetings } = world
  const swarms = new Map<SimNode, { readonly swarm: Swarm; readonly life: Life; isThere: boolean }>()
  const known = new Map<SimNode, readonly KnownStream[]>()

  /** Not by the node's own clock, whose timers are counted: what its server and those whom it dials do. */
  const later = (life: Life, ms: number, run: () => void): void => {
    timeline.after(ms, () => {
      if (life.isAlive) run()
    })
  }
  const tell = (node: SimNode, news: News): void => {
    const at = swarms.get(node)
    if (at === undefined || !at.life.isAlive) return
    for (const effect of at.swarm.step({ ...news, now: at.life.clock.now() })) perform(node, at.life, effect)
    const { begun, links } = at.swarm.view()
    if (begun > MAX_LINKS || links.length > MAX_LINKS) world.violated(`node ${node.index} has ${links.length} links and has begun ${begun}`)
  }
  const perform = (node: SimNode, life: Life, effect: SwarmEffect): void => {
    switch (effect.type) {
      case 'ask-peers':
        later(life, ASK_MS, () => list(node, effect.stream))
        return
      case 'dial': {
        const other = nodes.find((one) => one.key.publicKey === effect.peer && one.server !== null)
        if (other === undefined || world.isCutOff(node)) {
          later(life, ASK_MS, () => tell(node, { type: 'dial-failed', peer: effect.peer, trouble: other === undefined ? 'absent' : 'no-way' }))
          return
        }
        world.fired('the swarm dialled')
        tell(other, { type: 'meeting', stream: effect.stream, peer: node.key.publicKey, ours: false })
        meetings.dial(node, other, (isMet) => {
          tell(node, isMet ? { type: 'met', peer: effect.peer } : { type: 'dial-failed', peer: effect.peer, trouble: 'lapsed' })
          tell(other, isMet ? { type: 'met', peer: node.key.publicKey } : { type: 'dial-failed', peer: node.key.publicKey, trouble: 'lapsed' })
        })
        return
      }
      case 'ask-serves':
        void node.client?.askServes(effect.link, effect.stream)
        return
      case 'close':
        world.fired(`the swarm closed a link: ${effect.code}`)
        void node.client?.dropLink(effect.link, effect.code, effect.message)
        return
      case 'refuse':
        void node.client?.refusePeers(effect.peers)
        return
      case 'remember':
        known.set(node, effect.known)
    }
  }
  const list = (node: SimNode, stream: StreamId): void => {
    if (world.isCutOff(node)) return
    const publisher = world.publisherOf(stream)
    const there = nodes.filter((other) => other !== node && other !== publisher && other.server !== null && world.wants(other).includes(stream))
    const members = sample(there, MAX_LISTED_PEERS, random).map(({ key }) => key.publicKey)
    tell(node, { type: 'listed', stream, publisher: publisher.server === null ? null : publisher.key.publicKey, members })
  }
  /** Those who follow a stream hear of its newcomers, and of its publisher's return. */
  const announce = (node: SimNode): void => {
    for (const other of nodes)
      if (other !== node && !world.isCutOff(other))
        for (const stream of world.wants(other))
          if (world.publisherOf(stream) === node || world.wants(node).includes(stream)) tell(other, { type: 'heard', stream, peer: node.key.publicKey, arrived: true })
  }
  const tick = (node: SimNode, life: Life): void => {
    const at = swarms.get(node)
    if (at?.life !== life || !life.isAlive) return
    const isThere = !world.isCutOff(node)
    if (isThere !== at.isThere) {
      at.isThere = isThere
      tell(node, { type: 'server', there: isThere })
      if (isThere) announce(node)
    }
    tell(node, { type: 'tick' })
    life.clock.after(TICK_MS, () => tick(node, life))
  }
  return {
    up: (node) => {
      const { life } = node
      if (life === null) return
      const swarm = createSwarm({ self: node.key.publicKey, random, known: known.get(node) ?? [], remedies: () => remedies })
      swarms.set(node, { swarm, life, isThere: false })
      for (const stream of world.wants(node)) tell(node, { type: 'wanted', stream, author: world.publisherOf(stream).key.publicKey, lacking: true })
      tick(node, life)
    },
    down: (node) => {
      swarms.delete(node)
    },
    onNotice: (node, notice) => {
      if (notice.type === 'link-serves' || notice.type === 'link-traffic') tell(node, notice)
      if (notice.type === 'state' && world.wants(node).includes(notice.state.stream)) {
        const { stream, identity, rows, targetRows, head } = notice.state
        tell(node, { type: 'wanted', stream, author: identity.author, lacking: head === null || rows < targetRows })
      }
      if (notice.type !== 'link-event' || notice.peer === null) return
      const { link, peer, via, event, code } = notice
      if (event === 'ready') tell(node, { type: 'link-ready', link, peer, via })
      else tell(node, { type: 'link-ended', link, code, cut: event === 'cut' })
    },
  }
}

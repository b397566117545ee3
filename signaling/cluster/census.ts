import type { PublicKey, StreamId } from '../../src/domain/stream.ts'
import type { ServerName } from '../rendezvous-keys/rendezvous-keys.ts'
import { CENSUS_AGAIN_MS, SERVER_LOST_MS } from '../limits.ts'
import { createTopic, type Topic } from '../topic.ts'
import type { Change, ClusterWord } from './words.ts'

/**
 * Who is at the other servers of the cluster, and in which topics: a copy that every server keeps, O(members of the cluster).
 * Words may be lost; each is numbered by its server, and a gap leads to a question for everything. Pure: time comes in.
 */
export interface Census {
  /** What a word of another server changes. */
  heard(word: CensusWord, now: number): CensusNews
  /** Servers that have not been heard of for SERVER_LOST_MS are gone, with everyone there. */
  tick(now: number): CensusNews
  whereIs(node: PublicKey): ServerName | undefined
  /** When it checked in there, by that server's clock. */
  cameAt(node: PublicKey): number | undefined
  /** Its members at other servers. */
  topic(stream: StreamId): Topic | undefined
  /** Servers that have members in it. */
  serversOf(stream: StreamId): Iterable<ServerName>
  isThere(server: ServerName): boolean
  readonly servers: number
}

export type CensusWord = Extract<ClusterWord, { kind: 'beat' | 'census' | 'gone' }> | Change

export interface CensusNews {
  /** Servers to be asked for their census. */
  readonly ask: readonly ServerName[]
  /** Nodes that are elsewhere now, and since when. */
  readonly came: readonly { readonly node: PublicKey; readonly at: number; readonly server: ServerName }[]
  readonly went: readonly PublicKey[]
  /** Topics whose members have changed. */
  readonly topics: readonly StreamId[]
  /** Servers that are gone. */
  readonly lost: readonly ServerName[]
}

interface There {
  readonly nodes: Map<PublicKey, { readonly at: number; readonly streams: Set<StreamId> }>
  /** Words counted; null: its census has not come yet. */
  said: number | null
  heardAt: number
  askedAt: number
  /** Parts of a census on their way. */
  parts: Extract<ClusterWord, { kind: 'census' }>[]
}

export const createCensus = (): Census => {
  const servers = new Map<ServerName, There>()
  const where = new Map<PublicKey, ServerName>()
  const topics = new Map<StreamId, { readonly members: Topic; readonly counts: Map<ServerName, number> }>()
  let news = emptyNews()

  const join = (server: ServerName, node: PublicKey, stream: StreamId): void => {
    const there = servers.get(server)?.nodes.get(node)
    if (there === undefined || there.streams.has(stream)) return
    there.streams.add(stream)
    const topic = topics.get(stream) ?? { members: createTopic(), counts: new Map<ServerName, number>() }
    topics.set(stream, topic)
    topic.members.add(node)
    topic.counts.set(server, (topic.counts.get(server) ?? 0) + 1)
    news.topics.push(stream)
  }
  const part = (server: ServerName, node: PublicKey, stream: StreamId): void => {
    const topic = topics.get(stream)
    if (servers.get(server)?.nodes.get(node)?.streams.delete(stream) !== true || topic === undefined) return
    topic.members.delete(node)
    const left = (topic.counts.get(server) ?? 1) - 1
    if (left === 0) topic.counts.delete(server)
    else topic.counts.set(server, left)
    if (topic.members.size === 0) topics.delete(stream)
    news.topics.push(stream)
  }
  const remove = (server: ServerName, node: PublicKey): void => {
    const there = servers.get(server)?.nodes.get(node)
    if (there === undefined) return
    for (const stream of [...there.streams]) part(server, node, stream)
    servers.get(server)?.nodes.delete(node)
    if (where.get(node) === server) where.delete(node)
    news.went.push(node)
  }
  const add = (server: ServerName, node: PublicKey, at: number): void => {
    const elsewhere = where.get(node)
    const known = elsewhere === undefined ? undefined : servers.get(elsewhere)?.nodes.get(node)
    // It is where it checked in last; what an older connection said is over. Of two in one millisecond the one stays that both servers keep.
    if (elsewhere !== undefined && elsewhere !== server && isLater(known?.at ?? 0, elsewhere, at, server)) return
    if (elsewhere !== undefined && elsewhere !== server) remove(elsewhere, node)
    const streams = servers.get(server)?.nodes.get(node)?.streams ?? new Set<StreamId>()
    servers.get(server)?.nodes.set(node, { at, streams })
    where.set(node, server)
    news.came.push({ node, at, server })
  }
  const lose = (server: ServerName): void => {
    for (const node of [...(servers.get(server)?.nodes.keys() ?? [])]) remove(server, node)
    if (servers.delete(server)) news.lost.push(server)
  }
  const meet = (server: ServerName, now: number): There => {
    const known = servers.get(server) ?? { nodes: new Map(), said: null, heardAt: now, askedAt: Number.NEGATIVE_INFINITY, parts: [] }
    known.heardAt = now
    servers.set(server, known)
    return known
  }
  const ask = (server: ServerName, there: There, now: number): void => {
    if (now - there.askedAt < CENSUS_AGAIN_MS) return
    there.askedAt = now
    news.ask.push(server)
  }
  const apply = (word: Change): void => {
    switch (word.kind) {
      case 'came':
        return add(word.from, word.node, word.at)
      case 'went':
        return remove(word.from, word.node)
      case 'joined':
        return join(word.from, word.node, word.stream)
      case 'parted':
        return part(word.from, word.node, word.stream)
    }
  }
  /** All parts are here: what is not in them is over. */
  const replace = (there: There, parts: readonly Extract<ClusterWord, { kind: 'census' }>[], from: ServerName, said: number): void => {
    const listed = new Map(parts.flatMap(({ nodes }) => nodes).map((one) => [one.node, one]))
    for (const [node, { streams }] of [...there.nodes]) {
      const now = listed.get(node)
      if (now === undefined) remove(from, node)
      else for (const stream of [...streams]) if (!now.streams.includes(stream)) part(from, node, stream)
    }
    for (const { node, at, streams } of listed.values()) {
      if (there.nodes.get(node)?.at !== at) add(from, node, at)
      for (const stream of streams) join(from, node, stream)
    }
    there.said = said
  }
  const onCensus = (there: There, word: Extract<ClusterWord, { kind: 'census' }>): void => {
    if (word.part === 0) there.parts = []
    // A part is missing: the next beat tells that we still do not know.
    if (word.part !== there.parts.length) return
    there.parts.push(word)
    if (there.parts.length < word.parts) return
    replace(there, there.parts, word.from, word.said)
    there.parts = []
  }
  const hear = (word: CensusWord, now: number): void => {
    if (word.kind === 'gone') return lose(word.from)
    const there = meet(word.from, now)
    if (word.kind === 'census') return onCensus(there, word)
    if (word.kind === 'beat') {
      if (there.said !== word.said) ask(word.from, there, now)
      return
    }
    if (there.said === null || there.said + 1 !== word.said) return ask(word.from, there, now)
    there.said = word.said
    apply(word)
  }
  const collect = (): CensusNews => {
    const collected = news
    news = emptyNews()
    return collected
  }
  return {
    heard: (word, now) => {
      hear(word, now)
      return collect()
    },
    tick: (now) => {
      for (const [server, { heardAt }] of [...servers]) if (now - heardAt > SERVER_LOST_MS) lose(server)
      return collect()
    },
    whereIs: (node) => where.get(node),
    cameAt: (node) => servers.get(where.get(node) ?? '')?.nodes.get(node)?.at,
    topic: (stream) => topics.get(stream)?.members,
    serversOf: (stream) => topics.get(stream)?.counts.keys() ?? [],
    isThere: (server) => servers.has(server),
    get servers() {
      return servers.size
    },
  }
}

/** Whether a check-in at one server counts as later than one at another: every server must answer the same. */
export const isLater = (at: number, server: ServerName, otherAt: number, otherServer: ServerName): boolean =>
  at > otherAt || (at === otherAt && server > otherServer)

interface Gathered extends CensusNews {
  readonly ask: ServerName[]
  readonly came: { readonly node: PublicKey; readonly at: number; readonly server: ServerName }[]
  readonly went: PublicKey[]
  readonly topics: StreamId[]
  readonly lost: ServerName[]
}

const emptyNews = (): Gathered => ({ ask: [], came: [], went: [], topics: [], lost: [] })

import { isSettled } from '../../../src/consensus/loose-row.ts'
import { isNewer, sameHistory, type Head } from '../../../src/domain/head.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import type { SimNode } from './node.ts'
import type { Wanted } from './person.ts'
import type { StreamPlan } from './plan.ts'
import type { Truth } from './truth.ts'

/** A stream, how it was planned, and who of the honest should have it in the end. */
export interface Followed {
  readonly wanted: Wanted
  readonly plan: StreamPlan
  readonly members: readonly SimNode[]
  /** The values of a stream that nobody signs. */
  readonly file: readonly string[]
  /** Who have them from a file; the others ask. */
  readonly bringers: ReadonlySet<number>
  /** Liars about it among those whom a member may ask. */
  readonly liars: number
  /** Its publisher has lost its disk or has two: it may have signed two histories. */
  readonly isShaken: boolean
}

/** Who is still behind, in words; null: nobody. */
export const behind = (followed: readonly Followed[], truth: Truth): string | null => {
  for (const one of followed) {
    const late = one.plan.isKeyless ? behindLoose(one) : (behindSigned(one, truth) ?? behindEvidence(one))
    if (late !== null) return `${late} of stream ${one.wanted.index}`
  }
  // Where somebody else has the page: what nobody has, nobody can mend.
  for (const { members, wanted } of followed)
    for (const node of members.filter(({ plan, server }) => plan.rotAt !== null && server !== null)) {
      const hasIt = (other: SimNode): boolean => other.server !== null && isSame(other.head(wanted.stream)?.head, node.head(wanted.stream)?.head)
      const others = members.filter((other) => other !== node && hasIt(other) && truth.isWhole(other.disk.content, wanted.stream))
      if (others.length > 0 && !truth.isWhole(node.disk.content, wanted.stream))
        return `node ${node.index} has not mended all pages of stream ${wanted.index}`
    }
  return null
}

const behindSigned = ({ wanted: { stream }, isShaken, members }: Followed, truth: Truth): string | null => {
  const living = members.filter(({ life }) => life !== null)
  const asleep = living.find(({ server }) => server === null)
  if (asleep !== undefined) return `node ${asleep.index} has not started and has nothing`
  // A damaged page is judged below: where it was the last one of its kind, nobody can have the history any more.
  const whole = living.filter(({ plan, disk }) => plan.rotAt === null || truth.isWhole(disk.content, stream))
  const best = newest(stream, whole)
  if (best === null) return null
  // A backup from before the stream began knows nothing of it: the neuron takes it up again, which is not part of these worlds.
  const isForgotten = (node: SimNode): boolean => isShaken && node === members[0] && node.record(stream) === undefined
  const late = whole.find((node) => !isForgotten(node) && !isSame(node.head(stream)?.head, best))
  if (late === undefined) return null
  // Whom nobody is left to speak for, everyone who knows both stories disbelieves.
  const isOrphaned = isShaken && members[0]?.life === null
  if (isOrphaned && living.every((node) => (node.record(stream)?.fork ?? null) !== null)) return null
  return `node ${late.index} has ${wordsOf(late.head(stream)?.head)} and another ${wordsOf(best)}`
}

/** A fork that one knows all know: it is proved to each. Who has a later epoch need not. */
const behindEvidence = ({ wanted: { stream }, members }: Followed): string | null => {
  const forkOf = (node: SimNode): boolean => (node.record(stream)?.fork ?? null) !== null
  const awake = members.filter(({ server }) => server !== null)
  const [witness] = awake.filter(forkOf)
  const unaware = witness === undefined ? undefined : awake.find((node) => !forkOf(node) && isSame(node.head(stream)?.head, witness.head(stream)?.head))
  return unaware === undefined ? null : `node ${unaware.index} does not know of the fork`
}

const isSame = (mine: Head | undefined, best: Head | undefined): boolean => mine !== undefined && best !== undefined && sameHistory(mine, best)

const wordsOf = (head: Head | undefined): string => (head === undefined ? 'nothing' : `${head.rows} rows of epoch ${head.epoch}`)

const newest = (stream: StreamId, nodes: readonly SimNode[]): Head | null => {
  let best: Head | null = null
  for (const node of nodes) {
    const head = node.head(stream)?.head
    if (head !== undefined && (best === null || isNewer(head, best))) best = head
  }
  return best
}

/**
 * A node that tells others every row of a stream that nobody signs: what one alone has told it, it does not pass on (C17), and who is
 * linked with nobody but such nodes has nothing of it.
 */
export const tellsAll = ({ wanted: { stream }, file }: Followed, node: SimNode): boolean => {
  const rows = node.disk.content.looseRows(stream)
  return rows.length === file.length && rows.every(isSettled)
}

/** Where somebody lies, agreement may have to wait for ever; where nobody does, everyone has every row that somebody tells. */
const behindLoose = (one: Followed): string | null => {
  const { wanted: { stream }, members, file, liars } = one
  const living = members.filter(({ server }) => server !== null)
  if (liars > 0 || !living.some((node) => tellsAll(one, node))) return null
  const countOf = (node: SimNode): number => node.disk.content.looseRows(stream).length
  const late = living.find((node) => countOf(node) < toldBy(living.filter((other) => other !== node), stream))
  return late === undefined ? null : `node ${late.index} has ${countOf(late)} of ${file.length} loose rows`
}

/** How many rows each tells who tells any: where one of two tells more than the other, who asks both waits for ever ([C5]). */
const toldBy = (nodes: readonly SimNode[], stream: StreamId): number => {
  const told = nodes.map((node) => node.disk.content.looseRows(stream).filter(isSettled).length).filter((count) => count > 0)
  return told.length === 0 ? 0 : Math.min(...told)
}

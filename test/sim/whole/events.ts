import type { Random } from '../../../src/base/random.ts'
import type { Row } from '../../../src/domain/row.ts'
import type { Micros } from '../../../src/domain/time.ts'
import type { Timeline } from '../timeline.ts'
import { BEGINNING } from './life.ts'
import type { SimNode } from './node.ts'
import { patienceMs, type Mishap, type WorldPlan } from './plan.ts'
import type { Followed } from './settled.ts'
import { Violation, type Truth } from './truth.ts'

export interface EventsWorld {
  readonly plan: WorldPlan
  readonly timeline: Timeline
  readonly random: Random
  readonly nodes: readonly SimNode[]
  readonly truth: Truth
  readonly fired: (what: string) => void
  /** What must be true at the end. */
  readonly promise: (check: () => void) => void
}

/** What the seed has decided happens at its time. */
export const schedule = (world: EventsWorld, followed: readonly Followed[]): void => {
  for (const node of world.nodes) scheduleNode(world, node, followed)
  for (const one of followed) scheduleStream(world, one)
}

const scheduleNode = ({ timeline, random, plan, fired }: EventsWorld, node: SimNode, followed: readonly Followed[]): void => {
  const { joinAt, leaveAt, diskFull, rotAt, rotPages, clockSteps } = node.plan
  for (const { at } of clockSteps) timeline.after(at, () => fired('a clock was set'))
  if (joinAt < Infinity) timeline.after(joinAt, node.start)
  if (leaveAt !== null) timeline.after(leaveAt, node.leave)
  if (diskFull !== null) {
    timeline.after(diskFull.from, () => {
      fired('disk full')
      node.disk.isFull = true
    })
    timeline.after(diskFull.to, () => (node.disk.isFull = false))
  }
  if (rotAt === null) return
  // Of others' streams: where nobody else has what is lost, nobody can mend it.
  const streams = followed.filter(({ members, isShaken, plan: of }) => members.includes(node) && members[0] !== node && !of.isKeyless && !isShaken)
  timeline.after(rotAt, () => {
    for (const { wanted } of streams) {
      const damaged = node.disk.damage(wanted.stream, rotPages, random)
      if (damaged > 0) fired(damaged > 1 ? 'pages were damaged at once' : 'a page was damaged')
    }
  })
  timeline.after(Math.max(rotAt, plan.calmAt) + 1_000, () => {
    for (const { wanted } of streams) node.person.recheck(wanted)
  })
}

const scheduleStream = (world: EventsWorld, followed: Followed): void => {
  const { wanted, plan, file } = followed
  const { timeline, nodes, fired } = world
  const owner = nodeOf(nodes, plan.publisher)
  for (const { node } of plan.subscribers) nodeOf(nodes, node).person.want(wanted)
  if (plan.isKeyless) {
    const rows = file.map((value, at): Row => ({ form: 'observation', time: ((BEGINNING + at * 1_000) * 1_000) as Micros, value }))
    for (const node of followed.bringers) nodeOf(nodes, node).person.bring(wanted, rows)
    owner.person.want(wanted)
    return
  }
  let next = 0
  const values = (count: number): readonly string[] => Array.from({ length: count }, () => `${wanted.index}.${next++}`)
  timeline.after(plan.beginAt, () => owner.person.enter(wanted, values(plan.firstRows)))
  for (const at of plan.appends) timeline.after(at, () => owner.person.enter(wanted, values(1)))
  if (plan.pause !== null) {
    const { node, from, to } = plan.pause
    timeline.after(from, () => {
      fired('unsubscribed for a while')
      nodeOf(nodes, node).person.unwant(wanted)
    })
    timeline.after(to, () => nodeOf(nodes, node).person.want(wanted))
  }
  if (plan.mishap !== null) scheduleMishap(world, followed, owner, plan.mishap)
}

const scheduleMishap = (world: EventsWorld, followed: Followed, owner: SimNode, mishap: Mishap): void => {
  const { timeline, nodes, fired, plan } = world
  const { wanted } = followed
  timeline.after(mishap.copyAt, () => {
    const backup = owner.disk.copy()
    timeline.after(mishap.at - mishap.copyAt, () => {
      // Without any row of it there is nothing that two machines could disagree about.
      if (backup.content.records().every(({ stream, head }) => stream !== wanted.stream || head === null)) return
      fired(mishap.type === 'copied' ? 'a publisher was copied' : 'a publisher was restored from a backup')
      if (mishap.type === 'copied') {
        const copy = nodeOf(nodes, mishap.copy)
        copy.restore(backup)
        let next = 0
        for (const at of mishap.appends) timeline.after(at - timeline.now, () => copy.person.enter(wanted, [`${wanted.index}.copy.${next++}`]))
        return
      }
      if (mishap.isPatient) {
        owner.person.waitUntil(plan.calmAt + patienceMs(plan))
        if (plan.weather !== 'rough') expectRecovery(world, followed, owner)
      }
      owner.restore(backup)
    })
  })
}

/** What its neighbours have of a publisher's rows is recovered from them before anything new is signed. */
const expectRecovery = ({ plan: world, nodes, truth, promise, fired }: EventsWorld, { wanted: { stream }, plan }: Followed, owner: SimNode): void => {
  const neighbours = plan.subscribers.filter(({ parent }) => parent === owner.index).map(({ node }) => nodeOf(nodes, node))
  const isRestored = ({ index }: SimNode): boolean => world.streams.some(({ publisher, mishap }) => publisher === index && mishap?.type === 'restored')
  // Whose own disk becomes a backup loses what it had.
  const keepers = neighbours.filter((node) => node.isHonest && node.plan.leaveAt === null && !isRestored(node))
  const kept = keepers.map((node) => node.head(stream)?.head.rows ?? 0)
  const rows = truth.acknowledgedRows(stream).slice(0, Math.max(0, ...kept))
  promise(() => {
    const values = truth.valuesOn(owner.disk.content, stream)
    if (owner.life === null || values.length === 0) return
    if (rows.some((value, row) => values[row] !== value)) throw new Violation(`its publisher gave up rows of stream ${stream} that its neighbours had`)
    fired('lost rows were recovered')
  })
}

const nodeOf = (nodes: readonly SimNode[], index: number): SimNode => {
  const node = nodes[index]
  if (node === undefined) throw new RangeError(`no node ${index}`)
  return node
}

import type { LieName } from './lies.ts'
import type { WorldPlan } from './plan.ts'
import { QUIET_NODE, quietPlan } from './quiet-plan.ts'

// Worlds for what few drawn ones need: each has one way by which a row can come in time.

/** By then a status that was asked for in vain is asked for once in a minute. */
const LATE_MS = 120_000
const SOON_MS = 8_000

const CHAIN = [
  { node: 1, parent: 0 },
  { node: 2, parent: 1 },
]

/** Rows that are published late reach the last of three in a row by being passed on. */
export const chained = (): WorldPlan =>
  quietPlan(3, { subscribers: CHAIN, appends: [LATE_MS - 2_000, LATE_MS, LATE_MS + 1_000] }, { calmAt: LATE_MS, settleMs: SOON_MS })

/** The same, and the publisher was cut off from the others while it published: the second fetches what it missed, and the last learns of it. */
export const rejoined = (): WorldPlan =>
  quietPlan(
    3,
    { subscribers: CHAIN, appends: [60_000, 70_000, 80_000] },
    { calmAt: LATE_MS, settleMs: SOON_MS, partition: { from: 30_000, to: LATE_MS, nodes: new Set([0]) } },
  )

/** A page rots on the disk of the second of three in a row, and the third, who comes right after, can have its pages from nobody else. */
export const rotten = (pageRows: number): WorldPlan => ({
  ...quietPlan(0, { subscribers: CHAIN, firstRows: 5 * pageRows }, { shape: { pageRows, runLeaves: 4 }, calmAt: 31_000 }),
  nodes: [QUIET_NODE, { ...QUIET_NODE, rotAt: 30_000 }, { ...QUIET_NODE, joinAt: 30_050 }],
})

/**
 * Node 1 names the newest head and declines every page; node 2 has fewer rows, and gives them to those who come last. Some of these ask node 1
 * first, and their clocks are set back while they wait.
 */
export const declined = (): WorldPlan => {
  const calmAt = 40_000
  const late = [3, 4, 5, 6]
  const subscribers = [{ node: 1, parent: 0 }, { node: 2, parent: 0 }, ...late.map((node) => ({ node, parent: 2 }))]
  const partition = { from: 20_000, to: calmAt, nodes: new Set([2]) }
  const latecomer = { ...QUIET_NODE, joinAt: 41_000, clockSteps: [{ at: 42_200, byMs: -86_400_000 }] }
  return {
    ...quietPlan(0, { subscribers, appends: [25_000, 26_000] }, { calmAt, partition, extraPairs: late.map((node) => [1, node]) }),
    nodes: [{ ...QUIET_NODE, leaveAt: 35_000 }, { ...QUIET_NODE, lies: ['declines'] }, QUIET_NODE, ...late.map(() => latecomer)],
  }
}

/** Node 1 gives no page to the last, who comes when the publisher has left; it tells rows one by one. Of three pages and a part of one. */
export const walked = (...lies: readonly LieName[]): WorldPlan => ({
  ...quietPlan(0, { subscribers: CHAIN, firstRows: 14 }, { calmAt: 60_000 }),
  nodes: [{ ...QUIET_NODE, leaveAt: 10_000 }, { ...QUIET_NODE, lies: ['declines', ...lies] }, { ...QUIET_NODE, joinAt: 12_000 }],
})

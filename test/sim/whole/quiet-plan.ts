import type { NodePlan, StreamPlan, WorldPlan } from './plan.ts'

/** Of a node to which nothing happens. */
export const QUIET_NODE: NodePlan = {
  ...{ lies: [], copyOf: null, joinAt: 0, leaveAt: null, skewMs: 0, clockSteps: [], crashes: [], diskFull: null },
  ...{ diskMs: 0, roomMs: 0, rotAt: null, rotPages: 1 },
}

const STREAM: StreamPlan = { publisher: 0, isKeyless: false, firstRows: 5, beginAt: 0, appends: [], subscribers: [], pause: null, mishap: null }

/** One stream, fair weather and nodes to which nothing happens but what is named: a world that stays the same however others are drawn. */
export const quietPlan = (nodes: number, stream: Partial<StreamPlan>, more: Partial<WorldPlan> = {}): WorldPlan => ({
  shape: { pageRows: 4, runLeaves: 4 },
  nodes: Array.from({ length: nodes }, () => QUIET_NODE),
  streams: [{ ...STREAM, ...stream }],
  ...{ weather: 'fair', isSecure: true, hasRealSignatures: false, calmAt: 5_000, partition: null, server: null, isSwarm: false, extraPairs: [] },
  line: () => ({ delayMs: 20, jitterMs: 0, loss: 0, repeat: 0, isReliable: true }),
  ...more,
})

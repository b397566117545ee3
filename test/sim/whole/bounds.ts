import { MAX_WAITING_IN_ALL } from '../../../src/data/live/live-buffer.ts'
import { MAX_LINKS, MAX_REQUESTS_SERVED } from '../../../src/protocol/limits.ts'
import type { SimNode } from './node.ts'
import { Violation } from './truth.ts'

/** Timers that one life may have at a time: its ticks, the deadlines of its links, of its questions and of what it tells. */
const MAX_TIMERS = 200
/** Over one link about one stream: its status, four of a descent, a row, and the 32 that a download remembers. */
const MAX_QUESTIONS = 38
/** Of a node that nobody is linked with: its tick, its appointments, the tick of its swarm; for each stream a walk that rests. */
const TIMERS_AT_REST = 3
const TIMERS_A_STREAM = 1

/** What a node holds in memory for others is within its bounds, at this moment. */
export const checkHeld = ({ index, life, server }: SimNode, streams: number): void => {
  if (life === null || server === null) return
  const { links, questions, requests, rowsWaiting } = server.held()
  const check = (what: string, count: number, most: number): void => {
    if (count > most) throw new Violation(`node ${index} has ${count} ${what}, at most ${most} may be`)
  }
  check('timers', life.timers, MAX_TIMERS)
  // One more is there until it has been told that all places are taken.
  check('links', links, MAX_LINKS + 1)
  check('open questions', questions, links * streams * MAX_QUESTIONS)
  check('requests that it serves', requests, links * MAX_REQUESTS_SERVED)
  check('rows that wait', rowsWaiting, MAX_WAITING_IN_ALL)
}

/** All links have ended some time ago: nothing of them is left. */
export const checkRest = ({ index, life, server }: SimNode, streams: number): void => {
  if (life === null || server === null) return
  const { links, questions, requests } = server.held()
  if (links + questions + requests > 0) throw new Violation(`node ${index} has no connection, and ${links} links, ${questions} questions and ${requests} requests`)
  if (life.timers > TIMERS_AT_REST + streams * TIMERS_A_STREAM) throw new Violation(`node ${index} has no connection and ${life.timers} timers`)
}

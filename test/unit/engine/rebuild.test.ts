import { describe, expect, it } from 'vitest'
import { createHistory } from '../../../src/engine/history.ts'
import type { Panel } from '../../../src/engine/panel.ts'
import { createRebuild, REPLAY_ROWS } from '../../../src/engine/rebuild.ts'

/** Remembers how many rows it learnt, their sum, and its period; counts all pushes in `pushes`. */
function createCounter(pushes: { count: number }): Panel {
  const s = new Float64Array(3)
  return {
    names: ['counter'],
    state: [s],
    push(value) {
      s[0] = (s[0] ?? 0) + 1
      s[1] = (s[1] ?? 0) + value
      pushes.count++
    },
    write: () => undefined,
    restart(periods) { s.set([0, 0, periods[0] ?? 0]) },
  }
}

function scene() {
  const pushes = { count: 0 }
  const history = createHistory()
  const rebuild = createRebuild(() => [createCounter(pushes)])
  const next = (value: number) => {
    history.push(value, 0)
    rebuild.push(history)
  }
  return { pushes, history, rebuild, next, memory: () => [...rebuild.panels.flatMap((panel) => panel.state)[0] ?? []] }
}

describe('learning again for other periods', () => {
  it('replays a bounded number of rows per new row, and the old panels speak until it is done', () => {
    const { pushes, history, rebuild, next, memory } = scene()
    for (let i = 0; i < 1000; i++) next(i)
    rebuild.begin([24], history)
    let steps = 0
    while (memory()[2] !== 24) {
      const before = pushes.count
      expect(memory()[0]).toBe(1000 + steps)
      next(1000 + steps++)
      expect(pushes.count - before).toBeLessThanOrEqual(REPLAY_ROWS + 1)
      if (steps > 100) throw new Error('never done')
    }
    const total = 1000 + steps
    expect(memory()).toEqual([total, (total * (total - 1)) / 2, 24])
  })

  it('starts where the ring still holds rows when it ends', () => {
    const { history, rebuild, next, memory } = scene()
    for (let i = 0; i < 9000; i++) next(1)
    rebuild.begin([5], history)
    for (let i = 0; i < 200; i++) next(1)
    expect(memory()[2]).toBe(5)
    expect(memory()[0]).toBe(memory()[1])
  })

  it('a newer change gives up an older one', () => {
    const { history, rebuild, next, memory } = scene()
    for (let i = 0; i < 500; i++) next(1)
    rebuild.begin([5], history)
    next(1)
    rebuild.begin([7], history)
    for (let i = 0; i < 30; i++) next(1)
    expect(memory()).toEqual([531, 531, 7])
  })

  it('a state of its middle, restored elsewhere, goes on the same', () => {
    const a = scene()
    for (let i = 0; i < 700; i++) a.next(i)
    a.rebuild.begin([9], a.history)
    for (let i = 0; i < 8; i++) a.next(i)
    const b = scene()
    const copy = (from: readonly Float64Array[], to: readonly Float64Array[]) => { to.forEach((array, i) => { array.set(from[i] ?? array) }) }
    copy(a.history.state, b.history.state)
    copy(a.rebuild.state, b.rebuild.state)
    b.rebuild.restored([9], b.history)
    for (let i = 0; i < 30; i++) {
      a.next(i)
      b.next(i)
      expect(b.memory()).toEqual(a.memory())
    }
    expect(b.memory()[2]).toBe(9)
  })
})

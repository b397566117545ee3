import { describe, expect, it } from 'vitest'
import { createStartup } from '../../../src/neuron/startup.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const begin = () => {
  const clock = createVirtualClock()
  let changes = 0
  const startup = createStartup({ clock, changed: () => { changes++ } })
  const lineOf = (name: string): string => {
    const step = startup.steps.find((one) => one.name === name)
    return `${step?.state} ${step?.tookMs} ${step?.error}`
  }
  return { clock, startup, lineOf, changes: () => changes }
}

describe('the start-up', () => {
  it('lists its steps in order, all waiting, each with words for a person', () => {
    const { startup } = begin()
    expect(startup.steps.map(({ name }) => name)).toEqual(['browser', 'data', 'identity', 'engine', 'server', 'streams'])
    expect(startup.steps.every(({ state, tookMs, error }) => state === 'waiting' && tookMs === null && error === null)).toBe(true)
  })

  it('tells of every step how long it took', () => {
    const { clock, startup, lineOf, changes } = begin()
    startup.took('browser', 1.6)
    startup.begin('server')
    expect(lineOf('server')).toBe('running null null')
    clock.advance(250)
    startup.end('server')
    expect([lineOf('browser'), lineOf('server')]).toEqual(['done 2 null', 'done 250 null'])
    expect(changes()).toBe(3)
  })

  it('tells what failed, and forgets it when the step is done after all', () => {
    const { clock, startup, lineOf } = begin()
    startup.begin('server')
    clock.advance(100)
    startup.end('server', 'There is no server.')
    expect(lineOf('server')).toBe('failed 100 There is no server.')
    clock.advance(400)
    startup.end('server')
    expect(lineOf('server')).toBe('done 500 null')
  })

  it('never takes back a step that is done', () => {
    const { startup, lineOf } = begin()
    startup.begin('streams')
    startup.end('streams')
    startup.end('streams', 'The server is gone.')
    startup.begin('streams')
    expect(lineOf('streams')).toBe('done 0 null')
  })

  it('gives a new list with every change: whoever holds the old one sees it as it was', () => {
    const { startup } = begin()
    const before = startup.steps
    startup.begin('server')
    expect(before.every(({ state }) => state === 'waiting')).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { walked } from './whole/fixed-plans.ts'
import { playShare } from './whole/share.ts'
import type { WorldPlan } from './whole/plan.ts'
import { playWhole, traceHash } from './whole/world.ts'

it('whole worlds of nodes end with the newest history everywhere, and never with anything that its publisher did not sign', (context) => playShare(0, context))

it('the same seed plays the same world, frame by frame', async () => {
  for (const seed of [3, 17, 100]) {
    const hashes = []
    for (let time = 0; time < 2; time++) {
      const trace = traceHash()
      await playWhole(seed, { hash: trace.add })
      hashes.push(trace.digest())
    }
    expect(hashes[1]).toBe(hashes[0])
  }
})

describe('[C13] a stream whose pages nobody gives, and of which one tells rows', () => {
  const play = async (plan: WorldPlan) => {
    const trace: string[] = []
    const { fired } = await playWhole(1, { plan, trace: (line) => trace.push(line) })
    return { fired, asked: trace.filter((line) => line.includes('2 -> 1 | row-before-request')).length }
  }

  it('is had by walking it, where they are what was signed', async () => {
    const { fired } = await play(walked())
    expect(fired).toContain('loose rows became their signed history')
  })

  it('is not had where one of them is not, and not asked for row by row again', async () => {
    const { fired, asked } = await play(walked('wrong-row-before'))
    expect(fired).toContain('loose rows were not what was signed')
    expect(fired).not.toContain('loose rows became their signed history')
    expect(asked).toBe(15)
  })
})

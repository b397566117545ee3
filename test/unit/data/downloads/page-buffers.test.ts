import { describe, expect, it } from 'vitest'
import { createPageBuffers } from '../../../../src/data/downloads/page-buffers.ts'

describe('memory for pages that are let go of', () => {
  it('is used again by one that is no longer, and by no two at once', () => {
    const buffers = createPageBuffers()
    const first = buffers.take(100)
    const second = buffers.take(100)
    expect(second.buffer).not.toBe(first.buffer)
    buffers.giveBack(first)
    const third = buffers.take(60)
    expect([third.buffer === first.buffer, third.length]).toEqual([true, 60])
    expect(buffers.take(60).buffer).not.toBe(first.buffer)
  })

  it('is made anew for a larger one', () => {
    const buffers = createPageBuffers()
    buffers.giveBack(buffers.take(10))
    expect(buffers.take(11).length).toBe(11)
  })

  it('that is too small makes room for larger', () => {
    const buffers = createPageBuffers()
    Array.from({ length: 8 }, () => buffers.take(10)).forEach(buffers.giveBack)
    const larger = buffers.take(20)
    buffers.giveBack(larger)
    expect(buffers.take(20).buffer).toBe(larger.buffer)
  })

  it('is kept for eight at most', () => {
    const buffers = createPageBuffers()
    const taken = Array.from({ length: 20 }, () => buffers.take(10))
    taken.forEach(buffers.giveBack)
    const again = Array.from({ length: 20 }, () => buffers.take(10).buffer)
    expect(again.filter((buffer) => taken.some((one) => one.buffer === buffer))).toHaveLength(8)
  })
})

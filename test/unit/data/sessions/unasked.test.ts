import { expect, it } from 'vitest'
import type { Pipe } from '../../../../src/ports/pipe.ts'
import { decodeFrame, encodeFrame, type FrameOf } from '../../../../src/protocol/frame.ts'
import { MAX_USELESS_FRAMES } from '../../../../src/protocol/limits.ts'
import { joinNodes } from '../../../support/data-node.ts'
import { createSmallWorld } from '../../../support/small-world.ts'

/** After its first `status` it sends so many rows under a number, and hears of no credit: its own link knows nothing of them. */
const sendingRows =
  (count: number, numberOf: (status: FrameOf<'status'>) => number) =>
  (pipe: Pipe): Pipe => {
    let left = count
    return {
      ...pipe,
      onFrame: (handle) => pipe.onFrame((bytes) => (typeOf(bytes)?.type === 'credit' ? undefined : handle(bytes))),
      send: (bytes) => {
        pipe.send(bytes)
        const frame = typeOf(bytes)
        if (frame?.type === 'status') for (; left > 0; left--) pipe.send(encodeFrame({ type: 'rows', request: numberOf(frame), from: 0, total: 0, rows: [] }))
      },
    }
  }

const typeOf = (bytes: Uint8Array) => {
  const frame = decodeFrame(bytes)
  return frame.ok ? frame.value : null
}

const meetSender = async (distort: (pipe: Pipe) => Pipe): Promise<string | undefined> => {
  const world = createSmallWorld()
  const mallory = await world.planted('mallory', 'abc')
  const bob = await world.subscriber('bob')
  await joinNodes(bob, mallory, { distort })
  await world.wait(1_000)
  return bob.log().find((message) => message.includes('cut off'))
}

it('[T2] rows that were never asked for are a lie', async () => {
  expect(await meetSender(sendingRows(1, () => 0))).toContain('cut off (protocol)')
})

it('[T18] rows for a question that is over are late: so many, and they are a flood', async () => {
  expect(await meetSender(sendingRows(MAX_USELESS_FRAMES / 2, ({ request }) => request))).toBeUndefined()
  expect(await meetSender(sendingRows(2 * MAX_USELESS_FRAMES, ({ request }) => request))).toContain('cut off (flood)')
})

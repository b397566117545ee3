import { expect, it } from 'vitest'
import { createEnd } from '../../../signaling/cluster/nats-end.ts'
import { createLog } from '../../../signaling/log.ts'

const setUp = () => {
  const lines: string[] = []
  let ended = (_?: Error): void => undefined
  const closed = new Promise<Error | undefined>((resolve) => (ended = resolve))
  const close = (): Promise<void> => {
    ended()
    return Promise.resolve()
  }
  const connection = { closed: () => closed, close }
  const end = createEnd(connection, createLog('info', false, { write: (line) => void lines.push(line) }))
  let isLost = false
  void end.lost.then(() => (isLost = true))
  const settled = async (): Promise<boolean> => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    return isLost
  }
  return { end, settled, lines, giveUp: () => ended(new Error('enough')) }
}

it('[S93] a client that gives NATS up is no secret', async () => {
  const { settled, lines, giveUp } = setUp()
  expect(await settled()).toBe(false)
  giveUp()
  expect(await settled()).toBe(true)
  expect(lines.join()).toContain('enough')
})

it('[S93] a connection that was let go of is not lost', async () => {
  const { end, settled, lines } = setUp()
  await end.close()
  expect(await settled()).toBe(false)
  expect(lines).toEqual([])
})

import { expect, it } from 'vitest'
import { createCreditWindow, LINK_BACKLOG_BYTES } from '../../../src/link/credit-window.ts'
import { CREDIT_EVERY_BYTES } from '../../../src/protocol/limits.ts'
import { PACE_DEFAULTS } from '../../../src/transfer/pace.ts'

const WINDOW = PACE_DEFAULTS.floorBytes

/** One end, and the sizes of the frames that it has let go. */
const open = () => {
  const sent: number[] = []
  const window = createCreditWindow(() => 0, ({ length }) => void sent.push(length))
  return { sent, window, send: (size: number) => window.send(new Uint8Array(size)) }
}

it('[L11] lets a window go to its last byte, the rest with credit, and always one frame when nothing is on the way', () => {
  const { sent, window, send } = open()
  for (const size of [WINDOW / 2, WINDOW / 2, 1]) send(size)
  expect(sent).toEqual([WINDOW / 2, WINDOW / 2])
  window.credited(1)
  expect(sent).toEqual([WINDOW / 2, WINDOW / 2, 1])
  const large = open()
  for (const size of [WINDOW + 1, WINDOW + 1]) large.send(size)
  expect(large.sent).toEqual([WINDOW + 1])
  large.window.credited(WINDOW + 1)
  expect(large.sent).toEqual([WINDOW + 1, WINDOW + 1])
})

it('[L12] gives credit whenever so many bytes are new, and not before', () => {
  const { window } = open()
  const half = CREDIT_EVERY_BYTES / 2
  expect([half, half, half, half - 1, 1].map((size) => window.consumed(size))).toEqual([null, 2 * half, null, null, 4 * half])
})

it('[L14] the same credit again is nothing new, and no lie', () => {
  const { window, send } = open()
  send(100)
  expect([window.credited(100), window.credited(100)]).toEqual([null, null])
})

it('[L15] as much may wait as may wait, and no byte more', () => {
  const { send } = open()
  send(WINDOW)
  for (let waiting = 0; waiting < LINK_BACKLOG_BYTES; waiting += WINDOW) expect(send(WINDOW)).toBeNull()
  expect(send(1)).toBe(`${LINK_BACKLOG_BYTES + 1} bytes wait for credit`)
})

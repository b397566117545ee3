import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/base/bytes.ts'
import { joinFrames, MAX_BUNDLE_BYTES, splitFrames } from '../../../src/link/bundle.ts'
import { createChannelPipe } from '../../../src/link/channel-pipe.ts'
import { decodeFrame } from '../../../src/protocol/frame.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const VERSION = 2
const frame = (length: number, fill = 7): Bytes => new Uint8Array(length).fill(fill).fill(VERSION, 0, 1)

/** As much of a data channel as a pipe uses; what it sends is kept. */
class Channel {
  readyState = 'open'
  bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  binaryType = ''
  onmessage: ((event: { readonly data: unknown }) => void) | null = null
  onopen: (() => void) | null = null
  onclose: (() => void) | null = null
  onerror: (() => void) | null = null
  onbufferedamountlow: (() => void) | null = null
  readonly sent: Bytes[] = []
  isClosed = false
  send(message: Bytes): void {
    if (this.readyState !== 'open') throw new Error('not open')
    this.sent.push(message)
  }
  close(): void {
    this.isClosed = true
  }
}

const open = () => {
  const clock = createVirtualClock()
  const channel = new Channel()
  return { clock, channel, pipe: createChannelPipe(channel as unknown as RTCDataChannel, { clock }) }
}

const sizes = ({ sent }: Channel): readonly (readonly number[])[] => sent.map((message) => splitFrames(message).map(({ length }) => length))

describe('[L38] a message of several frames', () => {
  it('is taken apart into what it was made of, whatever that was', () => {
    const anyFrames = fc.array(fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.from([VERSION, ...rest])), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(anyFrames, (frames) => {
        expect(splitFrames(joinFrames(frames)).map((one) => [...one])).toEqual(frames.map((one) => [...one]))
      }),
      { seed: 38 },
    )
  })

  it('has two frames at least, is exactly full and no larger than it may be; any other is handed on to be cut', () => {
    const whole = joinFrames([frame(5), frame(9)])
    const alone = Uint8Array.from([0, 0, 5, ...frame(5)])
    const large = joinFrames([frame(MAX_BUNDLE_BYTES / 2), frame(MAX_BUNDLE_BYTES / 2)])
    const version = Uint8Array.from([VERSION, ...whole.slice(1)])
    expect(splitFrames(version)).toEqual([version])
    for (const message of [whole.slice(0, -1), Uint8Array.from([...whole, 0]), Uint8Array.from([...whole, 0, 0, 1]), alone, large, Uint8Array.of(0)]) {
      expect(splitFrames(message)).toEqual([message])
      expect(decodeFrame(message)).toMatchObject({ ok: false, error: { code: expect.stringMatching(/other-version|malformed/) as string } })
    }
  })

  it('that is anything at all is taken apart without an exception and within its bytes', () => {
    const anyMessage = fc.uint8Array({ maxLength: 200 }).map((rest) => Uint8Array.from([0, ...rest]))
    fc.assert(
      fc.property(anyMessage, (message) => {
        const total = splitFrames(message).reduce((sum, { length }) => sum + length, 0)
        expect(total).toBeLessThanOrEqual(message.length)
      }),
      { seed: 38 },
    )
  })
})

describe('[L38] a pipe over a data channel', () => {
  it('sends at once what may not wait, and with it what waited', () => {
    const { channel, pipe } = open()
    pipe.send(frame(10))
    pipe.send(frame(2_000), true)
    pipe.send(frame(3_000), true)
    expect(sizes(channel)).toEqual([[10]])
    pipe.send(frame(20))
    expect(sizes(channel)).toEqual([[10], [2_000, 3_000, 20]])
  })

  it('lets nothing wait for more than two milliseconds', () => {
    const { clock, channel, pipe } = open()
    pipe.send(frame(2_000), true)
    clock.advance(1)
    pipe.send(frame(1_000), true)
    expect(sizes(channel)).toEqual([])
    clock.advance(1)
    expect(sizes(channel)).toEqual([[2_000, 1_000]])
  })

  it('fills messages of 16 KiB, and a frame that is larger goes alone', () => {
    const { channel, pipe } = open()
    for (let i = 0; i < 13; i++) pipe.send(frame(2_500), true)
    expect(sizes(channel)).toEqual([Array<number>(6).fill(2_500), Array<number>(6).fill(2_500)])
    pipe.send(frame(60_000), true)
    expect(sizes(channel).slice(2)).toEqual([[2_500], [60_000]])
    for (const message of channel.sent.slice(0, 3)) expect(message.length).toBeLessThanOrEqual(MAX_BUNDLE_BYTES)
  })

  it('keeps the order, and bundles what waited for room in the channel', () => {
    const { channel, pipe } = open()
    channel.bufferedAmount = 256 * 1024
    for (let i = 0; i < 5; i++) pipe.send(frame(10 + i))
    expect([sizes(channel), pipe.queued?.()]).toEqual([[], 256 * 1024 + 5 * 2 + 10 + 11 + 12 + 13 + 14])
    channel.bufferedAmount = 0
    channel.onbufferedamountlow?.()
    expect(sizes(channel)).toEqual([[10, 11, 12, 13, 14]])
    expect(pipe.queued?.()).toBe(0)
  })

  it('makes no message larger than the other side takes, however much has waited', () => {
    const { channel, pipe } = open()
    channel.bufferedAmount = 256 * 1024
    for (let i = 0; i < 20; i++) pipe.send(frame(2_500))
    channel.bufferedAmount = 0
    channel.onbufferedamountlow?.()
    expect(sizes(channel).map(({ length }) => length)).toEqual([6, 6, 6, 2])
    for (const message of channel.sent) expect(message.length).toBeLessThanOrEqual(MAX_BUNDLE_BYTES)
  })

  it('waits for the channel to open, and hands on every frame of a message in its order, also of those that came early', () => {
    const { channel, pipe } = open()
    channel.readyState = 'connecting'
    pipe.send(frame(10))
    expect(sizes(channel)).toEqual([])
    channel.readyState = 'open'
    channel.onopen?.()
    expect(sizes(channel)).toEqual([[10]])
    const heard: number[] = []
    channel.onmessage?.({ data: joinFrames([frame(1), frame(2)]).buffer })
    pipe.onFrame(({ length }) => heard.push(length))
    channel.onmessage?.({ data: joinFrames([frame(3), frame(4), frame(5)]).buffer })
    expect(heard).toEqual([1, 2, 3, 4, 5])
  })

  it('gives each frame two milliseconds of its own: nothing is left of a wait that is over', () => {
    const { clock, channel, pipe } = open()
    pipe.send(frame(2_000), true)
    pipe.send(frame(10))
    clock.advance(1)
    pipe.send(frame(3_000), true)
    clock.advance(1)
    expect(sizes(channel)).toEqual([[2_000, 10]])
    clock.advance(1)
    expect(sizes(channel)).toEqual([[2_000, 10], [3_000]])
  })

  it('fills a message to its last byte', () => {
    const { channel, pipe } = open()
    const full = [frame(MAX_BUNDLE_BYTES / 2 - 3), frame(MAX_BUNDLE_BYTES / 2 - 2)]
    channel.bufferedAmount = 256 * 1024
    for (const one of full) pipe.send(one)
    channel.bufferedAmount = 0
    channel.onbufferedamountlow?.()
    expect(channel.sent.map(({ length }) => length)).toEqual([MAX_BUNDLE_BYTES])
    expect(sizes(channel)).toEqual([full.map(({ length }) => length)])
  })

  it('[L11] keeps what came before anybody listened, two windows at most; what is listened to has no end', () => {
    const mib = frame(1024 * 1024)
    const early = open()
    for (let i = 0; i < 2; i++) early.channel.onmessage?.({ data: mib.buffer })
    expect(early.channel.isClosed).toBe(false)
    early.channel.onmessage?.({ data: frame(1).buffer })
    expect(early.channel.isClosed).toBe(true)
    const heard = open()
    heard.pipe.onFrame(() => undefined)
    for (let i = 0; i < 3; i++) heard.channel.onmessage?.({ data: mib.buffer })
    expect(heard.channel.isClosed).toBe(false)
  })

  it('sends nothing more when it has ended', () => {
    const { clock, channel, pipe } = open()
    pipe.send(frame(2_000), true)
    pipe.close()
    clock.advance(10)
    expect([sizes(channel), channel.isClosed]).toEqual([[], true])
    const before = pipe.queued?.()
    pipe.send(frame(2_000))
    expect(pipe.queued?.()).toBe(before)
  })

  it('tells whoever listens that it has ended, also when that was before anybody did', () => {
    const { channel, pipe } = open()
    let ends = 0
    channel.onmessage?.({ data: 'no frame' })
    pipe.onClose(() => ends++)
    expect([ends, channel.isClosed]).toEqual([1, true])
    pipe.close()
    expect(ends).toBe(1)
  })

  it('[L17] ends with its channel, however that ends, and tells so then', () => {
    for (const how of ['onclose', 'onerror'] as const) {
      const { channel, pipe } = open()
      let ends = 0
      pipe.onClose(() => ends++)
      expect([channel.binaryType, ends]).toEqual(['arraybuffer', 0])
      channel[how]?.()
      expect([ends, channel.isClosed]).toEqual([1, true])
    }
  })
})

import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/base/bytes.ts'
import { createUpload, MAX_MISSING_ROUNDS, REMEMBERED_REQUESTS, type RequestFrame, type Upload, type UploadConfig, type UploadEvent } from '../../../src/transfer/upload.ts'
import { MAX_PACKET_BYTES } from '../../../src/protocol/limits.ts'
import { createHistory } from '../../support/history.ts'
import { said, uploadLine } from './conversation.ts'

const history = createHistory({ seed: 3, rows: 64, pageRows: 8 })
const OTHER = createHistory({ seed: 4, rows: 8, pageRows: 8 }).stream

interface Alice {
  readonly upload: Upload
  trace(): string
  hears(frame: RequestFrame): void
  /** Her disk answers every `load-page` at once; null: pages that it does not have. */
  loads(gone?: readonly number[]): void
  /** The page rests in another packing now. */
  loadsOther(parcel: Bytes): void
  room(): void
  waits(ms: number): void
}

/** Alice's side of one link; her disk and her link answer only when they are asked. */
const createAlice = (config: Partial<UploadConfig> = {}): Alice => {
  const upload = createUpload({ pageRows: 8, ...config })
  let now = 1_000
  let lines: string[] = []
  let loading: { request: number; page: number } | null = null
  const step = (event: UploadEvent): void => {
    for (const effect of upload.step(event)) {
      lines.push(uploadLine(effect))
      if (effect.type === 'load-page') loading = effect
    }
  }
  return {
    upload,
    trace() {
      const told = lines.join('\n')
      lines = []
      return told
    },
    hears(frame) {
      lines.push(`bob -> alice | ${said(frame)}`)
      step({ type: 'frame', frame, now })
    },
    loads(gone = []) {
      if (loading === null) return
      const { request, page } = loading
      loading = null
      step({ type: 'page-loaded', request, page, parcel: gone.includes(page) ? null : (history.pages[page] ?? null) })
    },
    loadsOther(parcel) {
      if (loading === null) return
      const { request, page } = loading
      loading = null
      step({ type: 'page-loaded', request, page, parcel })
    },
    room: () => step({ type: 'room' }),
    waits(ms) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + 250)
        step({ type: 'tick', now })
      }
    },
  }
}

const wants = (pages: readonly number[], request = 1, rows = 64, stream = history.stream): RequestFrame => ({
  type: 'pages-request',
  request,
  stream,
  root: history.root,
  rows,
  pages,
  encodings: [],
})

/** Pages of another stream; Alice’s disk answers for it as for the first. */
const wantsOther = (pages: readonly number[], request: number): RequestFrame => wants(pages, request, 64, OTHER)

const missing = (numbers: readonly number[], request = 1): RequestFrame => ({ type: 'missing', request, numbers })

/** Alice has sent pages 0 and 1 in two packets each and said completed. */
const completed = (config: Partial<UploadConfig> = {}): Alice => {
  const alice = createAlice({ packetBytes: 80, ...config })
  alice.hears(wants([0, 1]))
  for (let page = 0; page < 2; page++) {
    alice.loads()
    alice.room()
  }
  alice.trace()
  return alice
}

describe('serving', () => {
  it('[T22] loads each page in the encodings that its asker reads', () => {
    const upload = createUpload({ pageRows: 8 })
    const frame: RequestFrame = { ...wants([5]), encodings: [1, 7] } as RequestFrame
    expect(upload.step({ type: 'frame', frame, now: 0 })).toMatchObject([{ type: 'load-page', page: 5, encodings: [1, 7] }])
  })

  it('[T23] does not change its way of sending within a request', () => {
    const alice = createAlice()
    alice.hears(wants([0]))
    alice.hears({ ...wants([0]), encodings: [1] } as RequestFrame)
    expect(alice.trace()).toContain('cut bob | protocol: It asked in other encodings under number 1 than before.')
  })

  it('[T7] [T11] [T12] loads a page, sends its packets, asks for room, and says completed after the last', () => {
    const alice = createAlice({ packetBytes: 80 })
    alice.hears(wants([0, 1]))
    alice.loads()
    alice.room()
    alice.loads()
    alice.hears({ type: 'complete', request: 1 })
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | pages-request#1 0,1
      load page 0
      alice -> bob | packet#1 0: page 0, 1/2
      alice -> bob | packet#1 1: page 0, 2/2
      await room
      load page 1
      alice -> bob | packet#1 2: page 1, 1/2
      alice -> bob | packet#1 3: page 1, 2/2
      await room
      alice -> bob | completed#1 4
      bob -> alice | complete#1"
    `)
    expect(alice.upload.active).toBe(0)
  })

  it('[T46] cuts a parcel into packets of 15 KiB, and a very large one into as many parts as a page may have', () => {
    const sizesOf = (parcelBytes: number): readonly number[] => {
      const upload = createUpload({ pageRows: 8 })
      upload.step({ type: 'frame', frame: wants([0]), now: 0 })
      const effects = upload.step({ type: 'page-loaded', request: 1, page: 0, parcel: new Uint8Array(parcelBytes) })
      return effects.flatMap((effect) => (effect.type === 'send' && effect.frame.type === 'packet' ? [effect.frame.bytes.length] : []))
    }
    expect(sizesOf(2_500)).toEqual([2_500])
    expect(sizesOf(61_000)).toEqual([15_360, 15_360, 15_360, 14_920])
    expect(sizesOf(8 * 15_360 + 1)).toEqual([...Array<number>(7).fill(15_361), 15_354])
    expect(sizesOf(8 * MAX_PACKET_BYTES)).toEqual(Array<number>(8).fill(MAX_PACKET_BYTES))
    expect(sizesOf(8 * MAX_PACKET_BYTES + 1)).toEqual([])
  })

  it('[T11] serves streams in turns, page by page', () => {
    const alice = createAlice()
    alice.hears(wants([0, 1], 1))
    alice.hears(wantsOther([2, 3], 2))
    for (let page = 0; page < 4; page++) {
      alice.loads()
      alice.room()
    }
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | pages-request#1 0,1
      load page 0
      bob -> alice | pages-request#2 2,3
      alice -> bob | packet#1 0: page 0, 1/1
      await room
      load page 2
      alice -> bob | packet#2 0: page 2, 1/1
      await room
      load page 1
      alice -> bob | packet#1 1: page 1, 1/1
      await room
      alice -> bob | completed#1 2
      load page 3
      alice -> bob | packet#2 1: page 3, 1/1
      await room
      alice -> bob | completed#2 2"
    `)
  })

  it('[T11] serves requests for one stream one after the other: the first is over, and asked for anew, while the second is served', () => {
    const alice = createAlice()
    alice.hears(wants([0, 1], 1))
    alice.hears(wants([2, 3], 2))
    alice.hears(wantsOther([4, 5], 3))
    const order: string[] = []
    for (let page = 0; page < 6; page++) {
      alice.loads()
      alice.room()
      order.push(...alice.trace().split('\n').flatMap((line) => / (?:packet|completed)(#\d .*)/.exec(line)?.[1] ?? []))
    }
    expect(order).toEqual(['#1 0: page 0, 1/1', '#3 0: page 4, 1/1', '#1 1: page 1, 1/1', '#1 2', '#3 1: page 5, 1/1', '#3 2', '#2 0: page 2, 1/1', '#2 1: page 3, 1/1', '#2 2'])
  })

  it('[T11] names what comes next, in the order of turns and no more than it may, so that storage is read ahead', () => {
    const upload = createUpload({ pageRows: 8 })
    const aheadOf = (event: UploadEvent): readonly string[] =>
      upload.step(event).flatMap((effect) => (effect.type === 'load-page' ? [`now ${effect.request}/${effect.page}`, ...effect.ahead.map(({ request, page }) => `${request}/${page}`)] : []))
    expect(aheadOf({ type: 'frame', frame: wants([0, 1, 2], 1), now: 0 })).toEqual(['now 1/0', '1/1', '1/2'])
    upload.step({ type: 'frame', frame: wantsOther([7, 6, 5, 4, 3, 2, 1, 0], 2), now: 0 })
    upload.step({ type: 'page-loaded', request: 1, page: 0, parcel: new Uint8Array(9) })
    expect(aheadOf({ type: 'room' })).toEqual(['now 2/7', '1/1', '2/6', '1/2', '2/5', '2/4', '2/3', '2/2', '2/1', '2/0'])
    upload.step({ type: 'page-loaded', request: 2, page: 7, parcel: new Uint8Array(9) })
    upload.step({ type: 'frame', frame: { type: 'cancel', request: 2, pages: [6, 5, 4, 3, 2, 1, 0] }, now: 0 })
    expect(aheadOf({ type: 'room' })).toEqual(['now 1/1', '1/2'])
  })

  it('[T11] names no more than sixteen, however many requests take turns', () => {
    const upload = createUpload({ pageRows: 8 })
    for (let request = 1; request <= 4; request++) upload.step({ type: 'frame', frame: request % 2 === 0 ? wants([0, 1, 2, 3, 4, 5, 6, 7], request) : wantsOther([0, 1, 2, 3, 4, 5, 6, 7], request), now: 0 })
    upload.step({ type: 'page-loaded', request: 1, page: 0, parcel: new Uint8Array(9) })
    const [load] = upload.step({ type: 'room' })
    expect(load?.type === 'load-page' && load.ahead.length).toBe(16)
  })

  it('[T11] names what another request wants next, though it is the page whose turn it is', () => {
    const upload = createUpload({ pageRows: 8 })
    upload.step({ type: 'frame', frame: wants([0], 1), now: 0 })
    upload.step({ type: 'frame', frame: wants([3, 1], 2), now: 0 })
    upload.step({ type: 'frame', frame: wantsOther([3, 2], 3), now: 0 })
    upload.step({ type: 'page-loaded', request: 1, page: 0, parcel: new Uint8Array(9) })
    const [load] = upload.step({ type: 'room' }).filter((effect) => effect.type === 'load-page')
    expect(load?.ahead.map(({ request, page }) => `${request}/${page}`)).toEqual(['2/3', '3/2', '2/1'])
  })

  it('[T11] has one page in memory at a time: room that nobody waits for, and pages that nobody wanted, change nothing', () => {
    const alice = createAlice()
    const { upload } = alice
    const parcel = new Uint8Array(9)
    expect(upload.step({ type: 'page-loaded', request: 1, page: 0, parcel })).toEqual([])
    alice.hears(wants([0, 1], 1))
    alice.hears(wants([2], 2))
    expect(upload.step({ type: 'room' })).toEqual([])
    expect(upload.step({ type: 'page-loaded', request: 1, page: 1, parcel })).toEqual([])
    expect(upload.step({ type: 'page-loaded', request: 2, page: 0, parcel })).toEqual([])
    expect(upload.step({ type: 'page-loaded', request: 1, page: 0, parcel }).map(({ type }) => type)).toEqual(['send', 'await-room'])
    expect(upload.step({ type: 'page-loaded', request: 1, page: 0, parcel })).toEqual([])
  })

  it('[T11] refuses a fifth request as busy', () => {
    const alice = createAlice()
    for (let request = 1; request <= 5; request++) alice.hears(wants([0], request))
    expect(alice.trace()).toContain('alice -> bob | refused#5 busy')
    expect(alice.upload.active).toBe(4)
  })

  it('[T2] serves a repeated question once, also when it was over', () => {
    const alice = completed()
    alice.hears(wants([0, 1]))
    alice.hears({ type: 'complete', request: 1 })
    alice.hears(wants([0, 1]))
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | pages-request#1 0,1
      bob -> alice | complete#1
      bob -> alice | pages-request#1 0,1"
    `)
    expect(alice.upload.active).toBe(0)
  })

  it('[T2] remembers the numbers of so many requests that are over, and no more', () => {
    const alice = createAlice()
    for (let request = 1; request <= REMEMBERED_REQUESTS + 1; request++) {
      alice.hears(wants([0], request))
      alice.hears({ type: 'complete', request })
    }
    alice.hears(wants([0], 2))
    expect(alice.upload.active).toBe(0)
    alice.hears(wants([0], 1))
    expect(alice.upload.active).toBe(1)
  })

  it('[T7] [T12] sends what is missing in the order of its first sending, whatever the order in which it is named', () => {
    const alice = completed()
    alice.hears(missing([3, 1, 0]))
    alice.loads()
    alice.room()
    alice.loads()
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | missing#1 3,1,0
      load page 0
      alice -> bob | packet#1 0: page 0, 1/2
      alice -> bob | packet#1 1: page 0, 2/2
      await room
      load page 1
      alice -> bob | packet#1 3: page 1, 2/2
      await room
      alice -> bob | completed#1 4"
    `)
  })

  it('[T12] [T15] [T16] sends no missing packet of a page that was cancelled or cannot be served any more, and says which cannot', () => {
    const alice = completed()
    alice.hears({ type: 'cancel', request: 1, pages: [1] })
    alice.hears(missing([2]))
    alice.hears(missing([0, 3]))
    alice.loads([0])
    alice.hears(missing([1]))
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | cancel#1 1
      bob -> alice | missing#1 2
      bob -> alice | missing#1 0,3
      load page 0
      alice -> bob | unavailable#1 0
      alice -> bob | completed#1 4
      bob -> alice | missing#1 1
      alice -> bob | unavailable#1 0"
    `)
  })

  it('[T12] does not say completed while a packet that was missed is on its way, nor before everything was sent', () => {
    const alice = createAlice()
    alice.hears(wants([0]))
    alice.waits(3_000)
    expect(alice.trace()).not.toContain('completed')
    alice.loads()
    alice.room()
    alice.hears(missing([0]))
    alice.trace()
    alice.waits(3_000)
    expect(alice.trace()).toBe('')
  })

  it('[T12] sends what is missing under its old number and says completed again', () => {
    const alice = completed()
    alice.hears(missing([1, 2]))
    alice.loads()
    alice.room()
    alice.loads()
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | missing#1 1,2
      load page 0
      alice -> bob | packet#1 1: page 0, 2/2
      await room
      load page 1
      alice -> bob | packet#1 2: page 1, 1/2
      await room
      alice -> bob | completed#1 4"
    `)
  })

  it.each([
    ['of another length', new Uint8Array(90)],
    ['of the same length', Uint8Array.from(history.pages[0] ?? [], (byte, at) => (at === 30 ? byte ^ 1 : byte))],
  ])('[T23] sends no part of another packing %s under an old number: the page is not to be had in this request any more', (_, other) => {
    const alice = completed()
    alice.hears(missing([1, 2]))
    alice.loadsOther(other)
    alice.loads()
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | missing#1 1,2
      load page 0
      alice -> bob | unavailable#1 0
      load page 1
      alice -> bob | packet#1 2: page 1, 1/2
      await room
      alice -> bob | completed#1 4"
    `)
  })

  it('[T12] repeats completed every second and forgets the request after the last time', () => {
    const alice = completed({ completedRepeats: 2 })
    alice.waits(2_250)
    expect(alice.trace()).toMatchInlineSnapshot(`
      "alice -> bob | completed#1 4
      alice -> bob | completed#1 4"
    `)
    alice.waits(1_000)
    expect(alice.trace()).toBe('')
    expect(alice.upload.active).toBe(0)
  })

  it('[T12] begins to count anew when the receiver says what is missing', () => {
    const alice = createAlice({ completedRepeats: 2 })
    alice.waits(5_000)
    alice.hears(wants([0]))
    alice.loads()
    alice.waits(2_000)
    alice.hears(missing([0]))
    alice.room()
    alice.loads()
    alice.trace()
    alice.waits(750)
    expect(alice.trace()).toBe('')
    alice.waits(1_250)
    expect(alice.trace().split('\n')).toHaveLength(2)
    expect(alice.upload.active).toBe(1)
  })

  it('[T12] forgets a request whose missing has no end', () => {
    const alice = completed()
    for (let round = 0; round < MAX_MISSING_ROUNDS; round++) alice.hears(missing([0]))
    expect(alice.upload.active).toBe(1)
    alice.hears(missing([0]))
    expect(alice.upload.active).toBe(0)
  })

  it('[T16] says which pages it cannot serve, and says it again with completed', () => {
    const alice = createAlice()
    alice.hears(wants([0, 1]))
    alice.loads([0])
    alice.loads()
    alice.waits(1_000)
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | pages-request#1 0,1
      load page 0
      alice -> bob | unavailable#1 0
      load page 1
      alice -> bob | packet#1 0: page 1, 1/1
      await room
      alice -> bob | completed#1 1
      alice -> bob | unavailable#1 0
      alice -> bob | completed#1 1"
    `)
  })

  it('[T15] does not send cancelled pages, not even the one that is being loaded', () => {
    const alice = createAlice()
    alice.hears(wants([0, 1, 2]))
    alice.hears({ type: 'cancel', request: 1, pages: [0, 1] })
    alice.loads()
    alice.loads()
    expect(alice.trace()).toMatchInlineSnapshot(`
      "bob -> alice | pages-request#1 0,1,2
      load page 0
      bob -> alice | cancel#1 0,1
      load page 2
      alice -> bob | packet#1 0: page 2, 1/1
      await room
      alice -> bob | completed#1 1"
    `)
    alice.hears({ type: 'cancel', request: 1, pages: [2] })
    expect(alice.upload.active).toBe(0)
  })

  it('[T15] goes on with the pages that wait when one that was sent is cancelled', () => {
    const alice = createAlice()
    alice.hears(wants([0, 1]))
    alice.loads()
    alice.hears({ type: 'cancel', request: 1, pages: [0] })
    alice.room()
    expect(alice.trace().split('\n').at(-1)).toBe('load page 1')
  })

  it('[T14] sends nothing of a request that ended while its page was being loaded', () => {
    const alice = createAlice()
    alice.hears(wants([0]))
    alice.hears({ type: 'complete', request: 1 })
    alice.trace()
    alice.loads()
    expect(alice.trace()).toBe('')
  })

  it('[T16] cannot serve a page that has become nothing', () => {
    const alice = createAlice()
    alice.hears(wants([0]))
    alice.trace()
    alice.loadsOther(new Uint8Array(0))
    expect(alice.trace()).toContain('alice -> bob | unavailable#1 0')
  })

  it('[T2] ignores what belongs to no request: it may have crossed its end', () => {
    const alice = createAlice()
    alice.hears(missing([5], 9))
    alice.hears({ type: 'complete', request: 9 })
    alice.hears({ type: 'cancel', request: 9, pages: [1] })
    expect(alice.trace().split('\n').filter((line) => !line.startsWith('bob'))).toEqual([])
  })
})

describe('lies', () => {
  const lies: readonly { readonly rule: string; readonly frames: readonly RequestFrame[] }[] = [
    { rule: 'T5', frames: [wants([])] },
    { rule: 'T5', frames: [wants([1, 1])] },
    { rule: 'T5', frames: [wants([8])] },
    { rule: 'T5', frames: [wants([0, 8])] },
    { rule: 'T2', frames: [wants([0]), wants([1])] },
    { rule: 'T13', frames: [wants([0]), missing([0])] },
    { rule: 'T15', frames: [wants([0]), { type: 'cancel', request: 1, pages: [1] }] },
  ]
  it('[T2] [T5] [T13] [T15] questions that cannot be', () => {
    const cuts = lies.map(({ rule, frames }) => {
      const alice = createAlice()
      for (const frame of frames) alice.hears(frame)
      expect(alice.upload.active).toBe(0)
      return `${rule} ${alice.trace().split('\n').find((line) => line.startsWith('cut')) ?? 'not cut'}`
    })
    expect(cuts.join('\n')).toMatchInlineSnapshot(`
      "T5 cut bob | protocol: It asked for a page twice, or for none.
      T5 cut bob | protocol: It asked for a page twice, or for none.
      T5 cut bob | protocol: It asked for pages beyond the 8 of its own head.
      T5 cut bob | protocol: It asked for pages beyond the 8 of its own head.
      T2 cut bob | protocol: It asked other pages under number 1 than before.
      T13 cut bob | protocol: In request 1 packets were missed before completed was said.
      T15 cut bob | protocol: It cancelled page 1, which is not of request 1."
    `)
  })

  it('[T18] whoever lied is answered nothing more', () => {
    const alice = completed()
    alice.hears(wants([]))
    alice.trace()
    alice.hears(wants([0], 2))
    alice.waits(2_000)
    expect(alice.trace()).toBe('bob -> alice | pages-request#2 0')
  })

  it('[T13] missing numbers that cannot be', () => {
    const cuts = [[], [4], [0, 0]].map((numbers) => {
      const alice = completed()
      alice.hears(missing(numbers))
      return alice.trace().split('\n').at(-1)
    })
    expect(cuts.join('\n')).toMatchInlineSnapshot(`
      "cut bob | protocol: In request 1 nothing is missed.
      cut bob | protocol: In request 1 packet 4 of 4 is missed.
      cut bob | protocol: In request 1 packet 0 is missed twice."
    `)
  })
})

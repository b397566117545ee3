import type { Bytes } from '../base/bytes.ts'
import type { Mutable } from '../base/mutable.ts'
import { unreachable } from '../base/unreachable.ts'
import { PAGE_ROWS, pagesOf } from '../domain/page.ts'
import type { StreamId } from '../domain/stream.ts'
import type { PeerFrame } from '../protocol/frame.ts'
import { COMPLETED_REPEAT_MS, COMPLETED_REPEATS, MAX_REQUESTS_SERVED } from '../protocol/limits.ts'
import { createServing, dropPage, judgeMissing, nextPage, packetsOf, type Serving } from './serving.ts'
import { createStopwatch } from './stopwatch.ts'

export type RequestFrame = Extract<PeerFrame, { type: 'pages-request' | 'missing' | 'complete' | 'cancel' }>
export type ReplyFrame = Extract<PeerFrame, { type: 'packet' | 'completed' | 'unavailable' | 'refused' }>

export type UploadEvent =
  | { readonly type: 'frame'; readonly frame: RequestFrame; readonly now: number }
  /** Null: this page cannot be served. The same page in the same encodings is the same parcel every time. */
  | { readonly type: 'page-loaded'; readonly request: number; readonly page: number; readonly parcel: Bytes | null }
  /** The link can take more. */
  | { readonly type: 'room' }
  | { readonly type: 'tick'; readonly now: number }

export interface WantedPage {
  readonly request: number
  readonly stream: StreamId
  readonly root: Bytes
  readonly rows: number
  readonly page: number
  /** That the asker reads beside canonical bytes. */
  readonly encodings: readonly number[]
}

export type UploadEffect =
  /** `ahead`: what is likely loaded next, in its order. */
  | (WantedPage & { readonly type: 'load-page'; readonly ahead: readonly WantedPage[] })
  | { readonly type: 'send'; readonly frame: ReplyFrame }
  /** To be answered with `room` when the link's credit allows, at once or later. */
  | { readonly type: 'await-room' }
  | { readonly type: 'cut'; readonly code: string; readonly message: string }

export interface UploadConfig {
  readonly pageRows: number
  /** Of a parcel that needs no more parts than a page may have; others have larger ones. */
  readonly packetBytes: number
  readonly completedRepeatMs: number
  readonly completedRepeats: number
}

/** A quarter of the smallest window of a link: of packets as large as a window one is under way at a time, and the line stands idle between them. */
export const PACKET_BYTES = 15 * 1024

export const UPLOAD_DEFAULTS: UploadConfig = {
  pageRows: PAGE_ROWS,
  packetBytes: PACKET_BYTES,
  completedRepeatMs: COMPLETED_REPEAT_MS,
  completedRepeats: COMPLETED_REPEATS,
}

/** Numbers of requests that ended, so that a late copy of one is not served again: a copy is seldom later than this many. */
export const REMEMBERED_REQUESTS = 64

/** `missing` is answered this often in one request; a peer that still lacks something could go on for ever. */
export const MAX_MISSING_ROUNDS = 64

/** Pages that a driver may load before their turn: half of them are one read of storage, and a link does not wait for it. */
export const MAX_PAGES_AHEAD = 16

/**
 * Serves one peer's page requests over one link: SPEC, section T. One page is in memory at a time, and those that the driver
 * loads ahead; streams take turns page by page, requests for one stream are served one after the other, and between two pages the link
 * is asked for room.
 */
export interface Upload {
  step(event: UploadEvent): readonly UploadEffect[]
  /** Requests that are remembered. */
  readonly active: number
}

interface State {
  readonly settings: UploadConfig
  /** In the order of their next turn. */
  readonly servings: Map<number, Serving>
  readonly ended: Set<number>
  /** One thing at a time: nothing, a page that is being loaded, or a link that is full. */
  busy: { readonly with: 'nothing' | 'room' } | { readonly with: 'loading'; readonly request: number; readonly page: number }
  effects: UploadEffect[]
  now: number
  isCut: boolean
}

export const createUpload = (config: Partial<UploadConfig> = {}): Upload => {
  const settings = { ...UPLOAD_DEFAULTS, ...config }
  const stopwatch = createStopwatch(settings.completedRepeatMs)
  const state: State = {
    settings,
    servings: new Map(),
    ended: new Set(),
    busy: { with: 'nothing' },
    effects: [],
    now: 0,
    isCut: false,
  }
  const upload: Mutable<Upload> = {
    active: 0,
    step(event) {
      if (state.isCut) return []
      if ('now' in event) state.now = stopwatch(event.now)
      state.effects = []
      apply(state, event)
      pump(state)
      upload.active = state.servings.size
      return state.effects
    },
  }
  return upload
}

const apply = (state: State, event: UploadEvent): void => {
  switch (event.type) {
    case 'frame':
      return onFrame(state, event.frame)
    case 'page-loaded':
      return onLoaded(state, event.request, event.page, event.parcel)
    case 'room':
      if (state.busy.with === 'room') state.busy = { with: 'nothing' }
      return
    case 'tick':
      for (const serving of state.servings.values()) repeatCompleted(state, serving)
      return
    default:
      return unreachable(event)
  }
}

const onFrame = (state: State, frame: RequestFrame): void => {
  if (frame.type === 'pages-request') return onQuestion(state, frame)
  const serving = state.servings.get(frame.request)
  // It may have crossed the end of its request, or overtaken its beginning.
  if (serving === undefined) return
  switch (frame.type) {
    case 'missing':
      return onMissing(state, serving, frame.numbers)
    case 'complete':
      return endServing(state, serving)
    case 'cancel':
      return onCancel(state, serving, frame.pages)
    default:
      return unreachable(frame)
  }
}

const onQuestion = (state: State, frame: Extract<RequestFrame, { type: 'pages-request' }>): void => {
  const { request, rows, pages, encodings } = frame
  const known = state.servings.get(request)
  if (known !== undefined && pages.join() !== known.pages.join())
    return cut(state, `It asked other pages under number ${request} than before.`)
  if (known !== undefined && encodings.join() !== known.encodings.join())
    return cut(state, `It asked in other encodings under number ${request} than before.`)
  if (known !== undefined || state.ended.has(request)) return
  const beyond = pagesOf(rows, state.settings.pageRows)
  if (pages.length === 0 || new Set(pages).size < pages.length) return cut(state, 'It asked for a page twice, or for none.')
  if (pages.some((page) => page >= beyond)) return cut(state, `It asked for pages beyond the ${beyond} of its own head.`)
  if (state.servings.size < MAX_REQUESTS_SERVED) state.servings.set(request, createServing(frame))
  else {
    const message = `${MAX_REQUESTS_SERVED} requests are being served; ask again later.`
    state.effects.push({ type: 'send', frame: { type: 'refused', request, code: 'busy', message } })
  }
}

const onMissing = (state: State, serving: Serving, numbers: readonly number[]): void => {
  const problem = judgeMissing(serving, numbers)
  if (problem !== null) return cut(state, `In request ${serving.request} ${problem}.`)
  if (++serving.rounds > MAX_MISSING_ROUNDS) return endServing(state, serving)
  serving.repeats = 0
  for (const number of numbers) {
    const page = serving.packets[number]?.page
    if (page !== undefined && !serving.cancelled.has(page) && !serving.declined.has(page)) serving.resend.add(number)
  }
  // With nothing to resend the timer says completed again: two nodes must not toss the same two frames to and fro.
  if (serving.resend.size > 0) serving.isDue = true
  sayUnavailable(state, serving)
}

const onCancel = (state: State, serving: Serving, pages: readonly number[]): void => {
  const stranger = pages.find((page) => !serving.pages.includes(page))
  if (stranger !== undefined) return cut(state, `It cancelled page ${stranger}, which is not of request ${serving.request}.`)
  for (const page of pages) {
    serving.cancelled.add(page)
    dropPage(serving, page)
  }
  if (serving.cancelled.size === serving.pages.length) endServing(state, serving)
}

const onLoaded = (state: State, request: number, page: number, parcel: Bytes | null): void => {
  if (state.busy.with !== 'loading' || state.busy.request !== request || state.busy.page !== page) return
  state.busy = { with: 'nothing' }
  const serving = state.servings.get(request)
  // Cancelled or ended while it was being loaded.
  if (serving === undefined || serving.cancelled.has(page)) return
  const packets = parcel === null ? null : packetsOf(serving, page, parcel, state.settings.packetBytes)
  if (packets === null) {
    serving.declined.add(page)
    dropPage(serving, page)
    return sayUnavailable(state, serving)
  }
  for (const packet of packets) state.effects.push({ type: 'send', frame: { type: 'packet', request, ...packet } })
  state.busy = { with: 'room' }
  state.effects.push({ type: 'await-room' })
  passTurn(state, serving)
}

/** The next turn is another stream's. Requests for one are not mixed: two that began together would end together, and the line stand idle (traced). */
const passTurn = ({ servings }: State, { stream }: Serving): void => {
  for (const one of [...servings.values()])
    if (one.stream === stream) {
      servings.delete(one.request)
      servings.set(one.request, one)
    }
}

/** Whatever happened: says `completed` where everything is sent, and loads the next page when nothing is in the way. */
const pump = (state: State): void => {
  for (const serving of state.servings.values()) {
    const page = nextPage(serving)
    if (page === null && serving.isDue) sayCompleted(state, serving)
    if (page === null || state.busy.with !== 'nothing') continue
    state.busy = { with: 'loading', request: serving.request, page }
    state.effects.push({ type: 'load-page', ...wantedOf(serving, page), ahead: pagesAhead(state, serving, page) })
  }
}

const wantedOf = ({ request, stream, root, rows, encodings }: Serving, page: number): WantedPage => ({ request, stream, root, rows, page, encodings })

/** In the order of turns, behind the page whose turn it is. */
const pagesAhead = ({ servings }: State, current: Serving, now: number): readonly WantedPage[] => {
  const lines = new Map<StreamId, WantedPage[]>()
  for (const serving of servings.values())
    lines.set(serving.stream, [...(lines.get(serving.stream) ?? []), ...serving.queue.slice(0, MAX_PAGES_AHEAD + 1).map((page) => wantedOf(serving, page))])
  const ahead: WantedPage[] = []
  for (let turn = 0; turn <= MAX_PAGES_AHEAD; turn++)
    for (const line of lines.values()) {
      const wanted = line[turn]
      const isNow = wanted?.request === current.request && wanted.page === now
      if (wanted !== undefined && !isNow && ahead.length < MAX_PAGES_AHEAD) ahead.push(wanted)
    }
  return ahead
}

const sayCompleted = (state: State, serving: Serving): void => {
  serving.isDue = false
  serving.completedAt = state.now
  const frame = { type: 'completed', request: serving.request, packets: serving.packets.length } as const
  state.effects.push({ type: 'send', frame })
}

const sayUnavailable = (state: State, serving: Serving): void => {
  if (serving.declined.size === 0) return
  const frame = { type: 'unavailable', request: serving.request, pages: [...serving.declined] } as const
  state.effects.push({ type: 'send', frame })
}

const repeatCompleted = (state: State, serving: Serving): void => {
  const { completedAt } = serving
  if (completedAt === null || nextPage(serving) !== null) return
  if (state.now - completedAt < state.settings.completedRepeatMs) return
  if (serving.repeats >= state.settings.completedRepeats) return endServing(state, serving)
  serving.repeats++
  sayUnavailable(state, serving)
  sayCompleted(state, serving)
}

const endServing = (state: State, serving: Serving): void => {
  state.servings.delete(serving.request)
  state.ended.add(serving.request)
  const [oldest] = state.ended
  if (state.ended.size > REMEMBERED_REQUESTS && oldest !== undefined) state.ended.delete(oldest)
}

const cut = (state: State, message: string): void => {
  state.isCut = true
  state.servings.clear()
  state.effects.push({ type: 'cut', code: 'protocol', message })
}

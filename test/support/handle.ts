import type { Page } from 'playwright-core'
import type { BannedPeer, PeerView } from '../../src/neuron/peer-view.ts'
import type { CheckReport, LooseRowView, PredictionView, PredictorView, StreamView } from '../../src/neuron/snapshot.ts'
import { until } from './until.ts'

/** The console handle `zazen` of a node's page, as README documents it. */
export interface Handle {
  status(): Promise<unknown>
  streams(): Promise<readonly StreamView[]>
  publish(request: { readonly name: string; readonly csv: string }): Promise<{ readonly id: string }>
  predictors(id: string): Promise<readonly PredictorView[]>
  subscribe(id: string): Promise<void>
  followUnsigned(stream: { readonly source: string; readonly name: string; readonly csv?: string }): Promise<{ readonly id: string; readonly rows: number }>
  unsigned(id: string, options: { readonly last: number }): Promise<readonly LooseRowView[]>
  append(id: string, row: { readonly time: string; readonly value: string }): Promise<unknown>
  history(id: string, options: { readonly last: number }): Promise<readonly { row: number; time: string; value: string; hash: string }[]>
  predictions(id: string): Promise<readonly PredictionView[]>
  recheck(id: string): Promise<CheckReport>
  forget(id: string): Promise<void>
  peers(): Promise<readonly PeerView[]>
  disconnect(id: string): Promise<void>
  ban(id: string): Promise<readonly BannedPeer[]>
  lift(id: string): Promise<readonly BannedPeer[]>
  pause(): Promise<void>
  resume(): Promise<void>
}

/** The same calls from here; a failure `{code, message}` becomes an Error that names both. */
export const createHandle = (page: Page): Handle => {
  const call = async <T>(method: keyof Handle, ...args: readonly unknown[]): Promise<T> => {
    const outcome = await page.evaluate(callOnPage, { method, args })
    if (outcome.ok) return outcome.value as T
    throw new Error(`zazen.${method}: ${outcome.error}`)
  }
  return {
    status: () => call('status'),
    streams: () => call('streams'),
    publish: (request) => call('publish', request),
    predictors: (id) => call('predictors', id),
    subscribe: (id) => call('subscribe', id),
    followUnsigned: (stream) => call('followUnsigned', stream),
    unsigned: (id, options) => call('unsigned', id, options),
    append: (id, row) => call('append', id, row),
    history: (id, options) => call('history', id, options),
    predictions: (id) => call('predictions', id),
    recheck: (id) => call('recheck', id),
    forget: (id) => call('forget', id),
    peers: () => call('peers'),
    disconnect: (id) => call('disconnect', id),
    ban: (id) => call('ban', id),
    lift: (id) => call('lift', id),
    pause: () => call('pause'),
    resume: () => call('resume'),
  }
}

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string }

/** Runs on the page; it may use nothing from here. */
const callOnPage = async ({ method, args }: { method: string; args: readonly unknown[] }): Promise<Outcome> => {
  const { zazen } = globalThis as { zazen?: Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>> }
  const run = zazen?.[method]
  if (run === undefined) return { ok: false, error: 'the page has no such handle' }
  try {
    return { ok: true, value: await run(...args) }
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message?: string }
    return { ok: false, error: `${code ?? 'no code'}: ${message ?? JSON.stringify(thrown)}` }
  }
}

/** The stream as a node shows it, once it is as wanted. */
export const streamWhen = (
  node: { readonly zazen: Handle },
  id: string,
  what: string,
  isSo: (stream: StreamView) => boolean,
  options?: { readonly timeoutMs?: number; readonly everyMs?: number },
): Promise<StreamView> =>
  until(what, async () => {
    const stream = (await node.zazen.streams()).find((one) => one.id === id)
    if (stream === undefined) throw new Error('the stream is not there')
    if (!isSo(stream)) throw new Error(JSON.stringify(stream))
    return stream
  }, options)

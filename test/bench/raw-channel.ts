import { callOn, onFreshPages, type Pair } from './pair.ts'
import type { Run } from './run.ts'

/** The ceiling: one RTCDataChannel, messages of 64 KiB, at most this much unacknowledged. */
const WINDOW_BYTES = 512 * 1024
const MESSAGE_BYTES = 64 * 1024

/** A description on its way: the wide-area link rewrites it. */
export type Passing = (description: string, from: 'sender' | 'receiver') => Promise<string>

/** Sends canonical bytes over a bare channel under a fixed credit window; the receiver asks. */
export const runRawChannel = (
  pair: Pair,
  given: { readonly url: string; readonly rows: number; readonly total: number; readonly windowBytes?: number; readonly pass?: Passing },
): Promise<Run> =>
  onFreshPages(pair, `${given.url}/raw.html`, async (sender, receiver) => {
    const { url, rows, total, windowBytes = WINDOW_BYTES, pass = async (it) => it } = given
    const settings = { from: `${url}/rows/${rows}`, window: windowBytes, message: MESSAGE_BYTES }
    const offer = await pass(await callOn<string>(receiver, 'ask', settings), 'receiver')
    const answer = await pass(await callOn<string>(sender, 'answer', { ...settings, offer }), 'sender')
    return callOn<Run>(receiver, 'receive', { answer, total })
  })

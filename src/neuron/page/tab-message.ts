import * as v from 'valibot'
import { fail, type Result } from '../../base/result.ts'
import type { NeuronCommands } from '../neuron-commands.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Care } from './household.ts'

// What tabs of one profile say to each other. One of them leads: it is the node; the others watch it, and ask it for whatever a
// person wants done there. Everyone hears everything.

/** What a tab that watches may ask for: all that the window can do with a node. */
export type TabCalls = Omit<NeuronCommands, 'observe' | 'unobserve'> & Care

const CALLS: Readonly<Record<keyof TabCalls, true>> = {
  previewCsv: true, publishCsv: true, appendCsv: true, cancelImport: true, samples: true, publishSample: true, listing: true, stream: true,
  predictors: true, subscribe: true, followUnsigned: true, unsubscribe: true, nextRow: true, append: true, history: true, predictions: true, series: true,
  exportCsv: true, predictedSeries: true, looseRows: true, recheck: true, forget: true, beginEpoch: true, setPaused: true, setEngine: true,
  vouch: true, disconnectPeer: true, banPeer: true, liftBan: true, prepareEnd: true, snapshot: true, exportLog: true, backUp: true, restore: true, erase: true,
}

export const TAB_CALLS = Object.keys(CALLS) as readonly (keyof TabCalls)[]

/** Names of apps and tabs are short; what is longer was not written by this app. */
const MAX_NAME = 64

/** No command takes more. */
const MAX_ARGS = 4

const name = v.pipe(v.string(), v.maxLength(MAX_NAME))
const number = v.pipe(v.number(), v.safeInteger())
const failure = v.object({ code: v.string(), message: v.string() })

/** `leader`: the tab that is the node. */
export type TabRole = 'leader' | 'watcher'

/**
 * Two fields never change: `app`, the version of the app that speaks, and `from`, its role. Another version is not understood any
 * further. Within one version of one origin what a message holds is taken as it is meant: who could lie here could as well run in our
 * place.
 */
const message = v.variant('is', [
  v.object({ is: v.literal('watch') }),
  v.object({ is: v.literal('ask'), tab: name, number, call: v.picklist(TAB_CALLS), args: v.pipe(v.array(v.unknown()), v.maxLength(MAX_ARGS)), listens: v.boolean() }),
  v.object({ is: v.literal('leads') }),
  v.object({ is: v.literal('here') }),
  v.object({ is: v.literal('snapshot'), snapshot: v.custom<Snapshot>((it) => typeof it === 'object' && it !== null) }),
  v.object({ is: v.literal('told'), tab: name, number, value: v.unknown() }),
  v.object({ is: v.literal('answer'), tab: name, number, answer: v.variant('ok', [v.object({ ok: v.literal(true), value: v.unknown() }), v.object({ ok: v.literal(false), error: failure })]) }),
  v.object({ is: v.literal('ended'), others: number }),
])

export type TabMessage = v.InferOutput<typeof message>

/** What the other role says, of any version; null: nothing that is meant for this one. Total. */
export const decodeTabMessage = (data: unknown, { app, hears }: { readonly app: string; readonly hears: TabRole }): TabMessage | 'other-version' | null => {
  if (typeof data !== 'object' || data === null || !('app' in data) || !('from' in data)) return null
  if (typeof data.app !== 'string' || data.from !== hears) return null
  if (data.app !== app) return 'other-version'
  const judged = v.safeParse(message, data)
  return judged.success ? judged.output : null
}

export const encodeTabMessage = (message: TabMessage, { app, from }: { readonly app: string; readonly from: TabRole }): unknown => ({ app, from, ...message })

export type TabAnswer = Result<unknown>

/** What was asked of a tab that is the node no longer: nobody will answer it. */
export const LEADER_GONE = fail('leader-gone', 'The tab in which the node ran ended before it answered. See whether it was done, and try again if not.')

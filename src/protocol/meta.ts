import * as v from 'valibot'
import { hexOf, rowCount } from './json.ts'

/**
 * What subscribers of a stream say to one another through its meta topic (M10, M11): who wants a history, who promises one.
 * Every message is addressed to one member except `request-history`. SPEC, section M.
 */
export const metaSchema = v.variant('kind', [
  /** "I lack rows beyond `rows`": broadcast by a newcomer that got no offer; everyone told must answer. */
  v.strictObject({ kind: v.literal('request-history'), rows: rowCount }),
  /** "Let us be linked, whatever either of us has": who is asked offers if it has any rows. */
  v.strictObject({ kind: v.literal('meet') }),
  /** The promise: "I have `rows` verified rows and would connect." */
  v.strictObject({ kind: v.literal('offer'), rows: rowCount }),
  /** "Yes: meet me at the rendezvous under this one-time key." */
  v.strictObject({ kind: v.literal('accept'), key: hexOf(32) }),
])

export type MetaMessage = v.InferOutput<typeof metaSchema>

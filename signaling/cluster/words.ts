import * as v from 'valibot'
import { fail, ok, type Failure, type Result } from '../../src/base/result.ts'
import { epochNumber, hexOf, hexUpTo, publicKey, rowCount, shortText, streamId, variantBy } from '../../src/protocol/json.ts'
import { MAX_SIGNAL_CHARS } from '../../src/protocol/limits.ts'
import { MAX_LIVE_BYTES } from '../../src/protocol/live.ts'
import { serverMessage } from '../../src/protocol/signaling.ts'
import { MAX_CENSUS_PART, MAX_CLUSTER_WORD_CHARS } from '../limits.ts'

/** The subject that every server hears; each also hears the one of its name. */
export const EVERYONE = 'everyone'

export const serverName = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/))

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const from = serverName
/** How many changes a server has told so far, this one included: who has counted otherwise has missed one and asks. */
const said = count

const outgoing = v.strictObject({ to: v.array(publicKey), message: serverMessage })

/** What the servers of a cluster say to each other. They trust each other; words are judged all the same, since a subject is open to whoever reaches it. */
export const clusterWord = variantBy('kind', [
  /** Every BEAT_MS: still here. */
  v.strictObject({ kind: v.literal('beat'), from, said }),
  /** "Tell me whom you have." */
  v.strictObject({ kind: v.literal('asks'), from }),
  v.strictObject({
    kind: v.literal('census'),
    from,
    said,
    part: count,
    parts: count,
    nodes: v.pipe(v.array(v.strictObject({ node: publicKey, at: count, streams: v.array(streamId) })), v.maxLength(MAX_CENSUS_PART)),
  }),
  /** A node checked in, at this time; an older connection of it elsewhere ends. */
  v.strictObject({ kind: v.literal('came'), from, said, node: publicKey, at: count }),
  v.strictObject({ kind: v.literal('went'), from, said, node: publicKey }),
  v.strictObject({ kind: v.literal('joined'), from, said, node: publicKey, stream: streamId }),
  v.strictObject({ kind: v.literal('parted'), from, said, node: publicKey, stream: streamId }),
  /** The server stops. */
  v.strictObject({ kind: v.literal('gone'), from }),
  /** For nodes that are connected to the server addressed. */
  v.strictObject({ kind: v.literal('tell'), from, said: v.array(outgoing) }),
  /** For all subscribers of a stream at the server addressed. */
  v.strictObject({ kind: v.literal('row'), from, stream: streamId, epoch: epochNumber, rows: rowCount, live: hexUpTo(MAX_LIVE_BYTES) }),
  /** A second caller, for the server that is home to the key; answered by `called` with what its node is to be told. */
  v.strictObject({ kind: v.literal('call'), from, re: count, node: publicKey, key: hexOf(32) }),
  v.strictObject({
    kind: v.literal('called'),
    from,
    re: count,
    failure: v.nullable(v.strictObject({ code: shortText(40), message: shortText(240) })),
    said: v.array(outgoing),
  }),
  v.strictObject({ kind: v.literal('signal'), from, node: publicKey, key: hexOf(32), signal: shortText(MAX_SIGNAL_CHARS) }),
  v.strictObject({ kind: v.literal('leave'), from, node: publicKey, key: hexOf(32) }),
  /** As `leave`, of a node that was not told of its match: the other one is told that it left. */
  v.strictObject({ kind: v.literal('abandon'), from, node: publicKey, key: hexOf(32) }),
])

export type ClusterWord = v.InferOutput<typeof clusterWord>

/** Words that change who is where; they are counted. */
export type Change = Extract<ClusterWord, { kind: 'came' | 'went' | 'joined' | 'parted' }>

export const decodeClusterWord = (text: string): Result<ClusterWord, Failure<'malformed'>> => {
  if (text.length > MAX_CLUSTER_WORD_CHARS) return fail('malformed', `a word of ${text.length} characters`)
  try {
    const judged = v.safeParse(clusterWord, JSON.parse(text), { abortEarly: true })
    return judged.success ? ok(judged.output) : fail('malformed', judged.issues[0].message)
  } catch {
    return fail('malformed', 'a word that is not JSON')
  }
}

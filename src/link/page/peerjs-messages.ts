import * as v from 'valibot'
import { publicKey, shortText } from '../../protocol/json.ts'
import { MAX_SIGNAL_CHARS } from '../../protocol/limits.ts'

// What a PeerServer says, as far as a node listens. PeerJS believes all of it: a LEAVE closes open connections, an unknown
// serialization throws, a candidate for nobody is kept for ever. So it only sees what has been judged here.

const connectionId = shortText(64)

const candidate = v.object({
  candidate: shortText(1_024),
  sdpMid: v.nullish(shortText(64)),
  sdpMLineIndex: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(64))),
  usernameFragment: v.nullish(shortText(256)),
})

const description = (type: 'offer' | 'answer') => v.object({ type: v.literal(type), sdp: shortText(MAX_SIGNAL_CHARS) })

export const peerServerMessage = v.variant('type', [
  v.object({ type: v.literal('OPEN') }),
  v.object({ type: v.literal('ERROR'), payload: v.object({ msg: shortText(1_000) }) }),
  v.object({ type: v.literal('ID-TAKEN') }),
  v.object({ type: v.literal('INVALID-KEY') }),
  v.object({ type: v.literal('LEAVE'), src: publicKey }),
  v.object({ type: v.literal('EXPIRE'), src: publicKey }),
  v.object({
    type: v.literal('OFFER'),
    src: publicKey,
    payload: v.object({
      sdp: description('offer'),
      type: v.literal('data'),
      connectionId,
      label: v.optional(shortText(64)),
      reliable: v.literal(true),
      serialization: v.literal('raw'),
    }),
  }),
  v.object({
    type: v.literal('ANSWER'),
    src: publicKey,
    payload: v.object({ sdp: description('answer'), type: v.literal('data'), connectionId }),
  }),
  v.object({
    type: v.literal('CANDIDATE'),
    src: publicKey,
    payload: v.object({ candidate, type: v.literal('data'), connectionId }),
  }),
])

export type PeerServerMessage = v.InferOutput<typeof peerServerMessage>

/** Null: nothing a node listens to. */
export const judgePeerServer = (message: unknown): PeerServerMessage | null => {
  const judged = v.safeParse(peerServerMessage, message, { abortEarly: true })
  return judged.success ? judged.output : null
}

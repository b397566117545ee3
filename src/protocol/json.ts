import * as v from 'valibot'
import { MAX_ROWS } from '../domain/head.ts'
import { isPublicKey, isStreamId, MAX_NAME_BYTES, type PublicKey, type StreamId } from '../domain/stream.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { MAX_SIGNALING_BYTES } from './limits.ts'

// Words that the JSON messages share. Bytes travel as lower-case hex.

export const hexOf = (bytes: number) => v.pipe(v.string(), v.length(bytes * 2), v.regex(/^[0-9a-f]*$/))

export const hexUpTo = (bytes: number) => v.pipe(v.string(), v.maxLength(bytes * 2), v.regex(/^(?:[0-9a-f]{2})*$/))

export const streamId = v.custom<StreamId>((text) => typeof text === 'string' && isStreamId(text), 'a stream id is 64 hex digits')

export const publicKey = v.custom<PublicKey>((text) => typeof text === 'string' && isPublicKey(text), 'a key is 64 hex digits')

export const shortText = (max: number) => v.pipe(v.string(), v.maxLength(max))

export const rowCount = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_ROWS))

/** Counts the times a publisher began anew (`Head.epoch`). */
export const epochNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0xffff_ffff))

/** A signed head as hex of its canonical encoding (`signedHeadCodec`). */
export const signedHead = hexUpTo(256)

export const identity = v.strictObject({
  source: shortText(MAX_NAME_BYTES),
  author: publicKey,
  stream: shortText(MAX_NAME_BYTES),
  target: shortText(MAX_NAME_BYTES),
})

export const requestNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0xffff_ffff))

type Variants<Key extends string> = readonly v.StrictObjectSchema<v.ObjectEntries & Record<Key, v.LiteralSchema<string, undefined>>, undefined>[]

/**
 * One of several messages, told apart by one field. `v.variant` tries its options in turn, which is most of what the judging of a
 * short message costs; here the field's value names the one to ask, and what names none is refused by `v.variant`'s own words.
 */
export const variantBy = <const Key extends string, const Options extends Variants<Key>>(key: Key, options: Options) => {
  const inTurn = v.variant(key, options)
  const named = new Map<unknown, Options[number]>(options.map((option) => [option.entries[key].literal, option]))
  const run: (typeof inTurn)['~run'] = (dataset, config) => {
    const { value } = dataset
    const option = typeof value === 'object' && value !== null && key in value ? named.get((value as Record<Key, unknown>)[key]) : undefined
    return (option ?? inTurn)['~run'](dataset, config) as ReturnType<(typeof inTurn)['~run']>
  }
  return { ...inTurn, '~run': run }
}

/** The one judge of signaling text: bounded before it is parsed, total, and it says what was wrong and where. */
export const decodeJson = <const S extends v.GenericSchema>(
  schema: S,
  text: string,
): Result<v.InferOutput<S>, Failure<'malformed' | 'oversized'>> => {
  if (text.length > MAX_SIGNALING_BYTES)
    return fail('oversized', `A message of ${text.length} characters; at most ${MAX_SIGNALING_BYTES} may come.`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return fail('malformed', 'The message is not JSON.')
  }
  const judged = v.safeParse(schema, parsed, { abortEarly: true })
  if (judged.success) return ok(judged.output)
  const [issue] = judged.issues
  return fail('malformed', `${v.getDotPath(issue) ?? 'message'}: ${issue.message}`.slice(0, 200))
}

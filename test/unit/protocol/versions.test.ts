import { expect, it } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { DATA_PROTOCOL_VERSION, encodeFrame, frameCodes } from '../../../src/protocol/frame.ts'
import { metaSchema } from '../../../src/protocol/meta.ts'
import { clientMessage, serverMessage, SIGNALING_VERSION } from '../../../src/protocol/signaling.ts'
import { pinned } from '../../vectors/pinned.ts'
import { frameOf, samples } from './frames.ts'

// What is on the wire belongs to a version. Two nodes that call different things by one number would misunderstand each other
// in silence; a new number makes them say so.

interface Pin {
  readonly version: number
  readonly definitions: Readonly<Record<string, unknown>>
}

/** Compares what is with what was pinned for this version, and says what to do when they part. */
const hold = (pin: string, actual: Pin, names: { readonly constant: string; readonly file: string }): void => {
  const before = pinned(pin, actual)
  const keys = [...new Set([...Object.keys(before.definitions), ...Object.keys(actual.definitions)])]
  const changed = keys.filter((key) => JSON.stringify(before.definitions[key]) !== JSON.stringify(actual.definitions[key]))
  const anew = `delete test/vectors/${pin}.json and run WRITE_VECTORS=1 npx vitest run --project unit test/unit/protocol/versions.test.ts`
  if (before.version === actual.version && changed.length > 0)
    expect.fail(
      `${changed.join(', ')} changed, but ${names.constant} is still ${actual.version}. Raise it in ${names.file}, ` +
        `say in its comment and in SPEC what is new, then ${anew}.`,
    )
  if (before.version !== actual.version)
    expect.fail(`${names.constant} is ${actual.version}, and version ${before.version} is pinned: ${anew}.`)
}

it('[D3] a frame that changes on the wire raises DATA_PROTOCOL_VERSION', () => {
  const definitions = Object.fromEntries(
    frameCodes().map(({ type, code }) => [`${code} ${type}`, samples[type].map((body) => toHex(encodeFrame(frameOf(type, body)).subarray(1)))]),
  )
  const names = { constant: 'DATA_PROTOCOL_VERSION', file: 'src/protocol/frame.ts' }
  hold('frames', { version: DATA_PROTOCOL_VERSION, definitions }, names)
})

it('a signaling message that changes raises SIGNALING_VERSION', () => {
  const definitions = {
    ...outlineOf('client', clientMessage),
    ...outlineOf('server', serverMessage),
    ...outlineOf('meta', metaSchema),
  }
  hold('signaling', { version: SIGNALING_VERSION, definitions }, { constant: 'SIGNALING_VERSION', file: 'src/protocol/signaling.ts' })
})

/** What a schema demands, as text: kinds, fields, bounds and patterns. */
const outline = (schema: unknown): unknown => {
  if (schema instanceof RegExp || typeof schema === 'bigint') return String(schema)
  if (Array.isArray(schema)) return schema.map(outline)
  if (typeof schema === 'function' || typeof schema === 'symbol') return undefined
  if (typeof schema !== 'object' || schema === null) return schema
  const kept = ['type', 'key', 'entries', 'options', 'item', 'wrapped', 'pipe', 'requirement', 'literal', 'message']
  // Meta messages have a field of that name, which is no text.
  const isSchema = 'kind' in schema && typeof schema.kind === 'string'
  return Object.fromEntries(
    Object.entries(schema)
      // A pipe begins with the schema itself, and a custom check speaks through its message.
      .filter(([key]) => !isSchema || (kept.includes(key) && !('pipe' in schema && key !== 'pipe')))
      .map(([key, value]) => [key, key === 'pipe' && Array.isArray(value) ? value.map((step) => outline(withoutPipe(step))) : outline(value)]),
  )
}

const withoutPipe = (step: unknown): unknown => {
  if (typeof step !== 'object' || step === null || !('pipe' in step)) return step
  return Object.fromEntries(Object.entries(step).filter(([key]) => key !== 'pipe'))
}

/** One entry for each message of a union, so that a failure names it. */
const outlineOf = (side: string, union: { readonly key: string; readonly options: readonly object[] }): Record<string, unknown> =>
  Object.fromEntries(
    union.options.map((option) => {
      const { entries } = option as { readonly entries: Readonly<Record<string, { readonly literal?: unknown }>> }
      return [`${side} ${String(entries[union.key]?.literal)}`, outline(option)]
    }),
  )

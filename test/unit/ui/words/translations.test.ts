import { generateMsgId } from '@lit/localize/internal/id-generation.js'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { templates as german } from '../../../../src/ui/words/locales/de.ts'
import { templates as spanish } from '../../../../src/ui/words/locales/es.ts'
import { targetLocales } from '../../../../src/ui/words/locales/codes.ts'
import { parseTree, readTree, walk, type SourceTree } from '../../../support/source-tree.ts'
import { placeholdersOf, plainText, unitsOf } from '../../../support/translations.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname
const MAKE_THEM = 'Write what is missing into src/ui/words/xliff and run `npx lit-localize --config=src/ui/words/lit-localize.json` with `extract`, then `build`.'

interface Message {
  readonly id: string
  readonly text: string
  readonly holes: number
}

/** What a call of `msg` says; null: it is not written out there, so that nobody can translate it. */
const messageOf = (argument: ts.Expression | undefined): Message | null => {
  if (argument === undefined) return null
  if (ts.isStringLiteralLike(argument)) return { id: generateMsgId(argument.text, false), text: argument.text, holes: 0 }
  if (!ts.isTaggedTemplateExpression(argument)) return null
  const { template } = argument
  const strings = ts.isTemplateExpression(template) ? [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)] : [template.text]
  return { id: generateMsgId(strings, argument.tag.getText() === 'html'), text: strings.join('{}'), holes: strings.length - 1 }
}

const messagesOf = (tree: SourceTree): readonly (Message | null)[] => {
  const found: (Message | null)[] = []
  for (const { syntax } of tree.values())
    walk(syntax, (node) => {
      if (ts.isCallExpression(node) && node.expression.getText() === 'msg') found.push(messageOf(node.arguments[0]))
    })
  return found
}

const sources = messagesOf(readTree(ROOT, ['src/ui']))
const messages = new Map(sources.flatMap((message) => (message === null ? [] : [[message.id, message] as const])))

it('every text that is said is written out, so that it can be translated', () => {
  expect(sources).not.toContain(null)
  expect(messages.size).toBeGreaterThan(500)
})

it('a text that is put together elsewhere is found out', () => {
  expect(messagesOf(parseTree({ 'a.ts': 'msg(text); msg("Yes"); msg(str`${n} rows`)' })).map((message) => message?.text ?? null)).toEqual([null, 'Yes', '{} rows'])
})

describe.each(targetLocales)('in %s', (locale) => {
  const units = unitsOf(locale)
  const byId = new Map(units.map((unit) => [unit.id, unit]))
  const templates: Readonly<Record<string, unknown>> = locale === 'de' ? german : spanish

  it('every text of the source has a translation', () => {
    const missing = [...messages.values()].filter(({ id }) => (byId.get(id)?.target ?? '') === '')
    expect(missing.map(({ text }) => text), MAKE_THEM).toEqual([])
  })

  it('nothing is translated that the source no longer says', () => {
    expect(units.filter(({ id }) => !messages.has(id)).map(({ source }) => source), MAKE_THEM).toEqual([])
  })

  it('a translation has the placeholders of its source', () => {
    const wrong = units.filter(({ source, target }) => target !== null && placeholdersOf(target).join() !== placeholdersOf(source).join())
    expect(wrong).toEqual([])
  })

  it('what the app loads is made from these translations', () => {
    expect(Object.keys(templates).sort(), MAKE_THEM).toEqual([...byId.keys()].sort())
    const plain = units.filter(({ source }) => placeholdersOf(source).length === 0)
    expect(plain.length).toBeGreaterThan(300)
    for (const { id, target } of plain) expect(templates[id], MAKE_THEM).toBe(plainText(target ?? ''))
    for (const [id, { holes, text }] of messages) expect([text, holesOf(templates[id])]).toEqual([text, holes])
  })
})

/** A loaded template's values are the numbers of its holes. */
const holesOf = (template: unknown): number =>
  typeof template === 'object' && template !== null && 'values' in template && Array.isArray(template.values) ? new Set(template.values).size : 0

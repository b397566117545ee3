import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { parseTree, readTree, walk, type SourceTree } from '../../support/source-tree.ts'

// SPEC.md and the tests hold each other: a rule that nothing tests is a wish, a number that no rule has is a riddle.

const ROOT = join(import.meta.dirname, '../../..')
const SPEC = readFileSync(join(ROOT, 'src/protocol/SPEC.md'), 'utf8')

/** What the table at the end of SPEC.md has to name. */
const FEATURES = [
  ...['M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7', 'M13', 'M14', 'M15', 'M16', 'M17', 'M18', 'M19', 'M20', 'M21', 'M22', 'M25', 'M26', 'M28', 'M29', 'M31'],
  ...['B1', 'B2', 'B5', 'B7'],
]

/** Numbers of the rules, in the order in which they stand. */
const rulesOf = (spec: string): readonly string[] => [...spec.matchAll(/^- \*\*\[([A-Z]\d+)\]\*\*/gm)].flatMap(([, rule]) => rule ?? [])

/** Numbers that titles of tests carry, and the rows of `each` that titles are made of. */
const testedIn = (tree: SourceTree): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const { path, syntax } of tree.values())
    walk(syntax, (node) => {
      if (path.endsWith('.test.ts') && ts.isCallExpression(node) && TESTS.has(rootOf(node.expression))) titlesOf(node).forEach((title) => collect(title, found))
    })
  return found
}

const TESTS: ReadonlySet<string> = new Set(['it', 'describe'])

/** `it` of `it('…')`, of `it.each([…])('…')` and of `describe.skipIf(…)('…')`. */
const rootOf = (callee: ts.Expression): string =>
  ts.isIdentifier(callee) ? callee.text : ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee) ? rootOf(callee.expression) : ''

const titlesOf = ({ expression, arguments: given }: ts.CallExpression): readonly ts.Node[] =>
  ts.isPropertyAccessExpression(expression) ? given : given.slice(0, 1)

const collect = (title: ts.Node, found: Set<string>): void =>
  walk(title, (node) => {
    const isText = ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateHead(node)
    if (isText) for (const [, rule] of node.text.matchAll(/\[([A-Z]\d+)\]/g)) found.add(rule ?? '')
  })

/** The features of the last table, each with the rules it names. */
const featuresOf = (spec: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...spec.matchAll(/^\| ([MB]\d+) [^|]*\| ([^|]*) \|$/gm)].map(([, feature = '', rules = '']) => [
      feature,
      [...rules.matchAll(/\[([A-Z]\d+)\]/g)].flatMap(([, rule]) => rule ?? []),
    ]),
  )

const missing = (wanted: Iterable<string>, there: ReadonlySet<string>): readonly string[] => [...wanted].filter((one) => !there.has(one)).sort()

const twice = (numbers: readonly string[]): readonly string[] => numbers.filter((number, at) => numbers.indexOf(number) !== at)

describe('rules and tests', () => {
  const rules = rulesOf(SPEC)
  const tested = testedIn(readTree(ROOT, ['test']))

  it('no number is given twice', () => expect(twice(rules)).toEqual([]))
  it('every rule has a test that carries its number', () => expect(missing(rules, tested)).toEqual([]))
  it('every number that a test carries is a rule', () => expect(missing(tested, new Set(rules))).toEqual([]))
  it('every feature of histories, peers and the data process has its rules', () => {
    const features = featuresOf(SPEC)
    expect([...features.keys()]).toEqual(FEATURES)
    for (const [feature, named] of features) {
      expect(named, feature).not.toEqual([])
      expect(missing(named, new Set(rules)), feature).toEqual([])
    }
  })

  it('all this bites', () => {
    const spec = ['- **[T1]** One.', '- **[T2]** Two.', '- **[T2]** Again.', '', '| M2 rows | [T1], [T9] |', ''].join('\n')
    const text = "it('[T1] one', f)\nit.each(['[T3] three'])(`[T4] ${x}`, f)\nit('four', () => '[T2]')\n// [T2] a remark is no test, nor is what one says"
    const there = testedIn(parseTree({ 'test/a.test.ts': text, 'test/a.ts': "it('[T2] in no test file', f)" }))
    expect(rulesOf(spec)).toEqual(['T1', 'T2', 'T2'])
    expect(twice(rulesOf(spec))).toEqual(['T2'])
    expect(missing(rulesOf(spec), there)).toEqual(['T2', 'T2'])
    expect(missing(there, new Set(rulesOf(spec)))).toEqual(['T3', 'T4'])
    expect([...featuresOf(spec)]).toEqual([['M2', ['T1', 'T9']]])
  })
})

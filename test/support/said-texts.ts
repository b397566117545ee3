import ts from 'typescript'
import { walk, type SourceFile } from './source-tree.ts'

/** What stands for a fact in a text: it is found again in whatever is said of it. */
export const FACT = '77'

/** Names that come to texts: constants, and functions that make one. */
export type Speakers = ReadonlyMap<string, ts.Expression | ts.Block>

/** Of all files: what one file says another may have put into words. */
export const speakersOf = (files: Iterable<SourceFile>): Speakers => {
  const found = new Map<string, ts.Expression | ts.Block>()
  for (const { syntax } of files) {
    walk(syntax, (node) => {
      if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name) || node.initializer === undefined) return
      found.set(node.name.text, ts.isArrowFunction(node.initializer) ? node.initializer.body : node.initializer)
    })
  }
  return found
}

/** Every text that an expression may come to; null where that cannot be told: it was made somewhere else. */
export const textsOf = (node: ts.Node, speakers: Speakers, depth = 0): readonly string[] | null => {
  if (depth > 8) return null
  const of = (inner: ts.Node): readonly string[] | null => textsOf(inner, speakers, depth + 1)
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isParenthesizedExpression(node)) return of(node.expression)
  if (ts.isConditionalExpression(node)) return both(of(node.whenTrue), of(node.whenFalse))
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) return joined(of(node.left), of(node.right))
  if (ts.isIdentifier(node)) return known(node.text, speakers, of)
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return known(node.expression.text, speakers, of)
  if (ts.isBlock(node)) return returned(node).reduce<readonly string[] | null>((all, one) => both(all, of(one)), [])
  if (!ts.isTemplateExpression(node)) return null
  return node.templateSpans.reduce<readonly string[] | null>(
    (texts, { expression, literal }) => joined(joined(texts, of(expression) ?? [FACT]), [literal.text]), [node.head.text])
}

const known = (name: string, speakers: Speakers, of: (node: ts.Node) => readonly string[] | null): readonly string[] | null => {
  const speaker = speakers.get(name)
  return speaker === undefined ? null : of(speaker)
}

const both = (one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null => (one === null || other === null ? null : [...one, ...other])
const joined = (heads: readonly string[] | null, tails: readonly string[] | null): readonly string[] | null =>
  heads === null || tails === null ? null : heads.flatMap((head) => tails.map((tail) => head + tail))

const returned = (block: ts.Block): readonly ts.Expression[] => {
  const found: ts.Expression[] = []
  walk(block, (node) => {
    if (ts.isReturnStatement(node) && node.expression !== undefined && !ts.isCallExpression(node.expression)) found.push(node.expression)
  })
  return found
}

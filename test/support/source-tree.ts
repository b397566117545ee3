import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

/** One import or re-export of a file. */
export interface Import {
  /** As written: './row.ts', 'idb'. */
  readonly specifier: string
  /** Path of the file meant, for imports within the project; null for packages. */
  readonly target: string | null
  /** Nothing of it is left when types are taken away. */
  readonly typeOnly: boolean
}

export interface SourceFile {
  readonly path: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly syntax: ts.SourceFile
}

/** Source files by their path from the project's folder. */
export type SourceTree = ReadonlyMap<string, SourceFile>

/** Parses sources given as text, so that a rule can be shown to bite on a few lines. */
export const parseTree = (texts: Readonly<Record<string, string>>): SourceTree =>
  new Map(Object.entries(texts).map(([path, text]) => [path, parseSource(path, text)]))

/** Reads every TypeScript file under the folders. */
export const readTree = (root: string, folders: readonly string[]): SourceTree => {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => posix.join(folder, name.replaceAll('\\', '/'))))
  const sources = paths.filter((path) => path.endsWith('.ts')).sort()
  return parseTree(Object.fromEntries(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')])))
}

const parseSource = (path: string, text: string): SourceFile => {
  const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return { path, lines: text.trimEnd().split('\n').length, imports: importsOf(path, syntax), syntax }
}

const importsOf = (path: string, syntax: ts.SourceFile): readonly Import[] => {
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return
    const name = specifier.text
    found.push({ specifier: name, target: name.startsWith('.') ? posix.join(posix.dirname(path), name.replace(/\?.*$/, '')) : null, typeOnly })
  }
  walk(syntax, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node.importClause))
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly || isAllTypes(node.exportClause))
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
  })
  return found
}

const isTypeImport = (clause: ts.ImportClause | undefined): boolean => {
  if (clause === undefined) return false
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword || (clause.name === undefined && isAllTypes(clause.namedBindings))
}

const isAllTypes = (names: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean =>
  names !== undefined &&
  (ts.isNamedImports(names) || ts.isNamedExports(names)) &&
  names.elements.length > 0 &&
  names.elements.every((element) => element.isTypeOnly)

/** Visits every node, parents first. */
export const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** Names used that come from outside the file, with their line: neither members (`x.fetch`), keys, nor what the file declares. */
export const foreignNames = (file: SourceFile): readonly { readonly name: string; readonly line: number }[] => {
  const used: { name: string; line: number }[] = []
  const declared = new Set<string>()
  walk(file.syntax, (node) => {
    if (!ts.isIdentifier(node) || isMember(node)) return
    if (isDeclared(node)) declared.add(node.text)
    used.push({ name: node.text, line: lineOf(file, node) })
  })
  return used.filter(({ name }) => !declared.has(name))
}

export const lineOf = (file: SourceFile, node: ts.Node): number =>
  file.syntax.getLineAndCharacterOfPosition(node.getStart(file.syntax)).line + 1

const isMember = (node: ts.Identifier): boolean => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isQualifiedName(parent)) return parent.right === node
  const named =
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isPropertyAssignment(parent)
  return named && parent.name === node
}

const isDeclared = (node: ts.Identifier): boolean => {
  const { parent } = node
  const declares = ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent) || ts.isFunctionDeclaration(parent)
  return declares && parent.name === node
}

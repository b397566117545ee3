import { readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { lineOf, parseTree, readTree, foreignNames, walk, type Import, type SourceFile, type SourceTree } from './support/source-tree.ts'

// The rules of src/README.md on who may know whom, held against the real import graph. Each rule is a function from a tree of
// sources to what is wrong there; each is also run on a few lines that break it, so that a rule that sleeps is found out.

const ROOT = join(import.meta.dirname, '..')

/** Folders of one row never import each other; a row may import every lower one. */
const ROWS: readonly (readonly string[])[] = [
  ['src/base'],
  ['src/domain'],
  ['src/protocol'],
  ['src/transfer', 'src/consensus', 'src/repair', 'src/swarm', 'src/schedule', 'src/engine'],
  ['src/ports'],
  ['src/data', 'src/store', 'src/link', 'src/pubsub', 'src/identity', 'src/relay', 'src/runtime'],
  ['src/neuron'],
]
const MACHINES = ROWS[3] ?? []
const PURE = ROWS.slice(0, 4).flat()
const PAGE = 'src/ui'
/** What the window is told, and what it may ask. */
const WINDOW_KNOWS = ['snapshot', 'csv-view', 'household', 'neuron-commands', 'peer-view'].map((name) => `src/neuron/${name}.ts`)
/** Rooms of the data process, as rows are: those of one floor never import each other. */
const DATA = 'src/data'
const FLOORS: readonly (readonly string[])[] = [
  ['pace'], ['history'], ['streams'], ['downloads'], ['loose', 'live'], ['reading'], ['own'], ['sessions'],
]
/** What others import of the data process: its server with the code that comes later, its client, and what both ends of a port use. */
const DATA_DOOR = ['data-server', 'peer-code', 'data-client', 'read-all', 'sessions/local-rights', 'pace/serial'].map((name) => `${DATA}/${name}.ts`)
const SERVER = 'signaling'
const SERVER_MAY_IMPORT = ['signaling', 'src/base', 'src/domain', 'src/protocol']
/** Commands of package.json: they may take from anywhere what they show or measure. */
const COMMANDS = 'signaling/launch'
const MAX_ENTRY_LINES = 40
const STORAGE = ['src/data', 'src/store']
const TOP_LEVEL = [
  '.ci', '.gitignore', '.npmrc', 'CHANGELOG.md', 'LICENSE', 'README.md', 'eslint.config.js', 'index.html', 'package-lock.json',
  'package.json', 'public', 'signaling', 'src', 'test', 'tsconfig.json', 'vite.config.ts', 'vitest.config.ts', 'workers',
]
/** What tools and editors leave there; git ignores it or it is git. */
const LEFT_BY_TOOLS = /^(?:\.git|\.cache|\.zazen|node_modules|dist|\.DS_Store|\.idea|\.vscode|.*\.log)$/

type Rule = (tree: SourceTree) => readonly string[]

const sources = readTree(ROOT, ['src', 'workers', 'signaling'])

/** Holds the rule against the project, and shows with `broken` that it bites and with `sound` that it does not bite everything. */
const rule = (name: string, check: Rule, { broken, sound = {} }: { broken: Record<string, string>; sound?: Record<string, string> }): void => {
  describe(name, () => {
    it('holds', () => expect(check(sources)).toEqual([]))
    it('bites', () => expect(check(parseTree(broken))).not.toEqual([]))
    it('leaves what is sound alone', () => expect(check(parseTree(sound))).toEqual([]))
  })
}

// --- who may import whom -------------------------------------------------------------------------------------------------

const isIn = (path: string, folders: readonly string[]): boolean => folders.some((folder) => path.startsWith(`${folder}/`))

const rowOf = (path: string): number => ROWS.findIndex((folders) => isIn(path, folders))

const folderOf = (path: string): string => path.split('/').slice(0, 2).join('/')

/** The room of a file of the data process; null: it stands in none. */
const roomOf = (path: string): string | null => /^src\/data\/([^/]+)\//.exec(path)?.[1] ?? null

/** What stands in no room puts them together: it is above them all. */
const floorOf = (path: string): number => {
  const room = roomOf(path)
  return room === null ? FLOORS.length : FLOORS.findIndex((rooms) => rooms.includes(room))
}

const isEntry = (path: string): boolean => path === 'src/main.ts' || (path.startsWith('workers/') && !path.endsWith('.d.ts'))

/** Says what each file may import; the answer is the complaint, or null. */
const judgeImports = (tree: SourceTree, judge: (file: SourceFile, target: string, made: Import) => string | null): readonly string[] =>
  [...tree.values()].flatMap((file) =>
    file.imports.flatMap((made) => {
      const complaint = made.target === null ? null : judge(file, made.target, made)
      return complaint === null ? [] : [`${file.path} imports ${made.specifier}: ${complaint}`]
    }))

const mayOnlyLower: Rule = (tree) =>
  judgeImports(tree, (file, target) => {
    const row = rowOf(file.path)
    if (row < 0 || folderOf(file.path) === folderOf(target)) return null
    const other = rowOf(target)
    if (other === row) return 'folders of one row meet in src/ports'
    return other >= 0 && other < row ? null : `row ${row} may import lower rows only`
  })

rule('a folder imports lower rows and itself', mayOnlyLower, {
  broken: { 'src/domain/row.ts': `import { limit } from '../protocol/limits.ts'` },
  sound: { 'src/protocol/limits.ts': `import { row } from '../domain/row.ts'\nimport { frame } from './frame.ts'\nimport * as v from 'valibot'` },
})

rule('folders in one row never import each other, not even types', mayOnlyLower, {
  broken: { 'src/data/history/history.ts': `import type { Store } from '../../store/database.ts'` },
  sound: { 'src/data/history/history.ts': `import type { HistoryStore } from '../../ports/history-store.ts'` },
})

rule('a room of the data process imports lower rooms and itself, never what puts them together', (tree) =>
  judgeImports(tree, ({ path }, target) => {
    if (!isIn(path, [DATA]) || !isIn(target, [DATA]) || roomOf(path) === roomOf(target)) return null
    return floorOf(target) < floorOf(path) ? null : 'a room may import lower rooms only'
  }), {
  broken: { 'src/data/live/live-rows.ts': `import type { Agreements } from '../loose/agreements.ts'` },
  sound: {
    'src/data/live/live-rows.ts': `import type { Entry } from '../streams/entry.ts'\nimport { createLiveBuffer } from './live-buffer.ts'`,
    'src/data/data-server.ts': `import { createLiveRows } from './live/live-rows.ts'`,
  },
})

rule('every room of the data process has its floor', (tree) => [...tree.keys()].filter((path) => isIn(path, [DATA]) && floorOf(path) < 0), {
  broken: { 'src/data/misc/stuff.ts': '' },
  sound: { 'src/data/data-client.ts': '', 'src/data/pace/serial.ts': '' },
})

rule('who is outside of the data process knows its door only', (tree) =>
  judgeImports(tree, ({ path }, target) => (isIn(target, [DATA]) && !isIn(path, [DATA]) && !DATA_DOOR.includes(target) ? `not among ${DATA_DOOR.join(', ')}` : null)), {
  broken: { 'workers/data.worker.ts': `import { createCatalogue } from '../src/data/streams/catalogue.ts'` },
  sound: { 'src/neuron/data-process.ts': `import { startDataServer } from '../data/data-server.ts'` },
})

rule('every folder of src has its row', (tree) =>
  [...tree.keys()].filter((path) => path.startsWith('src/') && !path.endsWith('.d.ts') && rowOf(path) < 0 && !isIn(path, [PAGE]) && !isEntry(path)), {
  broken: { 'src/misc/stuff.ts': '' },
  sound: { 'src/base/bytes.ts': '', 'src/ui/app.ts': '', 'src/main.ts': '' },
})

rule('nothing imports an entry', (tree) => judgeImports(tree, (_, target, made) => (isEntry(target) && !/\?(?:worker|url|sharedworker)/.test(made.specifier) ? 'an entry' : null)), {
  broken: { 'src/runtime/start.ts': `import { run } from '../../workers/data.worker.ts'` },
  sound: { 'src/main.ts': `import url from '../workers/data.worker.ts?worker&url'` },
})

rule('the window knows the snapshot and its commands, as types, and the base', (tree) =>
  judgeImports(tree, (file, target, made) => {
    if (!isIn(file.path, [PAGE]) || isIn(target, [PAGE, 'src/base'])) return null
    return WINDOW_KNOWS.includes(target) && made.typeOnly ? null : `${PAGE} knows types of ${WINDOW_KNOWS.join(', ')} and src/base only`
  }), {
  broken: { 'src/ui/app.ts': `import type { Head } from '../domain/head.ts'` },
  sound: { 'src/ui/app.ts': `import type { Snapshot } from '../neuron/snapshot.ts'\nimport { failureOf } from '../base/result.ts'` },
})

rule('the window makes nothing of Intl before it needs it: the first of all takes 10 ms, and the window opens later by that', (tree) =>
  [...tree.values()].filter(({ path }) => isIn(path, [PAGE])).flatMap((file) =>
    file.syntax.statements.filter((statement) => /^(?:export )?const [^=]+= new Intl\b/.test(statement.getText(file.syntax))).map((statement) => `${file.path}:${lineOf(file, statement)}`)), {
  broken: { 'src/ui/format.ts': `const six = new Intl.NumberFormat('en')` },
  sound: { 'src/ui/format.ts': `const six = once(() => new Intl.NumberFormat('en'))` },
})

rule('the server imports the base, the domain and the protocol only', (tree) =>
  judgeImports(tree, (file, target) =>
    isIn(file.path, [SERVER]) && !isIn(file.path, [COMMANDS]) && !isIn(target, SERVER_MAY_IMPORT) ? 'the server may not know the node' : null), {
  broken: { 'signaling/broker.ts': `import { pick } from '../src/swarm/pick.ts'` },
  sound: { 'signaling/launch/sim.ts': `import { simulate } from '../../test/sim/transfer.ts'` },
})

rule('what runs in a browser imports neither the server nor tests nor Node', (tree) =>
  [...tree.values()].filter(({ path }) => !isIn(path, [SERVER])).flatMap(({ path, imports }) =>
    imports.filter(({ specifier, target }) => specifier.startsWith('node:') || (target !== null && isIn(target, [SERVER, 'test'])))
      .map(({ specifier }) => `${path} imports ${specifier}`)), {
  broken: { 'src/base/bytes.ts': `import { Buffer } from 'node:buffer'` },
  sound: { 'signaling/main.ts': `import { createServer } from 'node:http'` },
})

rule('ports are types only', (tree) =>
  [...tree.values()].filter(({ path }) => isIn(path, ['src/ports'])).flatMap((file) =>
    file.syntax.statements.filter((statement) => !isTypeStatement(statement)).map((statement) => `${file.path}:${lineOf(file, statement)} is left at run time`)), {
  broken: { 'src/ports/clock.ts': 'export const now = () => 0' },
  sound: { 'src/ports/clock.ts': `import type { A } from '../base/a.ts'\nexport interface Clock { now(): number }\nexport type { A }` },
})

const isTypeStatement = (statement: ts.Statement): boolean => {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return true
  if (ts.isImportDeclaration(statement)) return statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
  return ts.isExportDeclaration(statement) && statement.isTypeOnly
}

rule('no cycles, not even of types', (tree) => findCycles(tree), {
  broken: {
    'src/domain/a.ts': `import { b } from './b.ts'`,
    'src/domain/b.ts': `import { c } from './c.ts'`,
    'src/domain/c.ts': `import type { A } from './a.ts'`,
  },
  sound: { 'src/domain/a.ts': `import { b } from './b.ts'\nimport { c } from './c.ts'`, 'src/domain/b.ts': `import { c } from './c.ts'`, 'src/domain/c.ts': '' },
})

/** One way round for each file from which depth-first search comes back to a file on its path. */
const findCycles: Rule = (tree) => {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' -> '))
    if (start >= 0 || done.has(path)) return
    for (const { target } of tree.get(path)?.imports ?? []) if (target !== null) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of tree.keys()) visit(path, [])
  return cycles
}

rule('imports within the project name a file that is there, with its extension', (tree) =>
  judgeImports(tree, (file, target, { specifier }) =>
    isIn(file.path, [COMMANDS]) || /\.(?:css|svg|json|mjs)$/.test(target) || tree.has(target) ? null : `no file ${posix.normalize(target)} (${specifier})`), {
  broken: { 'src/base/a.ts': `import { b } from './b'`, 'src/base/b.ts': '' },
  sound: { 'src/base/a.ts': `import { b } from './b.ts'`, 'src/base/b.ts': '' },
})

// --- how files are ---------------------------------------------------------------------------------------------------------

rule('no barrels', (tree) =>
  [...tree.values()].filter(({ syntax: { statements } }) => statements.length > 0 && statements.every((one) => ts.isImportDeclaration(one) || isReExport(one)) && statements.some(isReExport))
    .map(({ path }) => `${path} only passes on what others export`), {
  broken: { 'src/domain/index.ts': `export * from './row.ts'\nexport { a } from './a.ts'` },
  sound: { 'src/domain/a.ts': `export { b } from './b.ts'\nexport const a = 1`, 'src/main.ts': `import './ui/app.ts'` },
})

const isReExport = (statement: ts.Statement): boolean => ts.isExportDeclaration(statement)

rule('no default exports', (tree) =>
  [...tree.values()].flatMap((file) => file.syntax.statements.filter(isDefaultExport).map((statement) => `${file.path}:${lineOf(file, statement)}`)), {
  broken: { 'src/base/a.ts': 'export default function a() {}' },
  sound: { 'src/base/a.ts': 'export function a() {}' },
})

const isDefaultExport = (statement: ts.Statement): boolean =>
  ts.isExportAssignment(statement) ||
  (ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) ||
  (ts.isExportDeclaration(statement) && statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause) &&
    statement.exportClause.elements.some(({ name }) => name.text === 'default'))

rule(`an entry builds and starts, in at most ${MAX_ENTRY_LINES} lines`, (tree) =>
  [...tree.values()].filter(({ path, lines }) => isEntry(path) && lines > MAX_ENTRY_LINES).map(({ path, lines }) => `${path} has ${lines} lines`), {
  broken: { 'workers/data.worker.ts': 'start()\n'.repeat(MAX_ENTRY_LINES + 1) },
  sound: { 'workers/data.worker.ts': 'start()\n'.repeat(MAX_ENTRY_LINES) },
})

rule('names of files and folders are kebab-case', (tree) => [...tree.keys()].filter((path) => !path.split('/').every((part) => /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*$/.test(part))), {
  broken: { 'src/base/ByteReader.ts': '' },
  sound: { 'workers/data.worker.ts': '', 'src/base/byte-reader.ts': '' },
})

// --- what is pure ----------------------------------------------------------------------------------------------------------

/** The world, by name: time, chance, timers, network, storage, and the door to all of them. */
const WORLD = new Set([
  'Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame', 'console', 'fetch', 'WebSocket',
  'indexedDB', 'localStorage', 'crypto', 'navigator', 'process', 'globalThis', 'self', 'window', 'document', 'postMessage',
])

rule('rows 0 to 3 see no clock, chance, timer, network, storage or console', (tree) =>
  [...tree.values()].filter(({ path }) => isIn(path, PURE)).flatMap((file) => [
    ...foreignNames(file).filter(({ name }) => WORLD.has(name)).map(({ name, line }) => `${file.path}:${line} uses ${name}`),
    ...callsOfChance(file),
  ]), {
  broken: { 'src/engine/a.ts': 'const now = Date.now()' },
  sound: { 'src/engine/a.ts': `const a = peer.fetch(1)\nconst b = { fetch: 1, type: 'fetch' }\ninterface C { fetch(): void }\nconst width = (window: number) => window` },
})

const callsOfChance = (file: SourceFile): readonly string[] => {
  const found: string[] = []
  walk(file.syntax, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.getText(file.syntax) === 'Math.random') found.push(`${file.path}:${lineOf(file, node)} uses Math.random`)
  })
  return found
}

it.each(['Math.random()', 'new Date()', 'performance.now()', 'setTimeout(f, 1)', 'console.log(1)', 'fetch("/")', 'indexedDB.open("x")', 'globalThis.fetch("/")'])(
  'purity bites on %s', (code) => {
    const tree = parseTree({ 'src/transfer/a.ts': code })
    const found = [...tree.values()].flatMap((file) => [...foreignNames(file).filter(({ name }) => WORLD.has(name)), ...callsOfChance(file)])
    expect(found).not.toEqual([])
  })

rule('machines never wait', (tree) =>
  [...tree.values()].filter(({ path }) => isIn(path, MACHINES)).flatMap((file) => {
    const found: string[] = []
    walk(file.syntax, (node) => {
      const waits = node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node) || (ts.isIdentifier(node) && node.text === 'Promise')
      if (waits) found.push(`${file.path}:${lineOf(file, node)} waits`)
    })
    return found
  }), {
  broken: { 'src/transfer/a.ts': 'export const step = async () => 1' },
  sound: { 'src/transfer/a.ts': `// async work is an effect\nexport const step = () => ({ effect: 'await' })`, 'src/data/a.ts': 'export const run = async () => 1' },
})

rule('only the data process touches IndexedDB', (tree) =>
  [...tree.values()].filter(({ path }) => !isIn(path, STORAGE)).flatMap((file) => [
    ...file.imports.filter(({ specifier }) => specifier === 'idb' || specifier.startsWith('idb/')).map(() => `${file.path} imports idb`),
    ...foreignNames(file).filter(({ name }) => name === 'indexedDB' || name.startsWith('IDB')).map(({ name, line }) => `${file.path}:${line} uses ${name}`),
  ]), {
  broken: { 'src/identity/key.ts': `import { openDB } from 'idb'` },
  sound: { 'src/store/database.ts': `import { openDB } from 'idb'` },
})

// --- the top level -----------------------------------------------------------------------------------------------------------

const strangers = (names: readonly string[]): readonly string[] => names.filter((name) => !TOP_LEVEL.includes(name) && !LEFT_BY_TOOLS.test(name))

describe('the top level holds only what everyone needs', () => {
  it('holds', () => expect(strangers(readdirSync(ROOT))).toEqual([]))
  it('bites', () => expect(strangers(['src', 'notes.txt', 'utils'])).toEqual(['notes.txt', 'utils']))
})

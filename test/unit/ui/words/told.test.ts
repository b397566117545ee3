import ts from 'typescript'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createInterpreter } from '../../../../src/ui/words/said.ts'
import { toldWords } from '../../../../src/ui/words/told.ts'
import { methodWords, searchingWords, silenceWords } from '../../../../src/ui/words/engine.ts'
import { readTree, walk } from '../../../support/source-tree.ts'
import { speakHere } from '../../../support/spoken.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname

afterEach(async () => {
  await speakHere('en')
  vi.unstubAllGlobals()
})

describe('what a process says is said in the language of the window', () => {
  it('with its facts, sentence by sentence', async () => {
    const told = 'No line could be read. Line 3: "x.y" is not a time: write it as 2024-05-01T12:30:00Z or as a Unix time.'
    expect(toldWords(told)).toBe(told)
    await speakHere('de')
    expect(toldWords(told)).toBe(
      'Keine Zeile ließ sich lesen. Zeile 3: „x.y“ ist keine Zeit: Schreib sie wie 2024-05-01T12:30:00Z oder als Unix-Zeit.',
    )
  })

  it('what nobody translated stays as it came, also behind what is known', async () => {
    await speakHere('es')
    expect(toldWords('TypeError: x is not a function')).toBe('TypeError: x is not a function')
    expect(toldWords('The value is empty. And more.')).toBe('El valor está vacío. And more.')
    expect(toldWords('')).toBe('')
  })

  it('a fact may look like a pattern, hold many words or be empty', () => {
    const interpret = createInterpreter([(name) => `You publish "${name}" already.`, { heard: 'Epoch {} of {} is over.', say: (epoch, all) => `${all}/${epoch}` }])
    expect(interpret('You publish "$& (.*) {} a" already.')).toBe('You publish "$& (.*) {} a" already.')
    expect(interpret('You publish "" already. Epoch 3 of 4 is over.')).toBe('You publish "" already. 4/3')
  })

  it('the longest text that a stranger can have told is read in no time', () => {
    const long = 'Line '.repeat(20_000)
    expect(toldWords(long).length).toBeGreaterThan(0)
  })
})

describe('the engine', () => {
  it('names its methods by their parts', async () => {
    await speakHere('de')
    expect(methodWords('log autoregression, very long memory, robust')).toBe('Log-Autoregression, sehr langes Gedächtnis, robust')
    expect(methodWords('autoregression, challenger 2')).toBe('Autoregression, Herausforderer 2')
    expect(methodWords('of a later version')).toBe('of a later version')
  })

  it('says why it is silent and what it searches', async () => {
    await speakHere('es')
    expect(silenceWords('not predictable, because the last 40 rows hold no number')).toBe(
      'no se puede predecir, porque las últimas 40 filas no contienen ningún número',
    )
    expect(searchingWords('heat 2 of 4: 9 candidates for autoregression')).toBe('ronda 2 de 4, 9 candidatos para autorregresión')
  })
})

/** Whose failures a person meets; of what keeps and defines, those files alone. */
const TELLERS = ['src/neuron', 'src/identity', 'src/data', 'src/link/page', 'src/pubsub', 'src/store', 'src/domain', 'src/runtime']
const PERSONAL = /^src\/(?:store\/database|domain\/(?:time|value|csv|stream)|runtime\/shared-files)\.ts$/
/** Said between processes or among nodes: what people hear of these is the log's, which is English. */
const AMONG_MACHINES: ReadonlySet<string> = new Set([
  'malformed', 'oversized', 'forbidden', 'bad-evidence', 'bad-parts', 'bad-rows', 'unknown-draft', 'unknown-history', 'unknown-row',
  'unknown-stream', 'busy', 'idle', 'flood', 'too-many', 'internal', 'ready', 'wrong-identity', 'learnt-discarded', 'not-keyless', 'no-rows',
])

/** Every text that an expression may come to, each fact as a number that is found again. */
const textsOf = (node: ts.Expression, consts: ReadonlyMap<string, ts.Expression>): readonly string[] => {
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue, consts), ...textsOf(node.whenFalse, consts)]
  if (ts.isBinaryExpression(node)) return textsOf(node.left, consts).flatMap((a) => textsOf(node.right, consts).map((b) => a + b))
  if (ts.isIdentifier(node)) return consts.has(node.text) ? textsOf(consts.get(node.text) ?? node, new Map()) : []
  if (!ts.isTemplateExpression(node)) return []
  return [node.templateSpans.reduce((text, { expression, literal }) => {
    const known = ts.isIdentifier(expression) && consts.has(expression.text) ? textsOf(consts.get(expression.text) ?? expression, new Map())[0] : undefined
    return text + (known ?? '77') + literal.text
  }, node.head.text)]
}

const tellings = (): readonly string[] => {
  const found = new Set<string>()
  for (const { path, syntax } of readTree(ROOT, TELLERS).values()) {
    if (/^src\/(?:store|domain|runtime)/.test(path) && !PERSONAL.test(path)) continue
    const consts = new Map<string, ts.Expression>()
    walk(syntax, (node) => {
      if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) consts.set(node.name.text, node.initializer)
    })
    walk(syntax, (node) => {
      if (!ts.isCallExpression(node) || node.expression.getText() !== 'fail') return
      const [code, message] = node.arguments
      if (code === undefined || message === undefined || (ts.isStringLiteralLike(code) && AMONG_MACHINES.has(code.text))) return
      for (const text of textsOf(message, consts)) found.add(text)
    })
  }
  return [...found]
}

it('every failure that a person can meet is known', async () => {
  const told = tellings()
  expect(told.length).toBeGreaterThan(60)
  await speakHere('de')
  const unknown = told.filter((text) => leftOver(text, toldWords(text)))
  expect(unknown, 'a sentence belongs into src/ui/words/told.ts').toEqual([])
})

/** Three words in a row that are still there: nobody translated them. Addresses and what is typed as it stands are no words. */
const leftOver = (before: string, after: string): boolean => {
  const words = before.split(' ')
  return words.some((_, i) => {
    const three = words.slice(i, i + 3)
    return three.length === 3 && three.every((word) => /^[A-Za-z][a-z’',.:;-]*$/.test(word)) && after.includes(three.join(' '))
  })
}

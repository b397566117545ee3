import ts from 'typescript'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { toldWords } from '../../../../src/ui/words/told.ts'
import { FACT, speakersOf, textsOf } from '../../../support/said-texts.ts'
import { readTree, walk } from '../../../support/source-tree.ts'
import { speakHere } from '../../../support/spoken.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname
const WRITERS = ['src/neuron', 'src/data', 'src/runtime', 'src/store', 'src/link/page', 'src/pubsub']

/** What hands a line to the log, or a reason that comes to stand in one: of these calls the field `message`, else the second text. */
const LOGGING = /(?:^|\.)(?:log|complain|emit)$/

afterEach(async () => {
  await speakHere('en')
  vi.unstubAllGlobals()
})

/** Every line that a process may write, each fact as the same number; what begins with another's words is that one's to say. */
const linesWritten = (): readonly string[] => {
  const files = [...readTree(ROOT, WRITERS).values()]
  const everywhere = speakersOf(files)
  const lines = new Set<string>()
  for (const file of files) {
    // A name is the file's own before it is another's.
    const speakers = new Map([...everywhere, ...speakersOf([file])])
    walk(file.syntax, (node) => {
      if (!ts.isCallExpression(node) || !LOGGING.test(node.expression.getText())) return
      for (const message of messagesOf(node)) for (const text of textsOf(message, speakers) ?? []) lines.add(text)
    })
  }
  return [...lines].filter((line) => !line.startsWith(`${FACT} `) || /^77 (?:rows?|pages?|of) /.test(line))
}

const messagesOf = (call: ts.CallExpression): readonly ts.Expression[] =>
  call.arguments.flatMap((argument) => {
    if (!ts.isObjectLiteralExpression(argument)) return []
    return argument.properties.flatMap((property) => {
      if (ts.isShorthandPropertyAssignment(property) && property.name.text === 'message') return [property.name]
      return ts.isPropertyAssignment(property) && property.name.getText() === 'message' ? [property.initializer] : []
    })
  })

const LINES = linesWritten()

describe('the log in the language of the window', () => {
  it('every line that a process writes has its words in src/ui/words', async () => {
    expect(LINES.length).toBeGreaterThan(60)
    await speakHere('de')
    const unknown = LINES.filter((line) => /\p{L}{3}/u.test(line) && toldWords(line) === line)
    expect(unknown, 'a line belongs into src/ui/words/logged.ts').toEqual([])
  })

  it('no line of it is left half told', async () => {
    await speakHere('es')
    // Where another's sentence stands in the middle, that one's words are looked for where it is said.
    const half = LINES.filter((line) => !/: 77 [A-Z]/.test(line)).filter((line) => {
      const told = toldWords(line)
      return line.split(' ').some((_, i, words) => {
        const three = words.slice(i, i + 3)
        return three.length === 3 && three.every((word) => /^[a-z’']+[.,:;]?$/i.test(word)) && told.includes(three.join(' '))
      })
    })
    expect(half).toEqual([])
  })

  it('a line tells its facts, and the reason that follows', async () => {
    await speakHere('de')
    expect(toldWords('fetching 77 of 2,000 rows from peers')).toBe('77 von 2,000 Zeilen werden von Peers geholt')
    expect(toldWords('no connection: No direct connection came about within 30 s.')).toBe('keine Verbindung: Innerhalb von 30 s kam keine direkte Verbindung zustande.')
    expect(toldWords('12 rows without a signature, 3 on one word only; nobody says what was before')).toBe('12 Zeilen ohne Signatur, 3 nur auf ein Wort hin; niemand sagt, was davor war')
    expect(toldWords('The PeerServer https://a:443/: It cannot be reached. It is tried again in 5 s.')).toBe('Der PeerServer https://a:443/: Er ist nicht erreichbar. In 5 s wird es wieder versucht.')
    expect(toldWords('cut off (bad-page): Page 3 is not what it should be.')).toBe('Verbindung gekappt (bad-page): Page 3 is not what it should be.')
  })

  it('a value that looks like a line is told as it is', async () => {
    await speakHere('de')
    expect(toldWords('observation 4 published: paused')).toBe('Beobachtung 4 veröffentlicht: paused')
  })

  it('a part of the app that did not come is no affair of a file', async () => {
    await speakHere('de')
    for (const browser of ['Failed to fetch dynamically imported module: https://a/x.js', 'error loading dynamically imported module: https://a/x.js', 'Importing a module script failed.'])
      expect(toldWords(`TypeError: ${browser}`)).toMatch(/^Ein Teil der App ließ sich nicht laden/)
  })
})

/** Stands for a fact in a sentence. It is in no text that a person or a process writes. */
const HOLE = '\uE000'

type Say = (...facts: string[]) => string

/** `heard`: where a process speaks to engineers, in its own words with `{}` for each fact, and people are told more plainly. */
export type Sentence = Say | { readonly heard: string; readonly say: Say }

interface Reading {
  readonly pattern: RegExp
  readonly say: Say
}

/**
 * What another process says in English, said in the language of the window. A sentence is written once, as a message with its facts as
 * holes: its English tells what to look for, its translation what is said. To be called while English is spoken, before anything is
 * shown: then the holes are found in the very words that the process uses.
 */
export const createInterpreter = (sentences: readonly Sentence[]): ((text: string) => string) => {
  const readings = sentences.map(readingOf)
  return (text) => interpret(readings, text)
}

const readingOf = (sentence: Sentence): Reading => {
  const [parts, say] = typeof sentence === 'function' ? [inEnglish(sentence), sentence] : [sentence.heard.split('{}'), sentence.say]
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('(.*?)')
  // A fact at the end of a sentence is all that follows.
  return { pattern: new RegExp(`^${pattern.endsWith('(.*?)') ? pattern.replace(/\(\.\*\?\)$/, '(.*)') : pattern}(?=\\s|$)`, 's'), say }
}

const inEnglish = (say: Say): string[] => say(...Array.from({ length: say.length }, () => HOLE)).split(HOLE)

/** Sentence by sentence; what is not known is left as it came. Each step takes at least one character away. */
const interpret = (readings: readonly Reading[], text: string): string => {
  const said: string[] = []
  for (let rest = text; rest !== ''; ) {
    const found = firstOf(readings, rest)
    if (found === null) return [...said, rest].join(' ')
    said.push(found.text)
    rest = rest.slice(found.length).trimStart()
  }
  return said.join(' ')
}

const firstOf = (readings: readonly Reading[], text: string): { readonly text: string; readonly length: number } | null => {
  for (const { pattern, say } of readings) {
    const match = pattern.exec(text)
    if (match !== null && match[0].length > 0) return { text: say(...match.slice(1)), length: match[0].length }
  }
  return null
}

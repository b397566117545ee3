import { readFileSync } from 'node:fs'

const FOLDER = new URL('../../src/ui/words/xliff/', import.meta.url)

/** A text of the window as it stands in a file of translations, with its placeholders as they are written there. */
export interface Unit {
  readonly id: string
  readonly source: string
  readonly target: string | null
}

export const unitsOf = (locale: string): readonly Unit[] => {
  const xliff = readFileSync(new URL(`${locale}.xlf`, FOLDER), 'utf8')
  const units = xliff.matchAll(/<trans-unit id="([^"]+)">\s*<source>(.*?)<\/source>(?:\s*<target>(.*?)<\/target>)?/gs)
  return [...units].map(([, id = '', source = '', target]) => ({ id, source, target: target ?? null }))
}

export const placeholdersOf = (text: string): readonly string[] => (text.match(/<x id="\d+"/g) ?? []).sort()

export const plainText = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

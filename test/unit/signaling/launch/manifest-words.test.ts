import { describe, expect, it } from 'vitest'
import { MANIFEST_WORDS, manifestWords } from '../../../../signaling/launch/manifest-words.ts'
import { allLocales, targetLocales } from '../../../../src/ui/words/locales/codes.ts'
import { unitsOf } from '../../../support/translations.ts'

describe('what an installer shows of the app', () => {
  it('is there in every language of the window', () => {
    const { description_localized, shortcuts, shortcuts_localized } = manifestWords([])
    expect(Object.keys(MANIFEST_WORDS).sort()).toEqual([...allLocales].sort())
    for (const language of targetLocales) {
      expect(description_localized[language]).toBe(MANIFEST_WORDS[language].description)
      expect(shortcuts_localized[language]?.map(({ url }) => url)).toEqual(shortcuts.map(({ url }) => url))
    }
  })

  it.each(targetLocales)('names pages in %s as the window does', (language) => {
    const { publishStream, publish, peers, log } = MANIFEST_WORDS.en
    const words = MANIFEST_WORDS[language]
    const inWindow = (source: string) => unitsOf(language).find((unit) => unit.source === source)?.target
    expect([publishStream, publish, peers, log].map(inWindow)).toEqual([words.publishStream, words.publish, words.peers, words.log])
  })
})

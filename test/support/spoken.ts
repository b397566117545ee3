import { vi } from 'vitest'
import { speak, type Language } from '../../src/ui/words/language.ts'
// Loaded while there is no document: Lit would take the one below for a page.
import '../../src/ui/words/locales/de.ts'
import '../../src/ui/words/locales/es.ts'

/** Speaks so in a process without a page. What the window is told of it, nobody hears. */
export const speakHere = async (language: Language): Promise<void> => {
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('navigator', { languages: [] })
  vi.stubGlobal('document', { documentElement: { lang: '' } })
  await speak(language)
}

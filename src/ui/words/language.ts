import { configureLocalization } from '@lit/localize'
import { allLocales, sourceLocale, targetLocales } from './locales/codes.ts'
// Before anything but English is spoken: it learns from the English of its sentences what to listen for.
import './engine.ts'
import { loadTold } from './tell.ts'

// The language of the window. English is in the source; the others are files of their own that are loaded when they are wanted.

export type Language = (typeof allLocales)[number]

/** `system`: the first that the browser names and the app speaks. */
export type LanguageChoice = 'system' | Language

export const LANGUAGE_CHOICES: readonly LanguageChoice[] = ['system', 'en', 'de', 'es']

/** Each in its own words, for whoever cannot read the present one. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch', es: 'Español' }

const { getLocale, setLocale } = configureLocalization({
  sourceLocale,
  targetLocales,
  loadLocale: (locale) => (locale === 'de' ? import('./locales/de.ts') : import('./locales/es.ts')),
})

const isLanguage = (text: string): text is Language => allLocales.some((locale) => locale === text)

/** The one that is spoken now. */
export const language = (): Language => {
  const locale = getLocale()
  return isLanguage(locale) ? locale : sourceLocale
}

/** `wanted`: as `navigator.languages`, best first: "de-CH" is German. English where there is none. */
export const languageFor = (choice: LanguageChoice, wanted: readonly string[]): Language => {
  if (choice !== 'system') return choice
  const found = wanted.map((tag) => tag.split('-')[0]?.toLowerCase() ?? '').find(isLanguage)
  return found ?? sourceLocale
}

/** From now on the window speaks so; every element renders anew by itself. Rejects when the words cannot be loaded: all stays as it was. */
export const speak = async (choice: LanguageChoice): Promise<void> => {
  const wanted = languageFor(choice, navigator.languages)
  if (wanted !== language()) await loadTold()
  await setLocale(wanted)
  document.documentElement.lang = language()
}

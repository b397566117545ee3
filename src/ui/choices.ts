import { LANGUAGE_CHOICES, type LanguageChoice } from './words/language.ts'

/** What a person wants of the window itself, in this browser: for all nodes of it. */
export interface Choices {
  readonly theme: Theme
  readonly language: LanguageChoice
  /** The screen stays on while the window is seen. */
  readonly awake: boolean
  /** Tells when something needs attention while the window is not seen. */
  readonly notify: boolean
  /** Single keys lead to pages. */
  readonly keys: boolean
}

export type Theme = 'system' | 'light' | 'dark'

export const THEMES = ['system', 'light', 'dark'] as const satisfies readonly Theme[]

const key = (name: keyof Choices): string => `zazen-window:${name}`

/** Total: what was kept by hand, or by another version, is as if nothing had been kept. */
export const readChoices = (storage: Pick<Storage, 'getItem'>): Choices => ({
  theme: THEMES.find((theme) => theme === storage.getItem(key('theme'))) ?? 'system',
  language: LANGUAGE_CHOICES.find((language) => language === storage.getItem(key('language'))) ?? 'system',
  awake: storage.getItem(key('awake')) === 'yes',
  notify: storage.getItem(key('notify')) === 'yes',
  keys: storage.getItem(key('keys')) !== 'no',
})

export const keepChoices = (storage: Pick<Storage, 'setItem'>, { theme, language, awake, notify, keys }: Choices): void => {
  storage.setItem(key('theme'), theme)
  storage.setItem(key('language'), language)
  storage.setItem(key('awake'), awake ? 'yes' : 'no')
  storage.setItem(key('notify'), notify ? 'yes' : 'no')
  storage.setItem(key('keys'), keys ? 'yes' : 'no')
}

/** A browser that gives a page no storage at all still shows the notice that says so. */
export const keptChoices = (): Choices => {
  try {
    return readChoices(localStorage)
  } catch {
    return readChoices({ getItem: () => null })
  }
}

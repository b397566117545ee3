import { afterEach, describe, expect, it, vi } from 'vitest'
import { formatAgo, formatBytes, formatCount, formatNumber, plural, skillShort } from '../../../../src/ui/format.ts'
import { LANGUAGE_CHOICES, LANGUAGE_NAMES, language, languageFor } from '../../../../src/ui/words/language.ts'
import { allLocales } from '../../../../src/ui/words/locales/codes.ts'
import { speakHere } from '../../../support/spoken.ts'

const NOW = Date.UTC(2024, 4, 1, 12)
const ago = (seconds: number): string => formatAgo(new Date(NOW - seconds * 1000).toISOString(), NOW)

afterEach(async () => {
  await speakHere('en')
  vi.unstubAllGlobals()
})

describe('which language is spoken', () => {
  it('the one chosen, whatever the browser wants', () => {
    expect(languageFor('de', ['es-MX'])).toBe('de')
  })

  it('else the first that the browser names and the app speaks, of any country', () => {
    expect(languageFor('system', ['fr-FR', 'es-MX', 'de'])).toBe('es')
    expect(languageFor('system', ['DE-ch'])).toBe('de')
  })

  it('else English', () => {
    expect([languageFor('system', []), languageFor('system', ['', 'eo', 'den'])]).toEqual(['en', 'en'])
  })

  it('everything that can be loaded can be chosen', () => {
    expect(LANGUAGE_CHOICES).toEqual(['system', ...Object.keys(LANGUAGE_NAMES)])
    expect(Object.keys(LANGUAGE_NAMES).sort()).toEqual([...allLocales].sort())
  })
})

describe('numbers and times are as the language writes them', () => {
  const said = (): readonly string[] => [
    formatCount(1_234_567), plural(1, 'row'), plural(200_000, 'row'), formatBytes(1234), ago(300), ago(-86_400), skillShort(2.6),
  ]

  it('in English', () => {
    expect(said()).toEqual(['1,234,567', '1 row', '200,000 rows', '1.2 kB', '5 minutes ago', 'in 1 day', '2.6 × the error of “no change”'])
  })

  it('in German', async () => {
    await speakHere('de')
    expect(language()).toBe('de')
    expect(said()).toEqual(['1.234.567', '1 Zeile', '200.000 Zeilen', '1,2 kB', 'vor 5 Minuten', 'in 1 Tag', '2,6 × der Fehler von „bleibt gleich“'])
  })

  it('in Spanish', async () => {
    await speakHere('es')
    expect(said()).toEqual(['1.234.567', '1 fila', '200.000 filas', '1,2 kB', 'hace 5 minutos', 'dentro de 1 día', '2,6 × el error de «sin cambios»'])
  })

  it('but a value keeps its point: so it is written in the rows, and so it has to be typed', async () => {
    await speakHere('de')
    expect(formatNumber(21.4)).toBe('21.4')
  })
})

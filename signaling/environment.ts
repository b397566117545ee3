import { fail, ok, type Failure, type Result } from '../src/base/result.ts'

/** The environment as text, and what every variable is judged with: a complaint names the variable and what it may hold. */
export type Environment = Readonly<Record<string, string | undefined>>

export type Read<T> = Result<T, Failure<'bad-config'>>

export const bad = (name: string, value: string, wanted: string): Result<never, Failure<'bad-config'>> =>
  fail('bad-config', `${name}=${value.slice(0, 100)} cannot be used: ${wanted}`)

export const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

export const wholeNumber = (env: Environment, name: string, preset: number, max: number): Read<number> => {
  const text = env[name]?.trim() || String(preset)
  const value = Number(text)
  return /^\d+$/.test(text) && value <= max ? ok(value) : bad(name, text, `it is a whole number from 0 to ${max}.`)
}

export const choice = <const T extends string>(env: Environment, name: string, preset: T, choices: readonly T[]): Read<T> => {
  const text = env[name]?.trim() || preset
  const chosen = choices.find((one) => one === text)
  return chosen === undefined ? bad(name, text, `it is one of ${choices.join(', ')}.`) : ok(chosen)
}

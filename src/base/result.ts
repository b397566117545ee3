/** Expected failure is a value: a plain object, so that it survives `postMessage`. */
export interface Failure<Code extends string = string> {
  readonly code: Code
  /** One sentence for a person: what went wrong, where, and what to do next where that is known. */
  readonly message: string
}

export interface Ok<T> {
  readonly ok: true
  readonly value: T
}

export interface Err<E> {
  readonly ok: false
  readonly error: E
}

export type Result<T, E = Failure> = Ok<T> | Err<E>

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value })

export const err = <E>(error: E): Err<E> => ({ ok: false, error })

export const fail = <Code extends string>(code: Code, message: string): Err<Failure<Code>> =>
  err({ code, message })

/** Reads an unknown thrown thing as a failure; for the edges where platform calls throw. */
export const failureOf = (thrown: unknown, code = 'internal'): Failure => {
  if (isFailure(thrown)) return { code: thrown.code, message: thrown.message }
  if (thrown instanceof Error) return { code, message: `${thrown.name}: ${thrown.message}` }
  return { code, message: String(thrown) }
}

const isFailure = (thing: unknown): thing is Failure =>
  typeof thing === 'object' &&
  thing !== null &&
  'code' in thing &&
  typeof thing.code === 'string' &&
  'message' in thing &&
  typeof thing.message === 'string'

import type { Failure, Result } from '../base/result.ts'

/** What a command's caller gets when it fails: a plain `{code, message}`, which crosses workers as it is. */
export const orReject = <T>(result: Result<T>): T => {
  if (result.ok) return result.value
  return reject(result.error)
}

export const reject = ({ code, message }: Failure): never => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- an Error would lose its code on the way through Comlink
  throw { code, message }
}

import { fail, type Result } from '../base/result.ts'

/** What a person can do next, by the code of what did not work. */
const NEXT: Readonly<Record<string, string>> = {
  'unknown-stream': 'Subscribe to it first.',
  'own-stream': 'Pause it, if it shall rest.',
  'not-own': 'Ask its publisher to do it.',
  'still-served': 'Wait until they are here: nothing is lost then.',
  'damaged-page': 'Wait until a peer has sent the page again, then try once more.',
  'damaged-list': 'Wait until a peer has sent the history again, then try once more.',
  'forged-head': 'Wait until a peer has sent the history again, then try once more.',
  'data-restarted': 'Look whether it was done, and try again if it was not.',
  'no-answer': 'Try again; reload the page if it goes on like this.',
}

/** The same result; a failure also says what to do next, as far as there is something to be done. */
export const advised = <T>(result: Result<T>): Result<T> => {
  if (result.ok) return result
  const { code, message } = result.error
  const next = NEXT[code]
  return next === undefined ? result : fail(code, `${message} ${next}`)
}

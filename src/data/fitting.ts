import { utf8Length } from '../domain/text.ts'

/** Text cut to what fits a field of `maxBytes`: a stranger's reason or a platform's error is as long as it likes. */
export const fitting = (text: string, maxBytes: number): string => {
  let short = text.slice(0, maxBytes)
  while (utf8Length(short) > maxBytes) short = short.slice(0, -1)
  return short
}

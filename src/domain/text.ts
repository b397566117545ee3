/** C0, DEL, C1 and the line separators: nothing that could end a line, a field or a terminal's patience. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

export const hasControl = (text: string): boolean => CONTROL.test(text)

/** Nothing but characters from space to tilde. */
export const isPrintableAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 || unit > 0x7e) return false
  }
  return true
}

const encoder = new TextEncoder()

/** Length in UTF-8 bytes. */
export const utf8Length = (text: string): number => encoder.encode(text).length

/** Half of a surrogate pair has no UTF-8 form: encoding it would change the text silently. */
export const isWellFormed = (text: string): boolean =>
  !/[\ud800-\udfff]/.test(text) || !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)

/** The beginning of a text that fits so many UTF-8 bytes, whole characters only. O(text). */
export const clipUtf8 = (text: string, maxBytes: number): string => {
  const room = new Uint8Array(maxBytes)
  return text.slice(0, encoder.encodeInto(text, room).read)
}

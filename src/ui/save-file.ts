/** Hands a file to the browser's downloads. */
export const saveFile = (name: string, parts: Blob): void => {
  const url = URL.createObjectURL(parts)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download holds its own reference once the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

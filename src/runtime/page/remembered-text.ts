/** A text that the node writes, and judges when it reads it again after a reload; the page only keeps it. */
export const rememberText = (profile: string, name: 'peers' | 'log' | 'held', storage: Storage) => {
  const key = `zazen:${profile}:${name}`
  return {
    kept: storage.getItem(key),
    keep: (text: string): void => {
      try {
        storage.setItem(key, text)
      } catch {
        // A full storage: the node does without, as it does on its first day.
        storage.removeItem(key)
      }
    },
  }
}

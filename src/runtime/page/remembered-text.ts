/** A text that the node writes, and judges when it reads it again after a reload; the page only keeps it, and answers whether it could. */
export const rememberText = (profile: string, name: 'peers' | 'log' | 'held', storage: Storage) => {
  const key = `zazen:${profile}:${name}`
  return {
    kept: storage.getItem(key),
    keep: (text: string): boolean => {
      try {
        storage.setItem(key, text)
        return true
      } catch {
        // A full storage: the node does without, as it does on its first day. Downloads that rest would do so for ever.
        if (name !== 'held') storage.removeItem(key)
        return false
      }
    },
  }
}

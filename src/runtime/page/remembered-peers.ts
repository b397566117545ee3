/** Peers to look for after a reload, as the node writes and judges them; the page only keeps the text. */
export const rememberPeers = (profile: string, storage: Storage) => {
  const key = `zazen:${profile}:peers`
  return {
    kept: storage.getItem(key),
    keep: (text: string): void => {
      try {
        storage.setItem(key, text)
      } catch {
        // A full storage: the node asks the server instead, as it does on its first day.
        storage.removeItem(key)
      }
    },
  }
}

interface Pausable {
  setPaused(id: string | null, paused: boolean): Promise<void>
}

/** A node that was paused stays paused over a reload: the one thing that the page itself remembers. */
export const rememberPause = (profile: string, storage: Storage) => {
  const key = `zazen:${profile}:paused`
  return {
    wasPaused: storage.getItem(key) === 'yes',
    /** The same commands; pausing the whole node is written down. */
    remembering: <Commands extends Pausable>(commands: Commands): Commands => ({
      ...commands,
      setPaused: async (id, paused) => {
        await commands.setPaused(id, paused)
        if (id !== null) return
        if (paused) storage.setItem(key, 'yes')
        else storage.removeItem(key)
      },
    }),
  }
}

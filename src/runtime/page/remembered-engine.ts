interface Adjustable<Change, Settings> {
  setEngine(change: Change): Promise<Settings>
}

/** The engine's settings over a reload. The page keeps the text; the neuron judges it when it starts. */
export const rememberEngine = (profile: string, storage: Storage) => {
  const key = `zazen:${profile}:engine`
  return {
    kept: storage.getItem(key),
    /** The same commands; what is in force after a change is written down. */
    remembering: <Change, Settings, Commands extends Adjustable<Change, Settings>>(commands: Commands): Commands => ({
      ...commands,
      setEngine: async (change: Change) => {
        const inForce = await commands.setEngine(change)
        storage.setItem(key, JSON.stringify(inForce))
        return inForce
      },
    }),
  }
}

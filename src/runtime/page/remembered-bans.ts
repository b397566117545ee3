import { fail } from '../../base/result.ts'

interface Banning<Banned> {
  banPeer(id: string): Promise<readonly Banned[]>
  liftBan(id: string): Promise<readonly Banned[]>
}

/** Whom a person has banned, over a reload. The page keeps the text; the neuron judges it when it starts. */
export const rememberBans = (profile: string, storage: Storage) => {
  const key = `zazen:${profile}:bans`
  const keep = <Banned>(inForce: readonly Banned[]): readonly Banned[] => {
    try {
      storage.setItem(key, JSON.stringify(inForce))
    } catch {
      throw fail('not-kept', 'The browser has no room left for this site. It is so until this page is loaded anew, and not kept.').error
    }
    return inForce
  }
  return {
    kept: storage.getItem(key),
    /** The same commands; the list that is in force after a change is written down. */
    remembering: <Banned, Commands extends Banning<Banned>>(commands: Commands): Commands => ({
      ...commands,
      banPeer: async (id) => keep(await commands.banPeer(id)),
      liftBan: async (id) => keep(await commands.liftBan(id)),
    }),
  }
}

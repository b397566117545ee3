/** `?profile=NAME` gives a second, separate node in the same browser: own identity, database and lock. */
const profileOf = (search: string): string => {
  const name = new URLSearchParams(search).get('profile') ?? ''
  return /^[\w-]{1,40}$/.test(name) ? name : 'main'
}

/** What a page's address says about its node. */
export const settingsOf = (search: string): { readonly profile: string; readonly peerServerUrl: string | null } => ({
  profile: profileOf(search),
  // `?peerjs=ADDRESS` names another PeerServer than the one beside the app; judged where it is used.
  peerServerUrl: new URLSearchParams(search).get('peerjs'),
})

/** What a node needs of its browser. The window says what each is and what helps. */
export type Requirement = 'secure context' | 'WebRTC' | 'IndexedDB' | 'Web Locks' | 'module workers' | 'Ed25519'

/**
 * What this browser lacks; empty: it can run a node. Plain http gives no WebCrypto, locks or storage except on localhost.
 */
export const missingRequirements = async (): Promise<readonly Requirement[]> => {
  if (!isSecureContext) return ['secure context']
  const needed: readonly (readonly [Requirement, boolean])[] = [
    ['WebRTC', 'RTCPeerConnection' in globalThis],
    ['IndexedDB', 'indexedDB' in globalThis],
    ['Web Locks', 'locks' in navigator],
    ['module workers', 'Worker' in globalThis],
    ['Ed25519', await hasEd25519()],
  ]
  return needed.filter(([, there]) => !there).map(([name]) => name)
}

const hasEd25519 = async (): Promise<boolean> => {
  try {
    await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])
    return true
  } catch {
    // NotSupportedError is the answer to the question, not a fault.
    return false
  }
}

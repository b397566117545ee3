/** What this browser lacks, in words; empty: it can run a node. Plain http gives no WebCrypto, locks or storage except on localhost. */
export const missingRequirements = async (): Promise<readonly string[]> => {
  if (!isSecureContext) return ['a secure address: open this app over https, or on http://localhost']
  const needed: readonly (readonly [string, boolean])[] = [
    ['WebRTC data channels', 'RTCPeerConnection' in globalThis],
    ['IndexedDB storage', 'indexedDB' in globalThis],
    ['Web Locks', 'locks' in navigator],
    ['module workers', 'Worker' in globalThis],
    ['Ed25519 signatures in WebCrypto', await hasEd25519()],
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

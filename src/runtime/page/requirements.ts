/**
 * What this browser lacks and what helps, a sentence each; empty: it can run a node. Plain http gives no WebCrypto, locks or
 * storage except on localhost.
 */
export const missingRequirements = async (): Promise<readonly string[]> => {
  if (!isSecureContext) return ['A secure address: browsers give a page keys and storage over https, or on http://localhost, only. Open this app there.']
  const needed: readonly (readonly [string, boolean])[] = [
    ['WebRTC data channels, over which tabs give each other histories. Some privacy extensions and settings switch them off: allow WebRTC for this site.', 'RTCPeerConnection' in globalThis],
    ['IndexedDB, where histories are kept. Some private windows have none: use an ordinary window.', 'indexedDB' in globalThis],
    ['Web Locks, by which one tab at a time is the node. Update the browser.', 'locks' in navigator],
    ['Module workers, in which the node runs. Update the browser.', 'Worker' in globalThis],
    ['Ed25519 signatures in WebCrypto, by which rows are signed and checked. Update the browser.', await hasEd25519()],
  ]
  return needed.filter(([, there]) => !there).map(([words]) => words)
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

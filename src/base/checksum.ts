/** FNV-1a, 32 bits: tells damage and chance apart from the same bytes, not malice. */
export const checksum = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return hash >>> 0
}

import { extname } from 'node:path'

/** Compressed by themselves. */
const DENSE = new Set(['.png', '.ico', '.webp', '.woff2'])

/** Smaller than this, compression saves less than its header costs. */
const LEAST_BYTES = 1_024

/**
 * Whether a file of the app is sent compressed: the build and the server must agree.
 * @param {string} path @param {number} sizeBytes
 */
export const isWorthCompressing = (path, sizeBytes) => sizeBytes >= LEAST_BYTES && !DENSE.has(extname(path).toLowerCase())

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'

/** Compressed by themselves. */
const DENSE = new Set(['.png', '.ico', '.webp', '.woff2'])

/** Smaller than this, compression saves less than its header costs. */
const WORTH_COMPRESSING_BYTES = 1_024

/**
 * Writes FILE.br beside every file of a built app: a tenth smaller than gzip, and too slow for a server that starts (a megabyte takes
 * seconds at the quality that is worth it).
 * @param {string} folder
 */
export async function compressFolder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile() && !DENSE.has(extname(entry.name))).map((entry) => join(entry.parentPath, entry.name))
  await Promise.all(paths.map(compressFile))
}

/** @param {string} path */
async function compressFile(path) {
  const bytes = await readFile(path)
  if (bytes.length >= WORTH_COMPRESSING_BYTES) await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes))
}

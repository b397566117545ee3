import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompress, gzip } from 'node:zlib'
import { isWorthCompressing } from './launch/worth-compressing.mjs'

/** One file of the built app, ready to send. */
export interface AppFile {
  readonly type: string
  /** Hashed names never change their content; everything else is asked about again. */
  readonly immutable: boolean
  readonly plain: Representation
  readonly gzip: Representation | null
  /** Where the build has made it. */
  readonly br: Representation | null
}

export interface Representation {
  readonly bytes: Buffer
  readonly etag: string
}

/** Files by URL path. What is not in here does not exist: no path can lead out of the folder. */
export type AppFiles = ReadonlyMap<string, AppFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** What the build puts beside a file, compressed: signaling/launch/compress.mjs. */
const BROTLI = '.br'

/** The bundler writes name-HASH.ext into assets/; such a file is another file when its content is another. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/

/**
 * Reads a build into memory, once: a few MiB, and what is served is one build even while the next one is written.
 * Empty when there is no build.
 */
export const readAppFiles = async (folder: string): Promise<AppFiles> => {
  const files = new Map<string, AppFile>()
  const paths = await filesIn(folder)
  const isThere = new Set(paths)
  for (const path of paths) {
    if (path.endsWith(BROTLI) && isThere.has(path.slice(0, -BROTLI.length))) continue
    const url = `/${relative(folder, path).split(sep).join('/')}`
    files.set(url, await readAppFile(path, url, isThere.has(path + BROTLI)))
  }
  return files
}

const filesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    // Links are not followed: they could lead anywhere.
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return []
    throw thrown
  }
}

const readAppFile = async (path: string, url: string, hasBrotli: boolean): Promise<AppFile> => {
  const bytes = await readFile(path)
  const extension = extname(path).toLowerCase()
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    immutable: HASHED.test(url),
    plain: representation(bytes),
    gzip: isWorthCompressing(path, bytes.length) ? representation(await promisify(gzip)(bytes)) : null,
    br: hasBrotli ? await readBrotli(path + BROTLI, bytes) : null,
  }
}

/** Null when it is that of another build: somebody has changed the file itself since. */
const readBrotli = async (path: string, plain: Buffer): Promise<Representation | null> => {
  const bytes = await readFile(path)
  // It may be longer than what it should be, but no bomb.
  const unpacked = await promisify(brotliDecompress)(bytes, { maxOutputLength: plain.length + 1 }).catch(() => null)
  return unpacked?.equals(plain) === true ? representation(bytes) : null
}

const representation = (bytes: Buffer): Representation => ({
  bytes,
  etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
})

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppFile, AppFiles, Representation } from './app-files.ts'

/** What plain HTTP requests get: the app, the server's health, and pages that help. SPEC [S60]–[S67]. */
export interface Health {
  /** New connections are welcome when it is `ready`; `no-store`: the servers' common store is away, so that much would be refused. */
  readonly status: 'ready' | 'stopping' | 'no-store'
  readonly counts: Readonly<Record<string, number>>
}

/**
 * No script, style, frame or form but our own. A worker takes its policy from its own file's response, so every response
 * carries it. WebSockets may go anywhere: a node may use any signaling server.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self' ws: wss:",
  "worker-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // `default`: src/runtime/page/trusted-types.ts; `lit-html`: Lit's own, for templates that are in the code.
  "require-trusted-types-for 'script'",
  'trusted-types default lit-html',
].join('; ')

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
}

/** Whoever answers, and whatever: the page's rights are the same. */
export const secure = (response: ServerResponse): void => {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
}

/** What the operator's own programs read; null: this one may not. */
export type ReadMetrics = (request: IncomingMessage) => Promise<string> | null

export const createHttpHandler =
  (files: AppFiles, health: () => Health, readMetrics: ReadMetrics) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      // Whatever body comes is not waited for.
      response.setHeader('Connection', 'close')
      return sendText(request, response, 405, 'text/plain', 'This server answers GET and HEAD.\n')
    }
    const path = pathOf(request.url ?? '/')
    if (path === null) return sendText(request, response, 400, 'text/plain', 'The address cannot be read.\n')
    if (path === '/health/live') return sendText(request, response, 200, 'application/json', '{"status":"live"}\n')
    if (path === '/health/ready') return sendHealth(request, response, health())
    if (path === '/metrics') return void sendMetrics(request, response, readMetrics)
    const file = files.get(path === '/' ? '/index.html' : path)
    if (file !== undefined) return sendFile(request, response, file)
    return sendText(request, response, 404, 'text/html', files.has('/index.html') ? NOT_FOUND : NOT_BUILT)
  }

/** The decoded path, exactly as given: nothing is resolved, so there is nothing to escape from. */
const pathOf = (url: string): string | null => {
  const end = url.search(/[?#]/)
  try {
    return decodeURIComponent(end === -1 ? url : url.slice(0, end))
  } catch {
    // A broken %-escape names no file.
    return null
  }
}

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${title}</title><h1>${title}</h1><p>${body}</p></html>\n`

const NOT_FOUND = page('There is no such page here', 'The node is at <a href="/">the start page</a>.')

const NOT_BUILT = page(
  'The app is not built',
  'The signaling server runs, but the folder it serves the app from is empty. <code>npm start</code> builds the app and serves it.',
)

const sendHealth = (request: IncomingMessage, response: ServerResponse, { status, counts }: Health): void => {
  const body = JSON.stringify({ status, ...counts })
  sendText(request, response, status === 'ready' ? 200 : 503, 'application/json', `${body}\n`)
}

const sendMetrics = async (request: IncomingMessage, response: ServerResponse, read: ReadMetrics): Promise<void> => {
  const metrics = read(request)
  if (metrics === null) sendText(request, response, 403, 'text/plain', 'The metrics are for the operator; see METRICS.\n')
  else sendText(request, response, 200, 'text/plain; version=0.0.4', await metrics)
}

/** Too many requests from one address. */
export const sendTooMany = (response: ServerResponse): void => {
  response.writeHead(429, { 'Retry-After': '30', 'Content-Length': 0, Connection: 'close' })
  response.end()
}

const sendText = (
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
): void => {
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

const sendFile = (request: IncomingMessage, response: ServerResponse, file: AppFile): void => {
  const { bytes, etag, encoding } = choose(request, file)
  response.setHeader('ETag', etag)
  response.setHeader('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (file.gzip !== null || file.br !== null) response.setHeader('Vary', 'Accept-Encoding')
  if (hasEtag(request.headers['if-none-match'], etag)) {
    response.writeHead(304)
    response.end()
    return
  }
  if (encoding !== null) response.setHeader('Content-Encoding', encoding)
  response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

/** The smallest that is taken. */
const choose = (request: IncomingMessage, file: AppFile): Representation & { encoding: string | null } => {
  const accepted = request.headers['accept-encoding'] ?? ''
  for (const encoding of ['br', 'gzip'] as const) {
    const packed = file[encoding]
    if (packed !== null && ACCEPTS[encoding].test(accepted)) return { ...packed, encoding }
  }
  return { ...file.plain, encoding: null }
}

/** Named, and not with a weight of nothing. */
const accepts = (encoding: string): RegExp => new RegExp(String.raw`(?:^|,)\s*${encoding}\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)`, 'i')

const ACCEPTS = { br: accepts('br'), gzip: accepts('gzip') } as const

const hasEtag = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)

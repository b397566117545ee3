import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTrusted } from '../../signaling/addresses.ts'
import { MAX_HTTP_SOCKETS_PER_ADDRESS, REQUEST_BURST } from '../../signaling/limits.ts'
import { createMemoryStore } from '../../signaling/registry-store/memory.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'
import { until } from '../support/until.ts'

const LONG_SCRIPT = 'export const zazen = 1\n'.repeat(200)
const FILES: Readonly<Record<string, string>> = {
  'index.html': '<!doctype html><title>Zazen</title>',
  'service-worker.js': 'self.skipWaiting()',
  'manifest.webmanifest': '{"name":"Zazen"}',
  'assets/main-Ab3dE_9x.js': LONG_SCRIPT,
  'assets/style-0a1b2c3d.css': 'body{}',
  'assets/old-Zz9yX8w7.js': `${LONG_SCRIPT}// newer`,
  'icons/icon 1.svg': '<svg/>',
  'samples/co2.csv': 'time,value',
}

let folder: string
let server: TestServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zazen-app-'))
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, 'app', name)), { recursive: true })
    await writeFile(join(folder, 'app', name), text)
  }
  // As the build leaves them: one of this very file, one of the file as it once was.
  for (const name of ['main-Ab3dE_9x', 'old-Zz9yX8w7']) await writeFile(join(folder, 'app/assets', `${name}.js.br`), brotliCompressSync(LONG_SCRIPT))
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await symlink(join(folder, 'secret.txt'), join(folder, 'app', 'link.txt'))
  server = await startTestServer({ appDir: join(folder, 'app') })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

/** The path goes out exactly as written: `fetch` would tidy it up. */
const get = (
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  port = server.port,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    asked.on('error', reject)
    asked.end()
  })

describe('the app', () => {
  it.each([
    ['/', 'index.html', 'text/html; charset=utf-8'],
    ['/?profile=second', 'index.html', 'text/html; charset=utf-8'],
    ['/index.html', 'index.html', 'text/html; charset=utf-8'],
    ['/service-worker.js', 'service-worker.js', 'text/javascript; charset=utf-8'],
    ['/manifest.webmanifest', 'manifest.webmanifest', 'application/manifest+json; charset=utf-8'],
    ['/assets/style-0a1b2c3d.css', 'assets/style-0a1b2c3d.css', 'text/css; charset=utf-8'],
    ['/icons/icon%201.svg', 'icons/icon 1.svg', 'image/svg+xml; charset=utf-8'],
    ['/samples/co2.csv', 'samples/co2.csv', 'text/csv; charset=utf-8'],
  ])('[S60] %s is %s', async (path, name, type) => {
    const answer = await get(path)
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type } })
    expect(answer.body.toString()).toBe(FILES[name])
  })

  it('[S61] hashed files are kept for ever, all others are asked about again', async () => {
    for (const path of ['/assets/main-Ab3dE_9x.js', '/assets/style-0a1b2c3d.css'])
      expect((await get(path)).headers['cache-control']).toBe('public, max-age=31536000, immutable')
    for (const path of ['/', '/service-worker.js', '/manifest.webmanifest', '/samples/co2.csv'])
      expect((await get(path)).headers['cache-control']).toBe('no-cache')
  })

  it('[S61] who has the file already gets 304', async () => {
    const etag = String((await get('/')).headers['etag'])
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await get('/', { 'If-None-Match': known })
      expect(answer.status).toBe(304)
      expect(answer.body).toHaveLength(0)
      expect(answer.headers).toMatchObject({ etag, 'cache-control': 'no-cache' })
    }
    expect((await get('/', { 'If-None-Match': '"other"' })).status).toBe(200)
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '//secret.txt',
    '/link.txt',
    '/index.html%00',
    '/assets',
    '/assets/',
    'http://127.0.0.1/../secret.txt',
  ])('[S62] %s leads nowhere', async (path) => {
    const answer = await get(path)
    expect(answer.status).toBe(404)
    expect(answer.body.toString()).not.toContain('secret')
  })

  it('[S62] a path that cannot be read is refused', async () => {
    expect((await get('/%E0%A4%A')).status).toBe(400)
  })

  it('[S63] HEAD is GET without the body', async () => {
    const [whole, head] = [await get('/'), await get('/', {}, 'HEAD')]
    expect(head.body).toHaveLength(0)
    expect({ ...head.headers, date: '' }).toEqual({ ...whole.headers, date: '' })
  })

  it('[S63] nothing can be written', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect(await get('/', {}, method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  })

  it('[S64] a page that is not there leads to the one that is', async () => {
    const answer = await get('/streams')
    expect(answer.status).toBe(404)
    expect(answer.body.toString()).toContain('<a href="/">')
  })

  it('[S64] without a build the page says how to make one', async () => {
    const bare = await startTestServer()
    const answer = await get('/', {}, 'GET', bare.port)
    expect(answer.status).toBe(404)
    expect(answer.body.toString()).toContain('npm start')
    await bare.close()
  })

  it('[S65] every answer carries the policy', async () => {
    const answers = [
      await get('/'),
      await get('/nowhere'),
      await get('/health/live'),
      await get('/', {}, 'POST'),
      await get('/%E0%A4%A'),
    ]
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      })
      const policy = String(headers['content-security-policy'])
      expect(policy.split('; ')).toEqual(
        expect.arrayContaining(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]),
      )
      expect(policy).not.toContain('unsafe')
    }
  })

  it('[S67] text is compressed for those who accept it, under its own ETag', async () => {
    const path = '/assets/main-Ab3dE_9x.js'
    const plain = await get(path)
    const packed = await get(path, { 'Accept-Encoding': 'deflate, gzip, zstd' })
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(gunzipSync(packed.body).toString()).toBe(LONG_SCRIPT)
    expect(packed.headers['etag']).not.toBe(plain.headers['etag'])
    expect(plain.headers['content-encoding']).toBeUndefined()
    for (const header of ['gzip;q=0', 'gzip;q=0.0, deflate', 'xgzip', 'br;q=0', 'brr'])
      expect((await get(path, { 'Accept-Encoding': header })).headers['content-encoding']).toBeUndefined()
  })

  it('[S67] what the build has compressed with Brotli goes to those who accept that, and never another file than the one beside it', async () => {
    const path = '/assets/main-Ab3dE_9x.js'
    const zipped = await get(path, { 'Accept-Encoding': 'gzip' })
    const packed = await get(path, { 'Accept-Encoding': 'gzip, deflate, br;q=0.9' })
    expect(packed.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding', 'cache-control': 'public, max-age=31536000, immutable' })
    expect(brotliDecompressSync(packed.body).toString()).toBe(LONG_SCRIPT)
    expect(packed.headers['etag']).not.toBe(zipped.headers['etag'])
    expect(await get(path, { 'Accept-Encoding': 'br', 'If-None-Match': String(packed.headers['etag']) })).toMatchObject({ status: 304 })
    expect((await get('/assets/old-Zz9yX8w7.js', { 'Accept-Encoding': 'br, gzip' })).headers['content-encoding']).toBe('gzip')
    expect((await get(`${path}.br`)).status).toBe(404)
  })
})

describe('limits', () => {
  it('[S18] one address asks for a bounded number of files, and others go on', async () => {
    const busy = await startTestServer()
    const from = (address: string) => get('/', { 'X-Forwarded-For': address }, 'GET', busy.port)
    for (let i = 0; i < REQUEST_BURST; i++) await from('203.0.113.5')
    expect(await from('203.0.113.5')).toMatchObject({ status: 429, headers: { 'retry-after': '30' } })
    expect((await from('203.0.113.6')).status).toBe(404)
    busy.clock.advance(1_000)
    expect((await from('203.0.113.5')).status).toBe(404)
    await busy.close()
  })
})

describe('metrics', () => {
  it('[S68] tell the operator of connections, messages, refusals and introductions', async () => {
    const own = await startTestServer()
    const [a, b] = [await own.connect(), await own.connect()]
    await a.ask({ type: 'rendezvous', key: 'ab'.repeat(32) })
    own.clock.advance(200)
    await b.ask({ type: 'rendezvous', key: 'ab'.repeat(32) })
    await b.ask({ type: 'rendezvous', key: 'ab'.repeat(32) })
    const { status, headers, body } = await get('/metrics', {}, 'GET', own.port)
    expect({ status, type: headers['content-type'] }).toMatchObject({ status: 200, type: expect.stringContaining('version=0.0.4') as string })
    const text = body.toString()
    for (const line of [
      'zazen_connections 2',
      'zazen_nodes 2',
      'zazen_messages_total{direction="in",type="rendezvous"} 3',
      'zazen_messages_total{direction="out",type="matched"} 2',
      'zazen_refusals_total{code="same-node"} 1',
      'zazen_rendezvous_held_seconds_count{outcome="matched"} 1',
      'zazen_rendezvous_held_seconds_sum{outcome="matched"} 0.2',
    ])
      expect(text).toContain(line)
    // Nothing counts twice because somebody looked.
    expect((await get('/metrics', {}, 'GET', own.port)).body.toString()).toContain('zazen_messages_total{direction="in",type="rendezvous"} 3\n')
    await own.close()
  })

  it('[S68] speak to this machine only, unless the configuration says otherwise', async () => {
    const passedOn = { 'X-Forwarded-For': '203.0.113.5' }
    expect((await get('/metrics', passedOn)).status).toBe(403)
    const [open, shut] = [await startTestServer({ metricsFor: 'all' }), await startTestServer({ metricsFor: 'none' })]
    expect((await get('/metrics', passedOn, 'GET', open.port)).status).toBe(200)
    expect((await get('/metrics', {}, 'GET', shut.port)).status).toBe(403)
    await open.close()
    await shut.close()
  })
})

describe('health', () => {
  it('[S66] says that the server lives and is ready, and how much it carries', async () => {
    const node = await server.connect()
    expect(await get('/health/live')).toMatchObject({ status: 200 })
    const ready = await get('/health/ready')
    expect(ready.status).toBe(200)
    expect(JSON.parse(ready.body.toString())).toEqual({
      status: 'ready',
      connections: 1,
      nodes: 1,
      streams: 0,
      rendezvous: 0,
    })
    node.terminate()
  })

  it('[S87] a server whose store is away is not ready, and lives', async () => {
    const store = { ...createMemoryStore(), isReachable: false }
    const deaf = await startTestServer({}, { store })
    expect(await get('/health/live', {}, 'GET', deaf.port)).toMatchObject({ status: 200 })
    const { status, body } = await get('/health/ready', {}, 'GET', deaf.port)
    expect([status, JSON.parse(body.toString())]).toMatchObject([503, { status: 'no-store' }])
    await deaf.close()
  })

  it('[S97] sockets that say half a sentence are ended by the server', async () => {
    const hurried = await startTestServer({}, { headersTimeoutMs: 500 })
    const ended = Array.from({ length: 300 }, () => {
      const socket = connectTcp(hurried.port, '127.0.0.1', () => socket.write('GET /signaling HTTP/1.1\r\nHost: localhost\r\nUpgrade: web'))
      return Promise.race([once(socket.resume(), 'close').then(() => 'ended'), sleep(20_000, 'still open', { ref: false })])
    })
    expect(new Set(await Promise.all(ended))).toEqual(new Set(['ended']))
    await hurried.close()
  }, 40_000)

  describe('[S101] one address', () => {
    const begin = async (config: Parameters<typeof startTestServer>[0] = {}) => {
      const at = { address: '203.0.113.5' }
      // No timeout ends what is open: the machine may be slow.
      const slow = await startTestServer(config, { addressOf: () => at.address, headersTimeoutMs: 120_000 })
      const open = async (words: string) => {
        const socket = connectTcp({ port: slow.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined)
        const ended = new Promise((resolve) => socket.resume().once('end', resolve).once('close', resolve))
        await once(socket, 'connect')
        socket.write(words)
        return { socket, ended }
      }
      const isServed = async (): Promise<boolean> => (await get('/health/live', {}, 'GET', slow.port).catch(() => null))?.status === 200
      const crowd = (words: string, count = MAX_HTTP_SOCKETS_PER_ADDRESS) => Promise.all(Array.from({ length: count }, () => open(words)))
      return { at, slow, open, crowd, isServed }
    }
    const HALF = 'GET / HTTP/1.1\r\nHost: localhost\r\n'

    it('holds so many sockets that have said nothing whole, and others are not disturbed', async () => {
      const { at, slow, open, crowd, isServed } = await begin()
      const [first, ...held] = await crowd(HALF)
      await (await open(HALF)).ended
      at.address = '203.0.113.6'
      expect(await isServed()).toBe(true)
      at.address = '203.0.113.5'
      expect(await isServed()).toBe(false)
      first?.socket.destroy()
      await until('a place that was given back', isServed)
      for (const { socket } of held) socket.destroy()
      await slow.close()
    })

    it('may open as many again beside its WebSockets', async () => {
      const { slow, crowd, isServed } = await begin()
      await slow.connectMany(100)
      const held = await crowd(HALF, MAX_HTTP_SOCKETS_PER_ADDRESS - 1)
      expect(await isServed()).toBe(true)
      for (const { socket } of held) socket.destroy()
      await slow.close()
    })

    it('keeps no refused upgrade open, though its client never closes', async () => {
      const { slow, crowd, isServed } = await begin()
      const held = await crowd('GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      await until('the end of those refused', isServed)
      for (const { socket } of held) socket.destroy()
      await slow.close()
    })

    it('is not counted where it is a trusted proxy', async () => {
      const trustedProxies = readTrusted(['203.0.113.5'])
      if (!trustedProxies.ok) throw new Error(trustedProxies.error.message)
      const { slow, crowd, isServed } = await begin({ trustedProxies: trustedProxies.value })
      const held = await crowd(HALF)
      expect(await isServed()).toBe(true)
      for (const { socket } of held) socket.destroy()
      await slow.close()
    })
  })

  it('[S66] a stopping server is not ready', async () => {
    const stopping = await startTestServer()
    // A request on a connection made before: new ones are not taken any more.
    const socket = connectTcp(stopping.port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.write('GET /health/ready HTTP/1.1\r\nHost: x\r\n')
    await get('/health/live', {}, 'GET', stopping.port)
    const closed = stopping.close()
    const said = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())))
    socket.write('\r\n')
    expect(await said).toContain('503')
    socket.destroy()
    await closed
  })
})

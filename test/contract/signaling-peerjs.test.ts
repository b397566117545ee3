import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { CONTENT_SECURITY_POLICY } from '../../signaling/http.ts'
import { CHROMIUM_FLAGS, findChromium } from '../../signaling/launch/chromium.mjs'
import { root } from '../../signaling/launch/project.mjs'
import { MAX_MALFORMED, MAX_QUEUED_BYTES, PEERJS_BURST } from '../../signaling/limits.ts'
import { MAX_SIGNALING_BYTES } from '../../src/protocol/limits.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zazen-peerjs-'))
  await copyFile(join(root, 'node_modules/peerjs/dist/peerjs.min.js'), join(folder, 'peerjs.js'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>PeerJS</title><script src="/peerjs.js"></script>')
  server = await startTestServer({ peerJs: true, appDir: folder })
})
afterEach(async () => {
  const closed = server.close()
  // Whom the server does not read does not answer its goodbye.
  server.clock.advance(5_000)
  await closed
  await rm(folder, { recursive: true })
})

interface Said {
  readonly type: string
  readonly src?: string
  readonly payload?: { readonly msg?: string }
}

/** A client that speaks PeerServer's words by hand. */
const dial = async (id: string, { key = 'peerjs', token = 'token', ...options }: { key?: string; token?: string; origin?: string } = {}) => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/peerjs/peerjs?key=${key}&id=${id}&token=${token}`, options)
  const inbox: Said[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of [...waiting]) look()
  }
  const ended = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)))
  socket.on('message', (data) => {
    inbox.push(JSON.parse(Buffer.isBuffer(data) ? data.toString() : '') as Said)
    wake()
  })
  const next = (): Promise<Said> =>
    new Promise((resolve) => {
      const look = (): void => {
        const said = inbox.shift()
        if (said === undefined) return
        waiting.delete(look)
        resolve(said)
      }
      waiting.add(look)
      look()
    })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_, response) => reject(new Error(`HTTP ${response.statusCode}`)))
    socket.once('error', reject)
  })
  const pong = (): Promise<void> =>
    new Promise((resolve) => {
      socket.once('pong', () => resolve())
      socket.ping()
    })
  return { socket, inbox, next, ended, pong, send: (said: unknown) => socket.send(JSON.stringify(said)) }
}

const askForId = (headers: Readonly<Record<string, string>>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: server.port, path: '/peerjs/peerjs/id', headers }, (response) => {
      response.resume()
      resolve(response)
    }).once('error', reject)
  })

describe('the PeerServer', () => {
  it('[S70] connects two pages that use the peerjs client as it is', async () => {
    const executablePath = findChromium()
    if (executablePath === null) throw new Error('Chromium is needed: `npm test` installs it, or set CHROMIUM_PATH.')
    const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS })
    try {
      const open = async () => {
        const page = await (await browser.newContext()).newPage()
        await page.goto(`http://localhost:${server.port}/`)
        return page
      }
      const [alice, bob] = [await open(), await open()]
      const options = { host: 'localhost', port: server.port, path: '/peerjs', config: { iceServers: [] } }
      const id = await bob.evaluate<string>(`(${LISTEN})(${JSON.stringify(options)})`)
      expect(await alice.evaluate(`(${GREET})(${JSON.stringify({ options, id })})`)).toBe('bob heard hello')
    } finally {
      await browser.close()
    }
  }, 60_000)

  it('[S71] is for the same pages as everything else', async () => {
    await expect(dial('a', { origin: 'https://elsewhere.example' })).rejects.toThrow('HTTP 403')
    expect(await askForId({ Origin: 'https://elsewhere.example' })).toMatchObject({ statusCode: 403 })
    const answer = await askForId({ Origin: `http://127.0.0.1:${server.port}` })
    expect(answer.statusCode).toBe(200)
    // Our policy, not the one of whoever answers. [S65]
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-security-policy': CONTENT_SECURITY_POLICY })
    const one = await dial('a')
    expect(await one.next()).toEqual({ type: 'OPEN' })
  })

  it('[S71] is shut when the configuration says so', async () => {
    const shut = await startTestServer()
    await expect(new Promise((_, reject) => new WebSocket(`ws://127.0.0.1:${shut.port}/peerjs/peerjs`).once('error', reject))).rejects.toThrow('404')
    await shut.close()
  })

  it('[S72] refuses a wrong key, a taken id and a name that is none', async () => {
    const wrong = await dial('a', { key: 'other' })
    expect(await wrong.next()).toMatchObject({ type: 'ERROR', payload: { msg: 'Invalid key provided' } })
    const first = await dial('a')
    expect(await first.next()).toEqual({ type: 'OPEN' })
    expect(await (await dial('a', { token: 'another' })).next()).toMatchObject({ type: 'ID-TAKEN' })
    expect(await (await dial('x'.repeat(65))).ended).toBe(1008)
  })

  it('[S73] ends a client that sends garbage or too much at once', async () => {
    const garbage = await dial('a')
    for (let i = 0; i < MAX_MALFORMED; i++) garbage.socket.send(['{', '"x"', 'null', '{"type":{}}'][i % 4] ?? '')
    expect(await garbage.ended).toBe(1008)
    const large = await dial('b')
    large.socket.send('x'.repeat(MAX_SIGNALING_BYTES + 1))
    expect(await large.ended).toBe(1009)
  })

  it('[S73] reads each client at a bounded pace', async () => {
    const [fast, heard] = [await dial('fast'), await dial('heard')]
    // More than one network read, so that the server really leaves some of them unread.
    const payload = 'x'.repeat(1_000)
    for (let i = 0; i < PEERJS_BURST * 5; i++) fast.send({ type: 'CANDIDATE', dst: 'heard', payload })
    while (heard.inbox.length < 2) await heard.pong()
    for (let turn = 0; turn < 20; turn++) await heard.pong()
    expect(heard.inbox.length).toBeLessThan(PEERJS_BURST * 5)
  })

  it('[S74] keeps for a while what is said to one who is not there yet', async () => {
    const sender = await dial('sender')
    let round = 0
    // It is kept for 5 s of real time, which a machine that has other things to do may need for the dial alone.
    await until('what was said to be heard', async () => {
      const name = `absent ${round++}`
      sender.send({ type: 'OFFER', dst: name, payload: 'hello' })
      await sender.pong()
      const late = await dial(name)
      await late.pong()
      server.clock.advance(1_000)
      return late.inbox.some(({ type }) => type === 'OFFER')
    })
  })

  it('[S74] keeps a bounded number of bytes for those who are not there', async () => {
    const payload = 'x'.repeat(MAX_SIGNALING_BYTES - 200)
    const ABSENT = 4
    const wanted = Math.ceil((MAX_QUEUED_BYTES * 2) / payload.length)
    for (let sent = 0; sent < wanted; ) {
      const sender = await dial(`sender ${sent}`)
      for (let i = 0; i < 100 && sent < wanted; i++, sent++) sender.send({ type: 'OFFER', dst: `absent ${sent % ABSENT}`, payload })
      await sender.pong()
    }
    let bytes = 0
    for (let i = 0; i < ABSENT; i++) {
      const late = await dial(`absent ${i}`)
      await late.pong()
      bytes += late.inbox.filter(({ type }) => type === 'OFFER').length * payload.length
    }
    expect(bytes).toBeLessThan(MAX_QUEUED_BYTES + 2 * MAX_SIGNALING_BYTES)
  })
})

/** Run in the pages; `Peer` is what the client's script brings. */
const LISTEN = `(options) => new Promise((resolve, reject) => {
  const peer = new Peer(options)
  peer.on('open', resolve)
  peer.on('error', (error) => reject(new Error(error.type + ' ' + error.message)))
  peer.on('connection', (link) => link.on('data', (text) => link.send('bob heard ' + text)))
})`
const GREET = `({ options, id }) => new Promise((resolve, reject) => {
  const peer = new Peer(options)
  peer.on('error', (error) => reject(new Error(error.type + ' ' + error.message)))
  peer.on('open', () => {
    const link = peer.connect(id, { reliable: true })
    link.on('open', () => link.send('hello'))
    link.on('data', resolve)
  })
})`

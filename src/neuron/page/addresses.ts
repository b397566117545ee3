import * as v from 'valibot'
import { fail, ok, type Result } from '../../base/result.ts'
import { isThisMachine, readPeerServer, type PeerServer } from '../../link/page/peer-server.ts'
import type { IceServer } from '../../ports/dialer.ts'
import { decodeJson } from '../../protocol/json.ts'
import { SIGNALING_PATH } from '../../protocol/signaling.ts'
import type { AddressTexts } from '../household.ts'

/** The same, judged. Null: what comes with the app. */
export interface Addresses {
  readonly server: string | null
  readonly peerServer: PeerServer | null
  readonly iceServers: readonly IceServer[]
}

export const NO_ADDRESSES: AddressTexts = { server: '', peerServer: '', iceServers: '' }

/** A field longer than this was not typed by anybody. */
const MAX_TEXT_CHARS = 4_000

/** Each is asked on every dial: more slow it down, and say nothing new. */
const MAX_ICE_SERVERS = 8

const kept = v.strictObject({
  server: v.pipe(v.string(), v.maxLength(MAX_TEXT_CHARS)),
  peerServer: v.pipe(v.string(), v.maxLength(MAX_TEXT_CHARS)),
  iceServers: v.pipe(v.string(), v.maxLength(MAX_TEXT_CHARS)),
})

/** What an earlier life has kept. Total: what cannot be read is as if nothing had been kept. */
export const readKeptAddresses = (text: string | null): AddressTexts => {
  const judged = text === null ? null : decodeJson(kept, text)
  return judged?.ok === true ? judged.value : NO_ADDRESSES
}

/** Judges all three together: nothing is kept unless all of it can be used. */
export const judgeAddresses = (texts: AddressTexts, page: { readonly isSecure: boolean }): Result<Addresses> => {
  const server = readServer(texts.server.trim(), page)
  if (!server.ok) return server
  const peerServer = texts.peerServer.trim() === '' ? ok(null) : readPeerServer(texts.peerServer.trim(), page)
  if (!peerServer.ok) return peerServer
  const iceServers = readIceServers(texts.iceServers)
  return iceServers.ok ? ok({ server: server.value, peerServer: peerServer.value, iceServers: iceServers.value }) : iceServers
}

const SERVER_EXAMPLE = 'An address of a server looks like https://zazen.example.org or http://localhost:8080.'

/** People copy the address of the page; what speaks there is a WebSocket at a path of its own. */
const readServer = (text: string, page: { readonly isSecure: boolean }): Result<string | null> => {
  if (text === '') return ok(null)
  if (!URL.canParse(text)) return fail('bad-server', `This is no address. ${SERVER_EXAMPLE}`)
  const url = new URL(text)
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:'
  if (!isSecure && url.protocol !== 'http:' && url.protocol !== 'ws:') return fail('bad-server', `It begins with https:// or http://. ${SERVER_EXAMPLE}`)
  if (url.username !== '' || url.search !== '' || url.hash !== '') return fail('bad-server', `Nothing but a path can follow the host. ${SERVER_EXAMPLE}`)
  if (page.isSecure && !isSecure && !isThisMachine(url.hostname))
    return fail('not-secure', 'A page that came over https may not connect to a server without it: give its https:// address.')
  url.protocol = isSecure ? 'wss:' : 'ws:'
  if (!url.pathname.endsWith(SIGNALING_PATH)) url.pathname = `${url.pathname.replace(/\/$/, '')}${SIGNALING_PATH}`
  return ok(url.href)
}

const ICE_ADDRESS = /^(?:stun|stuns|turn|turns):[\w.:[\]-]{1,200}(?:\?transport=(?:udp|tcp))?$/

const readIceServers = (text: string): Result<readonly IceServer[]> => {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  if (lines.length > MAX_ICE_SERVERS) return fail('bad-ice', `At most ${MAX_ICE_SERVERS} STUN and TURN servers can be used; ${lines.length} are named.`)
  const servers: IceServer[] = []
  for (const [i, line] of lines.entries()) {
    const server = readIceServer(line)
    if (server === null) return fail('bad-ice', `Line ${i + 1} is no STUN or TURN server. Write stun:HOST:PORT, or turn:HOST:PORT NAME PASSWORD.`)
    servers.push(server)
  }
  return ok(servers)
}

/** A relay without a name and a password would be asked in vain, and the browser refuses it at the first dial. */
const readIceServer = (line: string): IceServer | null => {
  const [urls = '', username, credential, ...rest] = line.split(/\s+/)
  if (!ICE_ADDRESS.test(urls) || rest.length > 0) return null
  if (urls.startsWith('stun')) return username === undefined ? { urls } : null
  return username === undefined || credential === undefined ? null : { urls, username, credential }
}

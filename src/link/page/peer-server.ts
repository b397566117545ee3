import { fail, ok, type Result } from '../../base/result.ts'

/** Where a PeerServer is, in PeerJS's words. It introduces two nodes to each other and is trusted with nothing. */
export interface PeerServer {
  readonly host: string
  readonly port: number
  /** Begins with a slash. */
  readonly path: string
  readonly secure: boolean
  /** The word that all clients of one PeerServer share; it keeps nobody out. */
  readonly key: string
  /** For people. */
  readonly address: string
}

/** An address longer than this is none. */
const MAX_ADDRESS_CHARS = 200

const EXAMPLE = 'An address of a PeerServer looks like https://0.peerjs.com or http://localhost:9000/peerjs; `?key=WORD` names its key.'

/** Judges what a person, a link or a configuration gives as the address of a PeerServer. */
export const readPeerServer = (text: string, page: { readonly isSecure: boolean }): Result<PeerServer> => {
  if (text.length > MAX_ADDRESS_CHARS || !URL.canParse(text)) return fail('bad-address', `This is no address. ${EXAMPLE}`)
  const url = new URL(text)
  const secure = url.protocol === 'https:' || url.protocol === 'wss:'
  if (!secure && url.protocol !== 'http:' && url.protocol !== 'ws:') return fail('bad-address', `It begins with https:// or http://. ${EXAMPLE}`)
  if (url.username !== '' || url.password !== '') return fail('bad-address', `A PeerServer takes no name and no password. ${EXAMPLE}`)
  if (url.hash !== '' || [...url.searchParams.keys()].some((name) => name !== 'key'))
    return fail('bad-address', `Nothing but \`?key=WORD\` can follow the path. ${EXAMPLE}`)
  const key = url.searchParams.get('key') ?? 'peerjs'
  if (!/^\w{1,64}$/.test(key)) return fail('bad-address', `A key is at most 64 letters and digits. ${EXAMPLE}`)
  if (page.isSecure && !secure && !isThisMachine(url.hostname))
    return fail('not-secure', 'A page that came over https may not connect to a PeerServer without it: give its https:// address.')
  const port = Number(url.port) || (secure ? 443 : 80)
  return ok({ host: url.hostname, port, path: url.pathname, secure, key, address: `${url.host}${url.pathname}` })
}

/** Browsers let a secure page speak to its own machine. */
export const isThisMachine = (hostname: string): boolean => hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'

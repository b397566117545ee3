import type { IncomingMessage } from 'node:http'

/** Judges who may open a WebSocket here, and under which name they may have dialled us. SPEC [S4], [S9]. */
export interface Doorkeeper {
  /** Whether a page of this origin may connect; programs send no origin. */
  originMayConnect(request: IncomingMessage): boolean
  /** Whether this server goes by the name in the Host header. */
  goesBy(request: IncomingMessage): boolean
}

export const createDoorkeeper = (config: {
  readonly host: string
  readonly allowedOrigins: readonly string[]
  readonly allowedHosts: readonly string[]
}): Doorkeeper => {
  const names = new Set([...config.allowedHosts, config.host.toLowerCase()])
  return {
    originMayConnect({ headers: { origin, host } }) {
      if (origin === undefined || config.allowedOrigins.includes(origin)) return true
      return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()
    },
    goesBy(request) {
      const host = hostOf(request)
      if (!/^[^/\\@?#\s]+$/.test(host) || !URL.canParse(`http://${host}`)) return false
      const name = new URL(`http://${host}`).hostname
      return names.has(host) || names.has(name) || isLoopback(name) || name === bracketed(request.socket.localAddress)
    },
  }
}

/** As it was dialled, lower case: what a node signs at check-in. */
export const hostOf = (request: IncomingMessage): string => (request.headers.host ?? '').toLowerCase()

const isLoopback = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d+){3}$/.test(name)

/** An address as a URL writes it. */
const bracketed = (address = ''): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') ? `[${plain}]` : plain
}

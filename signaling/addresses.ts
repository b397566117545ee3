import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { fail, ok, type Failure, type Result } from '../src/base/result.ts'

/** Tells from where a request really comes, and what counts as one place there. */
export interface Addresses {
  /** The address that the nearest machine we do not trust has told or shown; '' when a proxy we trust tells none. */
  of(request: IncomingMessage): string
  /** Where a socket that has said nothing yet counts, by the address that it shows; null, as in `placeOf`, and for a proxy we trust: it counts for itself. */
  placeOfSocket(address: string): string | null
  /** Whether it comes from this machine and no proxy has passed it on. */
  isLocal(request: IncomingMessage): boolean
}

/** Proxies that may say for whom they speak: `none`, `loopback`, or addresses and networks. */
export const readTrusted = (names: readonly string[]): Result<BlockList, Failure<'bad-config'>> => {
  const trusted = new BlockList()
  for (const name of names.flatMap((one) => (one === 'loopback' ? ['127.0.0.0/8', '::1'] : one === 'none' ? [] : [one]))) {
    const [address = '', bits] = name.split('/')
    const max = isIPv6(address) ? 128 : 32
    const prefix = bits === undefined ? max : /^\d+$/.test(bits) ? Number(bits) : Number.NaN
    if (isIP(address) === 0 || !(prefix <= max)) return fail('bad-config', name)
    trusted.addSubnet(address, prefix, familyOf(address))
  }
  return ok(trusted)
}

export const createAddresses = (trusted: BlockList): Addresses => {
  const isTrusted = (address: string): boolean => isIP(address) !== 0 && trusted.check(address, familyOf(address))
  return {
    of(request) {
      const told = forwardedFor(request)
      let address = plain(request.socket.remoteAddress ?? '')
      // From the nearest hop outwards: what lies beyond the first stranger is that stranger's tale.
      while (isTrusted(address) && told.length > 0) address = told.pop() ?? ''
      return isIP(address) === 0 ? '' : address
    },
    placeOfSocket: (shown) => (isTrusted(plain(shown)) ? null : placeOf(plain(shown))),
    isLocal: (request) => isLoopback(plain(request.socket.remoteAddress ?? '')) && forwardedFor(request).length === 0,
  }
}

/**
 * One place, as limits count them: an IPv4 address, or the first 64 bits of an IPv6 one, which a subscriber gets whole.
 * Null for this machine itself, which whoever runs the server answers for, and where nothing is known.
 */
export const placeOf = (address: string): string | null => {
  if (address === '' || isLoopback(address)) return null
  return isIPv6(address) ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address
}

/** An address list is written by strangers: more hops than a real path has are not looked at. */
const MAX_HOPS = 16

const forwardedFor = ({ headers }: IncomingMessage): string[] =>
  [headers['x-forwarded-for'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .slice(-MAX_HOPS)
    .map((hop) => plain(hop.trim()))
    .filter((hop) => hop !== '')

/** Without the brackets, port, zone or IPv6 mapping that may be around it. */
const plain = (address: string): string => {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? address.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return bare.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
}

const isLoopback = (address: string): boolean => address === '::1' || /^127\./.test(address)

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4')

/** The eight groups of an IPv6 address; a dotted end stands for two. */
const groupsOf = (address: string): readonly string[] => {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/
  const [head = '', tail] = address.replace(dotted, '0:0').split('::')
  const [left, right] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':'))) as [string[], string[]]
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array<string>(zeros).fill('0'), ...right].map((group) => Number.parseInt(group, 16).toString(16))
}

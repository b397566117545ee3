import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSystemClock } from '../../signaling/clock.ts'
import { openNatsCluster } from '../../signaling/cluster/nats-cluster.ts'
import { readConfig } from '../../signaling/config.ts'
import { SERVER } from '../../signaling/launch/build.mjs'
import { root } from '../../signaling/launch/project.mjs'
import {
  ANNOUNCEMENT_BURST,
  ANNOUNCEMENTS_PER_SECOND,
  ANNOUNCING_COST,
  CHECK_INS_PER_SECOND,
  CONNECTS_PER_SECOND,
  HEADERS_TIMEOUT_MS,
  MAX_HTTP_SOCKETS_PER_ADDRESS,
  MAX_BUFFERED_BYTES,
  MAX_BUFFERED_CHUNKS,
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_DIRECTORY_SCAN,
  MAX_FRAGMENTS,
  MAX_LISTED_STREAMS,
  MAX_QUEUED_BYTES,
  MAX_USED_KEYS,
  MESSAGE_BURST,
  MESSAGES_PER_SECOND,
  PEERJS_BURST,
  PEERJS_PER_SECOND,
  RENDEZVOUS_BURST,
  RENDEZVOUS_COST,
  RENDEZVOUS_PER_SECOND,
  REQUESTS_PER_SECOND,
  RETURNS_PER_SECOND,
} from '../../signaling/limits.ts'
import { createLog } from '../../signaling/log.ts'
import { PEERJS_SOCKET_PATH } from '../../signaling/peerjs.ts'
import { CHECK_IN_MS, MAX_ANNOUNCED, MAX_RENDEZVOUS_PER_CALLER, MAX_SIGNALING_BYTES, MAX_STREAMS_PER_NODE } from '../../src/protocol/limits.ts'
import { SIGNALING_PATH } from '../../src/protocol/signaling.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf } from '../support/node-key.ts'
import { startNats } from '../support/nats.ts'
import { startTestServer } from '../support/signaling-server.ts'

// What an operator reads and copies says what is so. No container is started; names, paths and ports are compared with the code.

const DEPLOY = 'signaling/deploy'
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const deployed = (file: string): string => read(join(DEPLOY, file))
const all = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].flatMap(([, found]) => found ?? [])
const README = read('signaling/README.md')

/** Every variable that the configuration asks for: it is read with an environment that listens. */
const askedFor = (): readonly string[] => {
  const asked = new Set<string>()
  const answers: Readonly<Record<string, string>> = { TURN_URLS: 'turn:t.example', TURN_SECRET: 'north wind and sun' }
  const env = new Proxy<Record<string, string>>({}, { get: (_, name) => (asked.add(String(name)), answers[String(name)]) })
  expect(readConfig(env)).toMatchObject({ ok: true })
  return [...asked].sort()
}

/** The keys of every `environment:` of a compose file that are given to our server: in capitals, below a service or anchor of ours. */
const environmentOf = (compose: string): readonly string[] => {
  const ours = /^( *)(?:zazen:|x-zazen: .*)\n(?:\1 +.*\n)*/m.exec(compose)?.[0] ?? ''
  return all(ours, /^ +([A-Z_]+): /gm)
}

describe('the README of the server', () => {
  it('lists every variable of the environment, and no other', () => {
    const table = README.slice(README.indexOf('| variable |'), README.indexOf('What it is set to'))
    expect(all(table, /`([A-Z]+(?:_[A-Z]+)*)`(?=[^|]*\|[^|]*\|[^|]*\|$)/gm).toSorted()).toEqual(askedFor())
  })

  it('names files that are there', () => {
    const rows = README.slice(README.indexOf('Ready-made'), README.indexOf('### More than one'))
    const files = all(rows, /^\| `([^`]+)`/gm)
    expect(files.length).toBeGreaterThan(3)
    for (const file of files) expect(existsSync(join(root, DEPLOY, file)), file).toBe(true)
    const made = README.slice(README.indexOf('## How it is made'), README.indexOf('Registry, broker'))
    for (const file of new Set(all(made, /^ *((?:[\w-]+\/)?[\w-]+\.ts)/gm))) expect(existsSync(join(root, 'signaling', file)), file).toBe(true)
  })
})

describe('what the README tells of the running server', () => {
  it('is what it answers', async () => {
    const server = await startTestServer()
    const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${server.port}${path}`)).text()
    const metrics = await get('/metrics')
    for (const name of all(README, /`(zazen_[a-z_]+)`/g)) expect(metrics).toContain(`# TYPE ${name} `)
    for (const path of all(README, /^\| `(\/health\/\w+)` \|/gm)) expect(await get(path)).toContain('"status":')
    for (const path of [SIGNALING_PATH, PEERJS_SOCKET_PATH.replace(/\/peerjs$/, '')]) expect(README).toContain(`| \`${path}\` |`)
    await server.close()
  })

  it('has the bounds of the code', () => {
    const told = [
      `${CHECK_IN_MS / 1_000} s to check in, ${HEADERS_TIMEOUT_MS / 1_000} s for HTTP headers`,
      `${MAX_HTTP_SOCKETS_PER_ADDRESS} sockets of an address that are no WebSockets`,
      `${MAX_CONNECTIONS_PER_ADDRESS} connections, ${CONNECTS_PER_SECOND} new ones and ${REQUESTS_PER_SECOND} files a second`,
      `a key checks in once in ${1 / CHECK_INS_PER_SECOND} s`,
      `${MAX_SIGNALING_BYTES / 1024} KiB a message, ${MAX_FRAGMENTS} fragments, ${MAX_BUFFERED_CHUNKS} reads a message`,
      `${MESSAGE_BURST} messages at once, then ${MESSAGES_PER_SECOND} a second`,
      `cut at ${MAX_BUFFERED_BYTES / 1024 ** 2} MiB waiting`,
      `${inThousands(MAX_STREAMS_PER_NODE)} streams and ${inThousands(MAX_STREAMS_PER_NODE)} subscriptions a node, ${inThousands(MAX_LISTED_STREAMS)} listings`,
      `${MAX_RENDEZVOUS_PER_CALLER} rendezvous a node, ${inThousands(MAX_USED_KEYS)} used keys`,
      `reaches ${1 + MAX_ANNOUNCED} nodes, costs as much as ${ANNOUNCING_COST} messages`,
      `more than ${ANNOUNCEMENTS_PER_SECOND} a second (${ANNOUNCEMENT_BURST} at once)`,
      `a call for a rendezvous costs as much as ${RENDEZVOUS_COST} messages; ${inThousands(RENDEZVOUS_BURST)} at once and ${RENDEZVOUS_PER_SECOND} a second for each address`,
      `${PEERJS_BURST} messages, then ${PEERJS_PER_SECOND} a second; ${MAX_QUEUED_BYTES / 1024 ** 2} MiB`,
      `${inThousands(MAX_DIRECTORY_SCAN)} streams looked at per answer`,
      `(${RETURNS_PER_SECOND} a second)`,
    ]
    for (const words of told) expect(README).toContain(words)
  })
})

const inThousands = (number: number): string => number.toLocaleString('en-US')

describe('the image', () => {
  const dockerfile = deployed('Dockerfile')
  it('runs what the build makes, on a port that it says, with variables that there are', () => {
    expect(dockerfile).toContain(`CMD ["node", "--enable-source-maps", "${SERVER}"]`)
    const env = Object.fromEntries(all(dockerfile, /^ENV (.*)$/gm).flatMap((line) => line.split(' ').map((pair) => pair.split('='))) as [string, string][])
    expect(Object.keys(env).filter((name) => name !== 'NODE_ENV').every((name) => askedFor().includes(name))).toBe(true)
    expect(all(dockerfile, /^EXPOSE (\d+)$/gm)).toEqual([env['PORT']])
    expect(readConfig(env)).toMatchObject({ ok: true, value: { host: '0.0.0.0', dataDir: env['DATA_DIR'] } })
    expect(all(dockerfile, /^VOLUME (.*)$/gm)).toEqual([env['DATA_DIR']])
  })

  it('copies what is there', () => {
    for (const file of all(dockerfile, /^COPY (package.*) \.\/$/gm).flatMap((line) => line.split(' '))) expect(existsSync(join(root, file)), file).toBe(true)
    expect(all(deployed('Dockerfile.dockerignore'), /^(node_modules|dist|\.git)$/gm).toSorted()).toEqual(['.git', 'dist', 'node_modules'])
  })
})

describe.each(['compose.yaml', 'cluster/compose.yaml'])('%s', (file) => {
  const compose = deployed(file)
  const folder = join(root, DEPLOY, dirname(file))
  it('gives our server variables that there are', () => {
    expect(environmentOf(compose).length).toBeGreaterThan(1)
    for (const name of environmentOf(compose)) expect(askedFor(), name).toContain(name)
  })

  it('mounts and builds files that are there, and asks for variables that the example tells', () => {
    for (const path of all(compose, /['\s](\.\/[\w./-]+):\//g)) expect(existsSync(join(folder, path)), path).toBe(true)
    const [context = '', dockerfile = ''] = [...all(compose, /context: (\S+)/g), ...all(compose, /dockerfile: (\S+)/g)]
    expect(existsSync(join(folder, context, dockerfile))).toBe(true)
    for (const name of all(compose, /\$\{([A-Z_]+):\?\}/g)) expect(deployed('example.env')).toContain(`${name}=`)
  })

  it('has a proxy that reaches our servers under their names, and asks them what they answer', () => {
    const caddy = deployed(join(dirname(file), 'Caddyfile'))
    const upstreams = all(caddy, /reverse_proxy ([^{]*)/g).flatMap((names) => names.trim().split(' '))
    expect(upstreams.length).toBeGreaterThan(0)
    for (const upstream of upstreams) {
      const [name = '', port] = upstream.split(':')
      expect(compose).toMatch(new RegExp(`^ +${name}:`, 'm'))
      expect(deployed('Dockerfile')).toContain(`EXPOSE ${port}`)
    }
    for (const path of all(caddy, /health_uri (\S+)/g)) expect(README).toContain(`\`${path}\``)
  })
})

describe('the unit for systemd', () => {
  const unit = deployed('systemd/zazen.service')
  it('runs what the build makes, with variables that there are, and waits longer than the server needs', () => {
    expect(all(unit, /^ExecStart=\S+ --enable-source-maps (\S+)$/gm)).toEqual([SERVER])
    const names = all(unit, /^Environment=(.*)$/gm).flatMap((line) => all(line, /(\w+)=/g))
    for (const name of names.filter((one) => one !== 'NODE_ENV')) expect(askedFor(), name).toContain(name)
    expect(Number(all(unit, /^TimeoutStopSec=(\d+)$/gm)[0])).toBeGreaterThan(5)
  })
})

it('the user that the NATS example makes may do what a server of ours does, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zazen-nats-conf-'))
  const file = join(folder, 'nats.conf')
  // One server alone; where it keeps its files is said by who starts it.
  const alone = deployed('cluster/nats.conf').replace(/^cluster \{[^]*?^\}\n/m, '').replace(/^ *store_dir.*\n/m, '')
  writeFileSync(file, alone.replace('$NATS_PASSWORD', 'quiet'))
  const nats = await startNats(1, ['-c', file])
  const log = createLog('silent', false, { write: () => undefined })
  const open = async () => {
    const urls = nats.urls.map((url) => url.replace('nats://', 'nats://zazen:quiet@'))
    const opened = await openNatsCluster(urls, { name: createNodeKey().publicKey.slice(0, 16), clock: createSystemClock(), log })
    if (!opened.ok) throw new Error(opened.error.message)
    return opened.value
  }
  const [one, other] = [await open(), await open()]
  const key = createNodeKey()
  const identity = identityOf(key)
  const id = idOf(identity)
  const heard = new Promise((resolve) => other.store.follow(resolve))
  expect(await one.store.put({ id, identity, head: headHex(headOf(key, id, 1)), recent: [], seenAt: 1 })).toMatchObject({ ok: true })
  expect(await heard).toBe(id)
  const asked = await one.cluster.call(key.publicKey, '5a'.repeat(32), () => ({ ok: true, value: [] }))
  expect(asked).toMatchObject({ ok: true })
  for (const { store, close } of [one, other]) {
    await store.close()
    await close()
  }
  await nats.close()
  rmSync(folder, { recursive: true, force: true })
})

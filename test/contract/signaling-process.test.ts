import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildServer, SERVER } from '../../signaling/launch/build.mjs'
import { root } from '../../signaling/launch/project.mjs'
import { CLOSE_DRAINING } from '../../src/protocol/signaling.ts'
import { startNats } from '../support/nats.ts'
import { headHex, headOf, identityOf, idOf } from '../support/node-key.ts'
import { connect } from '../support/signaling-client.ts'

beforeAll(() => buildServer(), 120_000)

interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const start = (
  env: Readonly<Record<string, string>>,
): { child: ChildProcess; ended: Promise<Outcome>; address: Promise<string> } => {
  const child = spawn(process.execPath, [SERVER], { cwd: root, env: { ...process.env, LOG_LEVEL: 'warn', DATA_DIR: 'none', ...env } })
  let [out, err] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const address = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      const found = /http:\/\/\S+/.exec(out)?.[0]
      if (found !== undefined) resolve(found)
    })
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }))
  return { child, ended, address }
}

describe('the server process', () => {
  it('says in one line where it is, and [S17] ends when it is told to', async () => {
    const { child, ended, address } = start({ PORT: '0' })
    const url = new URL(await address)
    const node = await connect(Number(url.port))
    child.kill('SIGTERM')
    expect(await node.closed()).toMatchObject({ code: CLOSE_DRAINING })
    const { code, out, err } = await ended
    expect({ code, err, lines: out.trimEnd().split('\n').length }).toEqual({ code: 0, err: '', lines: 1 })
  })

  it('[S17] [S87] ends when it is told to, also while its NATS cluster is away', async () => {
    const nats = await startNats()
    const { child, ended, address } = start({ PORT: '0', NATS_URL: nats.urls.join(), LOG_LEVEL: 'silent' })
    const node = await connect(Number(new URL(await address).port))
    await nats.close()
    const identity = identityOf(node.key)
    node.send({ type: 'register', re: 1, identity, head: headHex(headOf(node.key, idOf(identity), 1)) })
    node.send({ type: 'rendezvous', re: 2, key: '5'.repeat(64) })
    child.kill('SIGTERM')
    expect(await node.closed()).toMatchObject({ code: CLOSE_DRAINING })
    expect(await ended).toMatchObject({ code: 0, err: '' })
  })

  it('says in one line that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    const { code, out, err } = await start({ PORT: port }).ended
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(new RegExp(`^Port ${port} .*in use.*PORT=\\d+ npm start\n$`))
    other.close()
  })

  it('says in one line what is wrong with its environment', async () => {
    const { code, out, err } = await start({ PORT: 'eighty' }).ended
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^PORT=eighty [^\n]+\n$/)
  })
})

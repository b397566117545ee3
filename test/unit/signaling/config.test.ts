import { describe, expect, it } from 'vitest'
import { masked, readConfig } from '../../../signaling/config.ts'

const read = (env: Readonly<Record<string, string>>) => {
  const config = readConfig(env)
  if (!config.ok) throw new Error(config.error.message)
  return config.value
}

const refusal = (env: Readonly<Record<string, string>>): string => {
  const config = readConfig(env)
  return config.ok ? 'taken' : config.error.message
}

describe('the environment', () => {
  it('may be empty: the app is on this machine’s port 8080', () => {
    expect(read({})).toMatchObject({ port: 8080, host: '127.0.0.1', appDir: 'dist/app', logLevel: 'info' })
    expect(read({})).toEqual(read({ PORT: '', HOST: ' ', ICE_SERVERS: '' }))
  })

  it('sets everything', () => {
    expect(
      read({
        PORT: '0',
        HOST: '0.0.0.0',
        APP_DIR: 'app',
        DATA_DIR: 'kept',
        NATS_URL: 'nats://a.example:4222, tls://u:p@b.example',
        ALLOWED_ORIGINS: 'https://a.example, http://localhost:5173',
        ALLOWED_HOSTS: 'Zazen.example,',
        MAX_CONNECTIONS: '5',
        MAX_CONNECTIONS_PER_ADDRESS: '3',
        METRICS: 'all',
        PEERJS: 'off',
        TRUST_PROXY: '10.0.0.0/8, ::1',
        TURN_URLS: 'turn:a.example:3478,turns:b.example',
        TURN_SECRET: 'a secret of 16 characters and more',
        TURN_TTL: '600',
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'json',
        ICE_SERVERS: 'none',
      }),
    ).toEqual({
      port: 0,
      host: '0.0.0.0',
      appDir: 'app',
      dataDir: 'kept',
      natsUrls: ['nats://a.example:4222', 'tls://u:p@b.example'],
      allowedOrigins: ['https://a.example', 'http://localhost:5173'],
      allowedHosts: ['zazen.example'],
      peerJs: false,
      maxConnections: 5,
      maxConnectionsPerAddress: 3,
      metricsFor: 'all',
      trustedProxies: expect.anything() as unknown,
      turn: {
        urls: ['turn:a.example:3478', 'turns:b.example'],
        secret: 'a secret of 16 characters and more',
        ttlSeconds: 600,
      },
      logLevel: 'debug',
      logFormat: 'json',
      iceServers: [],
    })
  })

  it('keeps listings in .zazen, and none where it is told none', () => {
    expect(read({}).dataDir).toBe('.zazen')
    expect(read({ DATA_DIR: 'none' }).dataDir).toBeNull()
  })

  it.each([
    [{ PORT: '80x' }, 'PORT=80x'],
    [{ PORT: '65536' }, 'PORT=65536'],
    [{ PORT: '-1' }, 'PORT=-1'],
    [{ ALLOWED_ORIGINS: 'example.org' }, 'ALLOWED_ORIGINS=example.org'],
    [{ ALLOWED_ORIGINS: 'https://example.org/path' }, 'ALLOWED_ORIGINS'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL=loud'],
    [{ ICE_SERVERS: 'http://example.org' }, 'ICE_SERVERS'],
    [{ ICE_SERVERS: '[{"urls":' }, 'ICE_SERVERS'],
    [{ TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY=10.0.0.0/33'],
    [{ TRUST_PROXY: 'everyone' }, 'TRUST_PROXY=everyone'],
    [{ METRICS: 'some' }, 'METRICS=some'],
    [{ NATS_URL: 'a.example:4222' }, 'NATS_URL'],
    [{ NATS_URL: 'nats://a.example, http://b.example' }, 'NATS_URL'],
    [{ TURN_SECRET: 'a secret of 16 characters and more' }, 'TURN_URLS'],
    [{ TURN_URLS: 'turn:a.example', TURN_SECRET: 'short' }, 'TURN_SECRET'],
    [{ TURN_URLS: 'stun:a.example', TURN_SECRET: 'a secret of 16 characters and more' }, 'TURN_URLS=stun:a.example'],
  ])('names what is wrong in %j', (env, name) => {
    expect(refusal(env)).toContain(name)
    expect(refusal(env)).not.toContain('\n')
  })
})

describe('what the log shows', () => {
  it('is everything but secrets', () => {
    const iceServers = '[{"urls":"turn:a.example","username":"u","credential":"hunter2"}]'
    const config = read({ TURN_URLS: 'turn:b.example', TURN_SECRET: 'a secret of 16 characters', ICE_SERVERS: iceServers, NATS_URL: 'nats://me:hunter2@c.example' })
    const shown = JSON.stringify(masked(config))
    expect(shown).not.toMatch(/hunter2|a secret/)
    for (const part of ['turn:a.example', 'turn:b.example', 'nats://***@c.example', '"port":8080', '127.0.0.0/8']) expect(shown).toContain(part)
  })
})

describe('ICE servers', () => {
  it('a secret is never repeated in a complaint', () => {
    expect(refusal({ TURN_URLS: 'turn:a.example', TURN_SECRET: 'hunter2' })).not.toContain('hunter2')
  })

  it('are a list', () => {
    expect(read({ ICE_SERVERS: 'stun:a.example:3478, stun:b.example' }).iceServers).toEqual([
      { urls: 'stun:a.example:3478' },
      { urls: 'stun:b.example' },
    ])
  })

  it('or JSON as RTCPeerConnection takes it, one address each', () => {
    const json = JSON.stringify([{ urls: ['turn:a.example', 'turns:a.example'], username: 'u', credential: 'p' }])
    expect(read({ ICE_SERVERS: json }).iceServers).toEqual([
      { urls: 'turn:a.example', username: 'u', credential: 'p' },
      { urls: 'turns:a.example', username: 'u', credential: 'p' },
    ])
  })

  it('are no more than a welcome may name, and a password is not repeated in the complaint', () => {
    expect(refusal({ ICE_SERVERS: Array.from({ length: 17 }, (_, i) => `stun:s${i}.example`).join(',') })).toContain(
      '12',
    )
    expect(refusal({ ICE_SERVERS: '[{"urls":"turn:a","credential":"hunter2","x":1}]' })).not.toContain('hunter2')
  })
})

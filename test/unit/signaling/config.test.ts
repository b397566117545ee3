import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../signaling/config.ts'

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
        ALLOWED_ORIGINS: 'https://a.example, http://localhost:5173',
        ALLOWED_HOSTS: 'Zazen.example,',
        MAX_CONNECTIONS: '5',
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'json',
        ICE_SERVERS: 'none',
      }),
    ).toEqual({
      port: 0,
      host: '0.0.0.0',
      appDir: 'app',
      allowedOrigins: ['https://a.example', 'http://localhost:5173'],
      allowedHosts: ['zazen.example'],
      maxConnections: 5,
      logLevel: 'debug',
      logFormat: 'json',
      iceServers: [],
    })
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
  ])('names what is wrong in %j', (env, name) => {
    expect(refusal(env)).toContain(name)
    expect(refusal(env)).not.toContain('\n')
  })
})

describe('ICE servers', () => {
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
      '16',
    )
    expect(refusal({ ICE_SERVERS: '[{"urls":"turn:a","credential":"hunter2","x":1}]' })).not.toContain('hunter2')
  })
})

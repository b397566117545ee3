import { describe, expect, it } from 'vitest'
import { readPeerServer } from '../../../../src/link/page/peer-server.ts'

const read = (text: string, isSecure = false) => {
  const judged = readPeerServer(text, { isSecure })
  return judged.ok ? judged.value : judged.error
}

describe('[L29] the address of a PeerServer', () => {
  it.each([
    ['https://0.peerjs.com', { host: '0.peerjs.com', port: 443, path: '/', secure: true, key: 'peerjs', address: '0.peerjs.com/' }],
    ['http://localhost:9000/peerjs', { host: 'localhost', port: 9000, path: '/peerjs', secure: false, key: 'peerjs', address: 'localhost:9000/peerjs' }],
    ['ws://[::1]:1/', { host: '[::1]', port: 1, path: '/', secure: false, key: 'peerjs', address: '[::1]:1/' }],
    ['wss://peer.example/a/b?key=word', { host: 'peer.example', port: 443, path: '/a/b', secure: true, key: 'word', address: 'peer.example/a/b' }],
  ])('%s', (text, server) => {
    expect(read(text)).toEqual(server)
  })

  it.each([
    ['', 'This is no address'],
    ['peer.example', 'This is no address'],
    ['x'.repeat(201), 'This is no address'],
    ['ftp://peer.example', 'It begins with https'],
    ['javascript:alert(1)', 'It begins with https'],
    ['https://user:secret@peer.example', 'no name and no password'],
    ['https://peer.example/#x', 'Nothing but'],
    ['https://peer.example/?token=1', 'Nothing but'],
    ['https://peer.example/?key=a%26id=b', 'A key is'],
    ['https://peer.example/?key=', 'A key is'],
  ])('%s is none, and it says why', (text, message) => {
    expect(read(text)).toMatchObject({ code: 'bad-address', message: expect.stringContaining(message) as string })
  })

  it('a secure page goes to a secure one, or to its own machine', () => {
    expect(read('http://peer.example', true)).toMatchObject({ code: 'not-secure' })
    expect(read('http://localhost:9000', true)).toMatchObject({ port: 9000 })
    expect(read('https://peer.example', true)).toMatchObject({ port: 443 })
  })
})

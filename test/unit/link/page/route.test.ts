import { describe, expect, it, vi } from 'vitest'
import { watchRoute } from '../../../../src/link/page/route.ts'
import { settle } from '../../../support/pipes.ts'

type Entry = { readonly id: string; readonly type: string; readonly [name: string]: unknown }

const ends = (local: string, remote: string): readonly Entry[] => [
  { id: 'l', type: 'local-candidate', candidateType: local },
  { id: 'r', type: 'remote-candidate', candidateType: remote },
  { id: 'x', type: 'local-candidate', candidateType: 'relay' },
]
const pair = { id: 'p', type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r' }
const unused = { id: 'q', type: 'candidate-pair', localCandidateId: 'x', remoteCandidateId: 'r' }
const chromium = (local: string, remote: string): readonly Entry[] => [{ id: 't', type: 'transport', selectedCandidatePairId: 'p' }, unused, pair, ...ends(local, remote)]
const firefox = (local: string, remote: string): readonly Entry[] => [unused, { ...pair, selected: true }, ...ends(local, remote)]

const begin = async (stats: () => readonly Entry[]) => {
  const ice = new EventTarget()
  const told: boolean[] = []
  const connection = { sctp: { transport: { iceTransport: ice } }, getStats: async () => new Map(stats().map((entry) => [entry.id, entry])) }
  watchRoute(connection as unknown as RTCPeerConnection, (relayed) => told.push(relayed))
  await settle()
  const change = async (): Promise<void> => {
    ice.dispatchEvent(new Event('selectedcandidatepairchange'))
    await settle()
  }
  return { told, change }
}

describe.each([['Chromium', chromium], ['Firefox', firefox]] as const)('the way of a connection, as %s tells it', (_browser, stats) => {
  it.each([
    ['host', 'srflx', false],
    ['prflx', 'host', false],
    ['relay', 'host', true],
    ['srflx', 'relay', true],
  ] as const)('%s to %s: relayed is %s', async (local, remote, relayed) => {
    expect((await begin(() => stats(local, remote))).told).toEqual([relayed])
  })
})

describe('the way of a connection', () => {
  it('is told again when it is another, and only then', async () => {
    let now = chromium('relay', 'host')
    const { told, change } = await begin(() => now)
    await change()
    now = chromium('host', 'host')
    await change()
    expect(told).toEqual([true, false])
  })

  it('is not told where the browser does not say, or the connection has closed', async () => {
    expect((await begin(() => [])).told).toEqual([])
    expect((await begin(() => [{ id: 't', type: 'transport', selectedCandidatePairId: 'gone' }])).told).toEqual([])
    const tell = vi.fn()
    watchRoute({ sctp: null, getStats: () => Promise.reject(new Error('closed')) } as unknown as RTCPeerConnection, tell)
    await settle()
    expect(tell).not.toHaveBeenCalled()
  })
})

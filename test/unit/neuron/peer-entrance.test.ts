import { describe, expect, it, vi } from 'vitest'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { createPeerEntrance } from '../../../src/neuron/peer-entrance.ts'
import type { LinkFacts } from '../../../src/ports/peer-link.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const PEER = 'ab'.repeat(32) as PublicKey
const FACTS: LinkFacts = { role: 'initiator', expected: PEER, localFingerprint: new Uint8Array(32), remoteFingerprint: new Uint8Array(32), via: 'rendezvous' }

/** The near end stands in the entrance; what the page hears at the far end is kept. */
const begin = (load: () => Promise<unknown>) => {
  const { port1: far, port2: near } = new MessageChannel()
  const heard: unknown[] = []
  const isOver = new Promise<void>((resolve) => {
    far.onmessage = ({ data }) => {
      heard.push(data)
      if (data === null) resolve()
    }
  })
  const channel = { readyState: 'open', close: vi.fn() }
  const log = vi.fn()
  const attach = vi.fn<(pipe: Pipe, facts: LinkFacts, bulk: Pipe | null) => void>()
  const entrance = createPeerEntrance({ clock: createVirtualClock(), log, load, attach })
  const enter = (key = 'dial'): void => {
    entrance.attachPeer(near, FACTS, key)
  }
  return { entrance, far, near, heard, isOver, log, attach, enter, channel: channel as unknown as RTCDataChannel, closed: channel.close }
}

describe('where the channels of peers come in', () => {
  it('they wait for what answers them, together with the second channel of the same dial', async () => {
    let come: (answers: unknown) => void = () => undefined
    const { entrance, attach, enter, channel, far, closed } = begin(() => new Promise((resolve) => (come = resolve)))
    entrance.holdBulk('dial', channel)
    entrance.holdBulk('other', channel)
    enter()
    expect(attach).not.toHaveBeenCalled()
    come(null)
    await vi.waitFor(() => expect(attach).toHaveBeenCalledOnce())
    expect(attach.mock.calls[0]?.slice(1)).toEqual([FACTS, expect.objectContaining({ send: expect.any(Function) as unknown })])
    expect(closed).not.toHaveBeenCalled()
    far.close()
  })

  it('when that cannot be had, both ends learn that it is over, nothing is let in, and the log says what to do', async () => {
    const { entrance, heard, isOver, log, attach, enter, channel, far, closed } = begin(() => Promise.reject(new Error('404')))
    entrance.holdBulk('dial', channel)
    enter()
    await isOver
    expect(heard).toEqual([null])
    expect(closed).toHaveBeenCalledOnce()
    expect(attach).not.toHaveBeenCalled()
    expect(log.mock.calls).toEqual([[{ level: 'error', peer: PEER, message: 'What answers peers could not be loaded: reload the page. (Error: 404)' }]])
    far.close()
  })

  it('a second channel whose dial came to nothing is closed, and is no other dial’s', async () => {
    const { entrance, attach, enter, channel, far, closed } = begin(() => Promise.resolve())
    entrance.holdBulk('dial', channel)
    entrance.dropBulk('dial')
    entrance.dropBulk('dial')
    expect(closed).toHaveBeenCalledOnce()
    enter()
    await vi.waitFor(() => expect(attach.mock.calls.map(([, , bulk]) => bulk)).toEqual([null]))
    far.close()
  })
})

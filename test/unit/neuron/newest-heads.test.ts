import { describe, expect, it } from 'vitest'
import { fail, ok, type Result } from '../../../src/base/result.ts'
import type { SignedHead } from '../../../src/domain/head.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import { createNewestHeads } from '../../../src/neuron/newest-heads.ts'
import type { ServerState, SignalingAnswer } from '../../../src/pubsub/signaling-client.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf } from '../../support/node-key.ts'
import { settle } from '../../support/pipes.ts'

const key = createNodeKey()
const identity = identityOf(key)
const stream = idOf(identity)
const mine = headOf(key, stream, 6)
const further = headOf(key, stream, 9)
const CHECKED_IN: ServerState = { is: 'checked-in', iceServers: [] }

/** A server in a state, that answers `register` so and lists the longer head; what it was asked and what was answered, in turn. */
const begin = (state: ServerState, registered: Result<SignalingAnswer> = ok({ type: 'done', re: 1 })) => {
  const said: string[] = []
  const heads: (SignedHead | null)[] = []
  const server = {
    state,
    request: async (message: { readonly type: string; readonly head?: string }) => {
      said.push(`${message.type} ${message.head === headHex(mine) ? 'mine' : 'other'}`)
      return registered
    },
  }
  const asking = createNewestHeads({
    server,
    find: async () => {
      said.push('look up')
      return further
    },
    answer: (of: StreamId, head) => {
      said.push(of === stream ? 'answered' : 'answered for another')
      heads.push(head)
    },
  })
  return { asking, said, heads, become: (next: ServerState) => { server.state = next; asking.onServer(next) } }
}

describe('[D51] what the server knows of an own stream', () => {
  it('is that our head is the newest, when it lists that: the directory is not read', async () => {
    const { asking, said, heads } = begin(CHECKED_IN)
    asking.onWanted({ stream, identity, head: mine })
    await settle()
    expect([said, heads]).toEqual([['register mine', 'answered'], [null]])
  })

  it('is looked up where it refuses our head, and where nothing is here', async () => {
    const refusing = begin(CHECKED_IN, fail('older-head', 'There is a newer one.'))
    refusing.asking.onWanted({ stream, identity, head: mine })
    await settle()
    expect([refusing.said, refusing.heads]).toEqual([['register mine', 'look up', 'answered'], [further]])
    const empty = begin(CHECKED_IN)
    empty.asking.onWanted({ stream, identity, head: null })
    await settle()
    expect([empty.said, empty.heads]).toEqual([['look up', 'answered'], [further]])
  })

  it('is waited for while it is being connected to, and asked once', async () => {
    const { asking, said, become } = begin({ is: 'connecting' })
    asking.onWanted({ stream, identity, head: mine })
    await settle()
    expect(said).toEqual([])
    become({ is: 'connecting' })
    become(CHECKED_IN)
    become(CHECKED_IN)
    await settle()
    expect(said).toEqual(['register mine', 'answered'])
  })

  it.each<ServerState>([{ is: 'waiting', retryAt: 1, error: '', isHeld: false }, { is: 'replaced' }])('is nothing without a server: $is', async (state) => {
    const at = begin(state)
    at.asking.onWanted({ stream, identity, head: mine })
    expect([at.said, at.heads]).toEqual([['answered'], [null]])
    const later = begin({ is: 'connecting' })
    later.asking.onWanted({ stream, identity, head: mine })
    later.become(state)
    expect([later.said, later.heads]).toEqual([['answered'], [null]])
  })
})

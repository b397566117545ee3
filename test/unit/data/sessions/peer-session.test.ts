import { expect, it } from 'vitest'
import { ok } from '../../../../src/base/result.ts'
import { createPeerSession, type PeerSessionDeps } from '../../../../src/data/sessions/peer-session.ts'
import type { StreamId } from '../../../../src/domain/stream.ts'
import type { PeerLink } from '../../../../src/ports/peer-link.ts'

const KEPT = '1'.repeat(64) as StreamId
const UNKNOWN = '2'.repeat(64) as StreamId

/** A session whose every row is one that is here. */
const start = () => {
  const hints: [StreamId, boolean][] = []
  let taken = 0
  const deps = {
    clock: { now: () => 0 },
    shape: { pageRows: 8 },
    catalogue: { get: (stream: StreamId) => (stream === KEPT ? {} : undefined) },
    live: {
      isRepeat: () => false,
      take: () => {
        taken++
        return Promise.resolve(ok('known'))
      },
    },
    downloads: { hint: (_: number, stream: StreamId, serves: boolean) => void hints.push([stream, serves]) },
  }
  const session = createPeerSession(1, {} as PeerLink, deps as unknown as PeerSessionDeps)
  return {
    hints,
    taken: () => taken,
    live: (stream: StreamId) => session.frame({ type: 'live', request: 0, stream, live: new Uint8Array(1) }),
  }
}

it('[T27] [D62] of more rows than a peer may have judged the others are not, and hint all the same that it has the stream', async () => {
  const { hints, taken, live } = start()
  for (let row = 0; row < 400; row++) await live(KEPT)
  expect(taken()).toBe(320)
  expect(hints).toEqual(Array.from({ length: 400 }, () => [KEPT, true]))
  await live(UNKNOWN)
  expect(hints).toHaveLength(400)
})

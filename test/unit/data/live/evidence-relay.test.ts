import { expect, it } from 'vitest'
import { createEvidenceRelay, type EvidenceRelayDeps } from '../../../../src/data/live/evidence-relay.ts'
import type { Entry } from '../../../../src/data/streams/entry.ts'
import type { StreamId } from '../../../../src/domain/stream.ts'
import type { PeerFrame } from '../../../../src/protocol/frame.ts'

const forked = (n: number): Entry =>
  ({ fork: { epoch: 0, evidence: new Uint8Array(10) }, history: { record: { stream: String(n).padStart(64, '0') as StreamId } } }) as unknown as Entry

it('[D21] who follows by turns, and leaves no room on the link, keeps of each stream one proof waiting', () => {
  const relay = createEvidenceRelay({} as unknown as EvidenceRelayDeps)
  const rooms: (() => void)[] = []
  const sent: PeerFrame[] = []
  relay.linkReady(1, { send: (frame) => void sent.push(frame), whenRoom: (run) => void rooms.push(run) })
  const [left, followed] = [forked(1), forked(2)]
  for (let turn = 0; turn < 100; turn++)
    for (const entry of [left, followed]) {
      relay.tell(1, entry)
      relay.unfollowed(1, [entry.history.record.stream])
    }
  relay.tell(1, followed)
  for (let room = rooms.shift(); room !== undefined; room = rooms.shift()) room()
  // And nothing of the one that it follows no more.
  expect(sent).toMatchObject([{ type: 'evidence', stream: followed.history.record.stream }])
})

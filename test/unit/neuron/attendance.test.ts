import { describe, expect, it } from 'vitest'
import { createAttendance } from '../../../src/neuron/attendance.ts'
import { NO_AUTHOR, type StreamId } from '../../../src/domain/stream.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { createNodeKey, identityOf } from '../../support/node-key.ts'

const STREAM = 'stream' as StreamId

const signed = identityOf(createNodeKey())
const keyless = { ...signed, author: NO_AUTHOR }
const agreed = { rows: 3, provisional: 0, edition: 1, walking: false }

/** What the swarm is told of a stream in this state. */
const toldOf = (state: Partial<StreamState>): readonly string[] => {
  const told: string[] = []
  const attendance = createAttendance({
    peering: {
      seek: (_, joining) => void told.push(joining ? 'seek, joining' : 'seek'),
      settle: () => void told.push('settle'),
      want: (_, lacking) => void told.push(lacking ? 'want, lacking' : 'want'),
      unwant: () => void told.push('unwant'),
    },
    memberships: { has: () => true, join: () => undefined, leave: () => undefined },
  })
  attendance.attend({ stream: STREAM, identity: signed, own: false, subscribed: true, phase: 'idle', rows: 9, loose: null, ...state } as StreamState)
  return told
}

describe('[W29] a stream lacks rows', () => {
  it.each<[string, Partial<StreamState>, string]>([
    ['while more is known of than is here', { phase: 'wanted' }, 'want, lacking'],
    ['while that is fetched', { phase: 'fetching' }, 'want, lacking'],
    ['when nothing of it is here', { rows: 0 }, 'want, lacking'],
    ['but not when all that is known of is here', {}, 'want'],
    ['while what is here of it has no signature', { rows: 0, loose: agreed }, 'want, lacking'],
    ['when nobody signs it and it is on one word only', { identity: keyless, rows: 0, loose: { ...agreed, provisional: 3 } }, 'want, lacking'],
    ['but not when nobody signs it and several agree: it never has signed rows', { identity: keyless, rows: 0, loose: agreed }, 'want'],
  ])('%s', (_, state, expected) => {
    expect(toldOf(state)).toContain(expected)
  })

  it('of nobody who does not follow it: its publisher that lost rows asks for them', () => {
    expect(toldOf({ own: true, phase: 'wanted' })).toEqual(['seek', 'unwant'])
    expect(toldOf({ subscribed: false })).toEqual(['settle', 'unwant'])
  })
})

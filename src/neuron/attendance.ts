import { isKeyless, type StreamId } from '../domain/stream.ts'
import type { StreamState } from '../protocol/local.ts'
import type { Memberships } from './memberships.ts'
import type { Peering } from './peering.ts'

/** That each stream which is wanted is joined at the server and has its links, and what it lacks is looked for. */
export interface Attendance {
  attend(state: StreamState): void
  leave(stream: StreamId): void
}

export interface AttendanceDeps {
  readonly peering: Pick<Peering, 'seek' | 'settle' | 'want' | 'unwant'>
  readonly memberships: Pick<Memberships, 'has' | 'join' | 'leave'>
}

export const createAttendance = ({ peering, memberships }: AttendanceDeps): Attendance => ({
  attend: ({ stream, identity, own, subscribed, phase, rows, loose }) => {
    const joining = subscribed && !own && !memberships.has(stream)
    // A publisher that lost rows asks for them itself: those who have them may still take it to be linked to them.
    const isLost = own && phase === 'wanted'
    if (isLost || (subscribed && (phase === 'wanted' || (phase === 'idle' && rows === 0)))) peering.seek(stream, joining)
    else peering.settle(stream)
    // A stream that nobody signs never has signed rows: it lacks some until several agree.
    const isAgreed = isKeyless(identity) && loose !== null && loose.rows > loose.provisional
    if (subscribed && !own) peering.want(stream, phase !== 'idle' || (rows === 0 && !isAgreed))
    else peering.unwant(stream)
    if (joining) memberships.join(stream)
  },
  leave: (stream) => {
    peering.settle(stream)
    peering.unwant(stream)
    memberships.leave(stream)
  },
})

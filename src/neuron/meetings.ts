import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import { MAX_RENDEZVOUS_PER_CALLER, RENDEZVOUS_MS } from '../protocol/limits.ts'

/** Meetings at a time: the places that the server gives one caller. One more would only be refused there. */
export const MAX_MEETINGS = MAX_RENDEZVOUS_PER_CALLER

/** Of one stream: keys that agree to meet and never come leave the other half to the other streams. */
export const MAX_MEETINGS_PER_STREAM = MAX_MEETINGS / 2

/** A meeting is over by then, whatever the server says of it, milliseconds: just over the time that the server gives it. */
export const MEETING_MS = RENDEZVOUS_MS + 5_000

export interface Meeting {
  readonly key: string
  readonly peer: PublicKey
  readonly stream: StreamId
  /** This node has named the key. */
  readonly ours: boolean
  readonly since: number
  /** Both are there: from now on the dial decides how it ends. */
  readonly matched: boolean
}

/** The rendezvous that this node has agreed to, each with its own deadline. Bounded whoever agrees to meet us (M15). */
export interface Meetings {
  /** False: the key is in use, or all places are taken by peers that have come. Else the longest awaited makes room. */
  begin(meeting: Pick<Meeting, 'key' | 'peer' | 'stream' | 'ours'>): boolean
  get(key: string): Meeting | undefined
  /** Both have come; the dial gets its own time. */
  match(key: string): void
  end(key: string): Meeting | undefined
  all(): readonly Meeting[]
}

interface Held {
  readonly meeting: Meeting
  readonly cancel: () => void
}

/** `onDrop`: a meeting was given up, too late or to make room for another; it is held no more. */
export const createMeetings = ({ clock }: ClockDep, onDrop: (meeting: Meeting) => void): Meetings => {
  const held = new Map<string, Held>()
  const end = (key: string): Meeting | undefined => {
    const found = held.get(key)
    found?.cancel()
    held.delete(key)
    return found?.meeting
  }
  const drop = (meeting: Meeting): void => {
    end(meeting.key)
    onDrop(meeting)
  }
  const hold = (meeting: Meeting): void => {
    const cancel = clock.after(MEETING_MS, () => {
      drop(meeting)
    })
    held.set(meeting.key, { meeting, cancel })
  }
  const all = (): readonly Meeting[] => [...held.values()].map(({ meeting }) => meeting)
  const makeRoom = (rivals: readonly Meeting[], most: number): boolean => {
    if (rivals.length < most) return true
    const oldest = rivals.find(({ matched }) => !matched)
    if (oldest !== undefined) drop(oldest)
    return oldest !== undefined
  }
  return {
    begin: (begun) => {
      if (held.has(begun.key)) return false
      const ofStream = all().filter((meeting) => meeting.stream === begun.stream)
      if (!makeRoom(ofStream, MAX_MEETINGS_PER_STREAM) || !makeRoom(all(), MAX_MEETINGS)) return false
      hold({ ...begun, since: clock.now(), matched: false })
      return true
    },
    get: (key) => held.get(key)?.meeting,
    match: (key) => {
      const meeting = end(key)
      if (meeting !== undefined) hold({ ...meeting, matched: true })
    },
    end,
    all,
  }
}

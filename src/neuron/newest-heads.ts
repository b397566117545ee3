import { toHex } from '../base/bytes.ts'
import { encode } from '../base/codec.ts'
import { signedHeadCodec, type SignedHead } from '../domain/head.ts'
import type { StreamId, StreamIdentity } from '../domain/stream.ts'
import type { NewestWanted } from '../ports/data-client.ts'
import type { ServerState, SignalingClient } from '../pubsub/signaling-client.ts'

/**
 * Asks the server what it knows of own streams before they are signed for the first time since the data process started. While it
 * is still being connected to, the questions wait; without a server they are answered at once: nobody can be asked.
 */
export interface NewestHeads {
  onWanted(wanted: NewestWanted): void
  onServer(state: ServerState): void
}

export interface NewestHeadsDeps {
  readonly server: Pick<SignalingClient, 'request' | 'state'>
  /** The newest head that the directory has of a stream. */
  readonly find: (stream: StreamId, identity: StreamIdentity) => Promise<SignedHead | null>
  readonly answer: (stream: StreamId, head: SignedHead | null) => void
}

export const createNewestHeads = ({ server, find, answer }: NewestHeadsDeps): NewestHeads => {
  const waiting = new Map<StreamId, NewestWanted>()
  /** A list that has our own head answers in one word; a directory costs the server ten times as much. */
  const look = async ({ stream, identity, head }: NewestWanted): Promise<void> => {
    if (head !== null) {
      const listed = await server.request({ type: 'register', identity, head: toHex(encode(signedHeadCodec, head)) })
      if (listed.ok) {
        answer(stream, null)
        return
      }
    }
    answer(stream, await find(stream, identity))
  }
  const decide = (wanted: NewestWanted, { is }: ServerState): void => {
    waiting.delete(wanted.stream)
    if (is === 'checked-in') void look(wanted)
    else if (is === 'connecting') waiting.set(wanted.stream, wanted)
    else answer(wanted.stream, null)
  }
  return {
    onWanted: (wanted) => {
      decide(wanted, server.state)
    },
    onServer: (state) => {
      for (const wanted of [...waiting.values()]) decide(wanted, state)
    },
  }
}

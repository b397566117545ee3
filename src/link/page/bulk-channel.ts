import { BULK_CHANNEL_ID } from '../../protocol/link.ts'

/**
 * Makes the second channel of a fresh connection, to be moved to the data process in the same turn: afterwards a channel can
 * no longer be moved. Null where this browser cannot.
 */
export const createBulkChannel = (connection: RTCPeerConnection): RTCDataChannel | null =>
  canMoveChannels() ? connection.createDataChannel('bulk', { negotiated: true, id: BULK_CHANNEL_ID }) : null

let movable: boolean | null = null

/** Whether this browser lets a data channel move to a worker (Chromium 130, Firefox 144); tried once. */
const canMoveChannels = (): boolean => {
  if (movable !== null) return movable
  const trial = new RTCPeerConnection()
  const { port1 } = new MessageChannel()
  try {
    const channel = trial.createDataChannel('trial')
    port1.postMessage(channel, [channel])
    movable = true
  } catch {
    // DataCloneError is the answer: it cannot.
    movable = false
  }
  port1.close()
  trial.close()
  return movable
}

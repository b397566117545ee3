import type { ClockDep } from '../../ports/clock.ts'

/**
 * A connection whose other side has not been heard for this long is lost, milliseconds. Browsers notice silence after some 5 s
 * and give up after some 30 s more; a line that only hiccups is back within a few. Sooner than this would cut those.
 */
const SILENT_MS = 10_000

/** Calls `lost` once when an open connection has failed or stays silent: sleep, another network, a machine that is gone. */
export const watchConnection = (connection: RTCPeerConnection, { clock }: ClockDep, lost: () => void): void => {
  let cancel = (): void => undefined
  const end = (): void => {
    cancel()
    connection.removeEventListener('connectionstatechange', look)
    lost()
  }
  const look = (): void => {
    cancel()
    const { connectionState } = connection
    if (connectionState === 'failed' || connectionState === 'closed') end()
    else if (connectionState === 'disconnected') cancel = clock.after(SILENT_MS, end)
  }
  connection.addEventListener('connectionstatechange', look)
  look()
}

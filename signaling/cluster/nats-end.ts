import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'

/** How a connection to NATS ends: by us, or by a client that has given it up. */
export interface End {
  /** Settles when the client has given it up, which it is told never to do: nothing that is said or kept gets there any more. */
  readonly lost: Promise<void>
  close(): Promise<void>
}

export const createEnd = (connection: Pick<NatsConnection, 'close' | 'closed'>, log: Log): End => {
  let closing = false
  const lost = new Promise<void>((resolve) => {
    void connection.closed().then((error) => {
      if (closing) return
      log.error({ error: error instanceof Error ? error.message : null }, 'NATS is given up')
      resolve()
    })
  })
  const close = (): Promise<void> => {
    closing = true
    return connection.close()
  }
  return { lost, close }
}

import type { NatsConnection } from '@nats-io/transport-node'
import type { Bus } from './bus.ts'

/** Subjects of ours begin with this: a NATS cluster may carry other things too. */
const PREFIX = 'zazen.'

/**
 * The bus over a NATS cluster. The connection must not echo (`noEcho`): what a server says it need not hear. What is said while
 * the connection is away is lost, as with any bus; who counts the words notices (`census.ts`). The connection is its maker's to close.
 */
export const createNatsBus = (connection: NatsConnection): Bus => {
  const stops = new Set<() => void>()
  return {
    publish: (subject, text) => {
      if (!connection.isClosed()) connection.publish(PREFIX + subject, text)
    },
    listen: (subject, heard) => {
      if (connection.isClosed()) return () => undefined
      const subscription = connection.subscribe(PREFIX + subject, {
        callback: (error, message) => {
          if (error === null) heard(message.string())
        },
      })
      const stop = (): void => {
        if (stops.delete(stop) && !connection.isClosed()) subscription.unsubscribe()
      }
      stops.add(stop)
      return stop
    },
    close: () => {
      for (const stop of [...stops]) stop()
      return Promise.resolve()
    },
  }
}

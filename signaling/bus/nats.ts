import type { NatsConnection } from '@nats-io/transport-node'
import { failureOf } from '../../src/base/result.ts'
import type { Log } from '../log.ts'
import type { Bus } from './bus.ts'

/** Subjects of ours begin with this: a NATS cluster may carry other things too. */
const PREFIX = 'zazen.'

/**
 * The bus over a NATS cluster. The connection must not echo (`noEcho`): what a server says it need not hear. What is said while
 * the connection is away is lost, as with any bus; who counts the words notices (`census.ts`). The connection is its maker's to close.
 */
export const createNatsBus = (connection: NatsConnection, log: Log): Bus => {
  const stops = new Set<() => void>()
  /** What is said in one turn of the event loop leaves at its end, in one write instead of one for each word. */
  let held: (readonly [subject: string, text: string])[] = []
  const release = (): void => {
    const words = held
    held = []
    if (!connection.isClosed()) for (const [subject, text] of words) say(subject, text)
  }
  const say = (subject: string, text: string): void => {
    try {
      connection.publish(PREFIX + subject, text)
    } catch (thrown) {
      // Longer than this cluster carries, perhaps: lost like any other, and nothing here may end for it.
      log.warn({ error: failureOf(thrown).message }, 'a word between servers could not be said')
    }
  }
  return {
    publish: (subject, text) => {
      if (held.length === 0) setImmediate(release)
      held.push([subject, text])
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
      release()
      for (const stop of [...stops]) stop()
      return Promise.resolve()
    },
  }
}

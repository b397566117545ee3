import type { TabChannel } from '../../src/runtime/page/tab-channel.ts'

/** Channels as browsers have them: everyone hears copies of what the others say, later; a closed one hears nothing. */
export const createTabChannels = (): (() => TabChannel) => {
  const hearers = new Map<TabChannel, (data: unknown) => void>()
  return () => {
    const channel: TabChannel = {
      post: (message) => {
        const copy: unknown = structuredClone(message)
        queueMicrotask(() => {
          for (const [other, hear] of hearers) if (other !== channel) hear(copy)
        })
      },
      listen: (hear) => void hearers.set(channel, hear),
      close: () => void hearers.delete(channel),
    }
    return channel
  }
}

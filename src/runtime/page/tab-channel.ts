/** What tabs of one profile tell each other: everyone hears everything but oneself. */
export interface TabChannel {
  post(message: unknown): void
  /** One listener; what cannot be read is not heard. */
  listen(hear: (data: unknown) => void): void
  close(): void
}

/** Every tab of this profile, whatever version of the app it runs: the name never changes. */
export const openTabChannel = (profile: string): TabChannel => {
  const channel = new BroadcastChannel(`zazen:${profile}`)
  return {
    post: (message) => {
      channel.postMessage(message)
    },
    listen: (hear) => {
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        hear(data)
      }
    },
    close: () => {
      channel.close()
    },
  }
}

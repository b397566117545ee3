import type { IceServer } from '../../ports/dialer.ts'

/** As browsers take it: what is not there must not be named. */
export const plainServer = ({ urls, username, credential }: IceServer): RTCIceServer => ({
  urls,
  ...(username === undefined ? {} : { username }),
  ...(credential === undefined ? {} : { credential }),
})

/** A PeerServer inside the page: PeerJS opens its WebSockets here. What it passes on can be watched and falsified. */
export interface PagePeerServer {
  /** In the place of the platform's. */
  readonly WebSocket: typeof WebSocket
  /** Ids that are registered now. */
  readonly ids: () => readonly string[]
  /** Says something to one that is registered, as if it came from `src`. */
  say(to: string, message: object): void
  /** Ends every connection; while it is away nobody can connect. */
  goAway(): void
  comeBack(): void
}

export interface Said {
  readonly type: string
  readonly src: string
  readonly dst: string
  readonly payload?: { readonly connectionId: string; readonly sdp?: { readonly type: string; readonly sdp: string } }
}

/** How long it keeps what is said to somebody who is not there, milliseconds. */
const EXPIRE_MS = 100

/** `pass` sees everything that one says to another; null: it takes care of it itself. */
export const createPagePeerServer = (pass: (said: Said) => Said | null = (said) => said): PagePeerServer => {
  const present = new Map<string, { readonly token: string; readonly socket: PageSocket }>()
  let isAway = false

  class PageSocket {
    readyState = 0
    onopen: (() => void) | null = null
    onmessage: ((event: { readonly data: string }) => void) | null = null
    onclose: ((event: object) => void) | null = null
    readonly id: string
    constructor(url: string) {
      const { searchParams } = new URL(url)
      this.id = searchParams.get('id') ?? ''
      setTimeout(() => {
        this.arrive(searchParams.get('token') ?? '')
      })
    }
    private arrive(token: string): void {
      if (isAway || this.readyState !== 0) {
        this.leave()
        return
      }
      this.readyState = 1
      this.onopen?.()
      const other = present.get(this.id)
      if (other !== undefined && other.token !== token) {
        this.tell({ type: 'ID-TAKEN' })
        return
      }
      present.set(this.id, { token, socket: this })
      this.tell({ type: 'OPEN' })
    }
    tell(message: object): void {
      this.onmessage?.({ data: JSON.stringify(message) })
    }
    leave(): void {
      this.readyState = 3
      if (present.get(this.id)?.socket === this) present.delete(this.id)
      this.onclose?.({})
    }
    send(text: string): void {
      const said = { ...(JSON.parse(text) as Said), src: this.id }
      if (said.type === 'HEARTBEAT') return
      const passed = pass(said)
      if (passed === null) return
      setTimeout(() => {
        if (present.has(passed.dst)) say(passed.dst, passed)
        else setTimeout(() => this.tell({ type: 'EXPIRE', src: passed.dst, dst: this.id }), EXPIRE_MS)
      })
    }
    close(): void {
      this.onclose = null
      this.leave()
    }
  }
  const say = (to: string, message: object): void => present.get(to)?.socket.tell(message)
  return {
    WebSocket: PageSocket as unknown as typeof WebSocket,
    ids: () => [...present.keys()],
    say,
    goAway: () => {
      isAway = true
      for (const { socket } of [...present.values()]) socket.leave()
    },
    comeBack: () => {
      isAway = false
    },
  }
}
